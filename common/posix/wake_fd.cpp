#include "common/posix/wake_fd.hpp"

#include <cerrno>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/posix/errno_text.hpp"

namespace steward::posix {

base::Expected<WakeFd> WakeFd::open() {
    UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!fd.is_open()) {
        return io_error("cannot open an eventfd", errno);
    }
    return WakeFd(std::move(fd));
}

void WakeFd::wake() const noexcept {
    const std::uint64_t one = 1;
    // EAGAIN means the counter is full: it is readable already.
    [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
}

void WakeFd::clear() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(fd_.get(), &count, sizeof count);
}

}  // namespace steward::posix
