// common/posix: how a thread sleeps until an instant that another sets without waking it: a
// timerfd.
#pragma once

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::posix {

/// Thread: set() from any; wait() from one.
class AlarmFd {
public:
    /// Errors: Io when the process is out of descriptors.
    [[nodiscard]] static base::Expected<AlarmFd> open();

    /// Rings at `at`, an instant of read_mono(), or at once when that has passed; replaces what was
    /// set before and has not rung. Blocks: never.
    void set(base::MonoTime at) const noexcept;
    /// Blocks: until it rings, once for each time that it was set.
    void wait() const noexcept;

private:
    explicit AlarmFd(UniqueFd fd) noexcept : fd_(std::move(fd)) {}

    UniqueFd fd_;
};

}  // namespace steward::posix
