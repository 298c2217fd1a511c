// common/wire: the ranges of job options as they come in from outside; their reading is in
// params.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/model/options.hpp"

namespace steward::wire {

/// The longest duration an option may name: ten years.
inline constexpr base::Duration kDurationMax = std::chrono::hours(24 * 3650);
inline constexpr std::int64_t kMaxAttemptsMax = 1000;

/// "5/s", "0.5/s", "100/min", "1000/h" or "10/d"; a plain number means a second.
/// Errors: BadOption, with what is allowed.
[[nodiscard]] base::Expected<model::Rate> parse_rate(std::string_view text);
/// The shortest of those forms that parse_rate() reads back as the same rate.
[[nodiscard]] std::string rate_text(model::Rate rate);

}  // namespace steward::wire
