// common/net: whether a large message is on its way over a connection. While it is, nothing else
// comes over it, and its other end must not be taken for dead.
#pragma once

#include <cstdint>
#include <utility>

#include "common/base/time.hpp"
#include "common/net/connection.hpp"

namespace steward::net {

/// Thread: one.  Cost: one call to the system in kPause.
class Progress {
public:
    static constexpr base::Duration kPause = std::chrono::milliseconds(100);
    /// ZeroMQ's own pings move bytes as well, whatever their process does.
    static constexpr std::uint64_t kBytesMin = 16UL << 10U;

    /// Whether kBytesMin and more have moved since the last look, either way.
    [[nodiscard]] bool has_moved(const Connection& connection, base::MonoTime now) {
        if (now < next_look_) {
            return false;
        }
        next_look_ = now + kPause;
        const std::uint64_t moved = connection.moved_bytes();
        const std::uint64_t before = std::exchange(moved_, moved);
        return moved >= before + kBytesMin;
    }

private:
    base::MonoTime next_look_{};
    std::uint64_t moved_ = 0;
};

}  // namespace steward::net
