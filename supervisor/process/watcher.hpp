// supervisor/process: waits until one of many descriptors can be read, and calls whoever wants to
// know.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::supervisor {

/// Thread: one.  Bound: as many descriptors as the process may have.
class Watcher {
public:
    /// Errors: Io.
    [[nodiscard]] static base::Expected<Watcher> open();

    using Token = std::uint64_t;

    /// Calls `readable` in each wait() in which `fd` can be read or its other end is gone, until it
    /// is forgotten; that must be before `fd` is closed. Errors: Io.
    [[nodiscard]] base::Expected<Token> watch(int fd, std::function<void()> readable);
    /// It is not called any more, also within the wait() that goes on. Other tokens: nothing.
    void forget(Token token);

    /// Waits at most `timeout`; nothing: for ever. Errors: Io.
    [[nodiscard]] base::Expected<void> wait(std::optional<base::Duration> timeout);

private:
    struct Entry {
        int fd = -1;
        std::function<void()> readable;
    };

    explicit Watcher(posix::UniqueFd epoll) : epoll_(std::move(epoll)) {}

    posix::UniqueFd epoll_;
    Token last_token_ = 0;
    std::unordered_map<Token, Entry> entries_;
};

}  // namespace steward::supervisor
