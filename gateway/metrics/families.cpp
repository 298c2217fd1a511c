#include "gateway/metrics/families.hpp"

#include <limits>
#include <prometheus/text_serializer.h>

namespace steward::gateway {
namespace {

double seconds(base::Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

Family::Family(prometheus::MetricType type, std::string_view name, std::string_view help) {
    family_.name = name;
    family_.help = help;
    family_.type = type;
}

prometheus::ClientMetric& Family::metric(const Labels& labels) {
    prometheus::ClientMetric& metric = family_.metric.emplace_back();
    for (const auto& [name, value] : labels) {
        metric.label.push_back({std::string(name), std::string(value)});
    }
    return metric;
}

void Family::add(double value, const Labels& labels) {
    prometheus::ClientMetric& added = metric(labels);
    if (family_.type == prometheus::MetricType::Counter) {
        added.counter.value = value;
    } else {
        added.gauge.value = value;
    }
}

void Family::add(const model::TimeHistogram& histogram, const Labels& labels) {
    prometheus::ClientMetric::Histogram& added = metric(labels).histogram;
    for (std::size_t bucket = 0; bucket < histogram.counts.size(); ++bucket) {
        added.sample_count += histogram.counts[bucket];
        added.bucket.push_back({added.sample_count,
                                bucket < model::TimeHistogram::kBounds
                                    ? seconds(model::TimeHistogram::bound(bucket))
                                    : std::numeric_limits<double>::infinity()});
    }
    added.sample_sum = static_cast<double>(histogram.sum_us) / 1e6;
}

void Page::put(Family&& family) {
    if (!family.family().metric.empty()) {
        families_.push_back(std::move(family.family()));
    }
}

std::string Page::text() const {
    return prometheus::TextSerializer().Serialize(families_);
}

}  // namespace steward::gateway
