#include "gateway/metrics/report_reader.hpp"

#include <algorithm>
#include <utility>

namespace steward::gateway {

using nlohmann::json;

std::string LabelValues::value_of(std::string name) {
    const bool is_own =
        given_.size() < most_ && !name.empty() && name != kOther && given_.insert(name).second;
    return is_own ? std::move(name) : std::string(kOther);
}

json read_report(std::string_view text) {
    json report = json::parse(text, nullptr, false);
    return report.is_discarded() ? json() : report;
}

const json* member_of(const json& object, const char* name) {
    const auto found = object.is_object() ? object.find(name) : object.end();
    return found == object.end() ? nullptr : &*found;
}

std::optional<double> number_in(const json& object, const char* name) {
    const json* value = member_of(object, name);
    return value != nullptr && value->is_number() ? std::optional(value->get<double>())
                                                  : std::nullopt;
}

std::optional<bool> flag_in(const json& object, const char* name) {
    const json* value = member_of(object, name);
    return value != nullptr && value->is_boolean() ? std::optional(value->get<bool>())
                                                   : std::nullopt;
}

std::string text_in(const json& object, const char* name) {
    const json* value = member_of(object, name);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

const json& rows_of(const json& report) {
    static const json kNone = json::array();
    const json* rows = report.is_array() ? &report : member_of(report, "rows");
    return rows != nullptr && rows->is_array() ? *rows : kNone;
}

void add_times(const json& object, const std::string& name, model::TimeHistogram& histogram) {
    const json* buckets = member_of(object, (name + "_buckets").c_str());
    const double sum = number_in(object, (name + "_sum").c_str()).value_or(0);
    if (buckets == nullptr || !buckets->is_array()) {
        return;
    }
    const std::size_t size = std::min(buckets->size(), histogram.counts.size());
    for (std::size_t i = 0; i < size; ++i) {
        const json& count = (*buckets)[i];
        histogram.counts[i] += count.is_number_unsigned() ? count.get<std::uint64_t>() : 0;
    }
    constexpr double kSecondsMax = 1e12;
    histogram.sum_us += static_cast<std::uint64_t>(std::clamp(sum, 0.0, kSecondsMax) * 1e6);
}

}  // namespace steward::gateway
