// common/wire: the ranges of job options as they come in from outside; their reading is in
// params.hpp.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/base/time.hpp"

namespace steward::wire {

/// The longest duration an option may name: ten years.
inline constexpr base::Duration kDurationMax = std::chrono::hours(24 * 3650);
inline constexpr std::int64_t kMaxAttemptsMax = 1000;

}  // namespace steward::wire
