// common/posix: how one thread wakes another out of a poll: an eventfd.
#pragma once

#include "common/base/expected.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::posix {

/// Wake-ups are not counted: any number of wake() before one clear() are one.
///
/// Thread: wake() from any; the rest from the thread that polls.
class WakeFd {
public:
    /// Errors: Io when the process is out of descriptors.
    [[nodiscard]] static base::Expected<WakeFd> open();

    /// Makes fd() readable. Blocks: never.
    void wake() const noexcept;
    /// Makes it unreadable again. Clear first, then look at what was queued, or a wake-up is lost.
    void clear() const noexcept;

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
    explicit WakeFd(UniqueFd fd) noexcept : fd_(std::move(fd)) {}

    UniqueFd fd_;
};

}  // namespace steward::posix
