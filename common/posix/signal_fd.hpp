// common/posix: signals as something to read between two turns of a loop, not as interruptions.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>

#include "common/base/expected.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::posix {

/// Blocks the signals in the calling thread and reads them from a descriptor. Open it before any
/// other thread starts: threads inherit the mask, and a thread that does not block a signal gets
/// it. The mask is put back when this ends.
class SignalFd {
public:
    /// Errors: Io.
    [[nodiscard]] static base::Expected<SignalFd> open(std::initializer_list<int> signals);
    ~SignalFd();
    SignalFd(SignalFd&&) noexcept = default;
    SignalFd& operator=(SignalFd&&) = delete;

    /// The next signal's number; nothing when none has come. Blocks: never.
    [[nodiscard]] std::optional<int> next();

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

private:
    SignalFd(UniqueFd fd, std::uint64_t newly_blocked) noexcept
        : fd_(std::move(fd)), newly_blocked_(newly_blocked) {}

    UniqueFd fd_;
    std::uint64_t newly_blocked_;  // bit n: signal n was not blocked before
};

/// Writing to a pipe or connection nobody reads, or past the limit of a file's size, becomes an
/// error instead of the end of the process.
void ignore_write_signals() noexcept;

/// Undoes what a parent may have blocked or ignored: for a child between fork and exec.
void reset_signals() noexcept;

}  // namespace steward::posix
