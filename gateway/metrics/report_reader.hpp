// gateway/metrics: numbers out of the broker's reports, whatever is in them. Nothing here fails:
// what is missing, or is something else than it should be, is not there.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/model/time_histogram.hpp"

namespace steward::gateway {

/// The label's value that stands for all that have none of their own.
inline constexpr std::string_view kOther = "_other";

/// Gives out a label's values. The first `most` names have their own; all others are one, and with
/// them what has no name (one that is no UTF-8 is none here), has theirs, or that of an earlier
/// one: nobody reads a page that has a series twice.
class LabelValues {
public:
    explicit LabelValues(std::size_t most) : most_(most) {}

    [[nodiscard]] std::string value_of(std::string name);

private:
    std::size_t most_;
    std::set<std::string> given_;
};

/// Null when it is no JSON.
[[nodiscard]] nlohmann::json read_report(std::string_view text);

/// Null when `object` is no object or has no such member.
[[nodiscard]] const nlohmann::json* member_of(const nlohmann::json& object, const char* name);
[[nodiscard]] std::optional<double> number_in(const nlohmann::json& object, const char* name);
[[nodiscard]] std::optional<bool> flag_in(const nlohmann::json& object, const char* name);
[[nodiscard]] std::string text_in(const nlohmann::json& object, const char* name);

/// The rows of a report, of a page or not; an empty list when there are none.
[[nodiscard]] const nlohmann::json& rows_of(const nlohmann::json& report);

/// Adds what `object` has counted under NAME_buckets and NAME_sum.
void add_times(const nlohmann::json& object,
               const std::string& name,
               model::TimeHistogram& histogram);

}  // namespace steward::gateway
