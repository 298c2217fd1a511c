// common/posix: the only reader of clocks. Everybody else is told what time it is.
#pragma once

#include "common/base/time.hpp"

namespace steward::posix {

/// One instant on both clocks: CLOCK_MONOTONIC and CLOCK_REALTIME.
[[nodiscard]] base::Now read_clock() noexcept;

/// The monotonic half alone.
[[nodiscard]] base::MonoTime read_mono() noexcept;
/// The same at a fraction of the cost and a few milliseconds behind: for what need not be exact.
[[nodiscard]] base::MonoTime read_mono_coarse() noexcept;

}  // namespace steward::posix
