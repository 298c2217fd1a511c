// common/wire: the ranges of job options as they come in from outside, the rules between them, and
// the texts of single values; the reading of whole options is in params.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/model/limits.hpp"
#include "common/model/options.hpp"

namespace steward::wire {

using model::kDurationMax;
inline constexpr std::int64_t kMaxAttemptsMax = 1000;
inline constexpr std::int64_t kGroupLimitMax = 1'000'000;
inline constexpr std::uint64_t kMemoryLimitMin = 1ULL << 10U;
inline constexpr std::uint64_t kMemoryLimitMax = 1ULL << 50U;
inline constexpr base::Duration kWaitMax = std::chrono::hours(1);
/// The year 2100 is too late: milliseconds given for seconds are noticed, and each microsecond
/// before it is a JSON number that reads back exactly.
inline constexpr base::WallTime kRunAtMax{std::chrono::seconds(4'102'444'799) +
                                          std::chrono::microseconds(999'999)};

/// What no single option can say of itself: options that exclude or need each other, labels, the
/// number of jobs in `after`. Nothing: the options go together.
/// Errors: BadOption, naming the rule and the value.
[[nodiscard]] std::optional<base::Error> options_fault(const model::JobOptions& options);

/// "waiting", "running"; "drop", "attach", "replace".
[[nodiscard]] std::string_view name_of(model::UniqueScope scope);
[[nodiscard]] std::string_view name_of(model::OnDuplicate way);
[[nodiscard]] std::optional<model::UniqueScope> unique_scope_named(std::string_view name);
[[nodiscard]] std::optional<model::OnDuplicate> on_duplicate_named(std::string_view name);

/// Exactly, in the largest unit that divides it: "0s", "1500ms", "0.007ms", "90s". Read back by
/// parse_duration() (params.hpp) as the same, but for negative ones.
[[nodiscard]] std::string duration_text(base::Duration duration);

/// "2026-11-24T10:00:00Z", with a fraction of up to nine digits (below a microsecond: cut off), in
/// UTC or with an offset such as +02:00; or seconds since 1970. From then to kRunAtMax.
/// Errors: BadOption, with what is allowed.
[[nodiscard]] base::Expected<base::WallTime> parse_instant(std::string_view text);
/// In UTC, with a fraction where there is one. Pre: in the years 0 to 9999.
[[nodiscard]] std::string instant_text(base::WallTime at);

/// So many in a time: "5/s", "0.5/min", "100/h", "3/d", "1/90s"; without a time: in a second. At
/// most one in a microsecond, at least one in ten years. What is no whole microsecond between two
/// is rounded up, so that there are never more.
/// Errors: BadOption, with what is allowed.
[[nodiscard]] base::Expected<model::Rate> parse_rate(std::string_view text);
/// "5/s" where a whole number in a second, minute, hour or day says it exactly, else "1/90s"; read
/// back by parse_rate() as the same. Pre: the spacing is not 0.
[[nodiscard]] std::string rate_text(model::Rate rate);

}  // namespace steward::wire
