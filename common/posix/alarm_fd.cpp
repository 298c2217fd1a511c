#include "common/posix/alarm_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/posix/errno_text.hpp"

namespace steward::posix {

base::Expected<AlarmFd> AlarmFd::open() {
    UniqueFd fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    if (!fd.is_open()) {
        return io_error("cannot open a timerfd", errno);
    }
    return AlarmFd(std::move(fd));
}

void AlarmFd::set(base::MonoTime at) const noexcept {
    // All zeros would turn it off.
    const auto since = std::max(at.time_since_epoch(), base::Duration{1});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds);
    ::itimerspec when{};
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = rest.count();
    // With these arguments it cannot fail.
    [[maybe_unused]] const int set =
        ::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void AlarmFd::wait() const noexcept {
    std::uint64_t count = 0;
    while (::read(fd_.get(), &count, sizeof count) < 0 && errno == EINTR) {
    }
}

}  // namespace steward::posix
