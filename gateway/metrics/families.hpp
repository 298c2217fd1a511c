// gateway/metrics: families of metrics while they are filled. Knows the library's types, and not
// what is measured.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <prometheus/metric_family.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/time_histogram.hpp"

namespace steward::gateway {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// One metric: its name, its kind, and a value for each set of labels.
class Family {
public:
    Family(prometheus::MetricType type, std::string_view name, std::string_view help);

    /// A counter's or a gauge's value.
    void add(double value, const Labels& labels = {});
    void add(const model::TimeHistogram& histogram, const Labels& labels = {});

    [[nodiscard]] prometheus::MetricFamily& family() { return family_; }

private:
    prometheus::ClientMetric& metric(const Labels& labels);

    prometheus::MetricFamily family_;
};

[[nodiscard]] inline Family counter(std::string_view name, std::string_view help) {
    return {prometheus::MetricType::Counter, name, help};
}

[[nodiscard]] inline Family gauge(std::string_view name, std::string_view help) {
    return {prometheus::MetricType::Gauge, name, help};
}

[[nodiscard]] inline Family histogram(std::string_view name, std::string_view help) {
    return {prometheus::MetricType::Histogram, name, help};
}

/// The families of a page, in the order in which they were put. Those without a value are left out.
class Page {
public:
    void put(Family&& family);

    [[nodiscard]] std::string text() const;

private:
    std::vector<prometheus::MetricFamily> families_;
};

}  // namespace steward::gateway
