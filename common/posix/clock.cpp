#include "common/posix/clock.hpp"

#include <time.h>

#include "common/base/assert.hpp"

namespace steward::posix {
namespace {

base::Duration read(clockid_t clock) noexcept {
    timespec t{};
    const int rc = ::clock_gettime(clock, &t);
    STEWARD_ASSERT(rc == 0);  // fails only for clocks the kernel does not have
    return std::chrono::duration_cast<base::Duration>(std::chrono::seconds(t.tv_sec) +
                                                      std::chrono::nanoseconds(t.tv_nsec));
}

}  // namespace

base::Now read_clock() noexcept {
    return {base::MonoTime(read(CLOCK_MONOTONIC)), base::WallTime(read(CLOCK_REALTIME))};
}

base::MonoTime read_mono() noexcept {
    return base::MonoTime(read(CLOCK_MONOTONIC));
}

base::MonoTime read_mono_coarse() noexcept {
    return base::MonoTime(read(CLOCK_MONOTONIC_COARSE));
}

}  // namespace steward::posix
