// broker/app: whether clients are heard now. Where workers end jobs as quickly as the broker can
// hand them out, a queue that grows makes all of it slower: what waits leaves the caches, then is
// packed. Knows counts and time, no sockets.
#pragma once

#include <cstdint>

#include "common/base/time.hpp"

namespace steward::app {

/// Clients wait in their sockets from the message on with which more than kPlenty jobs are at hand,
/// until kFew are, while ending jobs takes a quarter of the loop's time, so that about as many come
/// in as are done. A queue in which some wait counts as kQueueWeight jobs: of many services about
/// as many jobs come in as workers have room for, which get them at once, without a queue. They are
/// heard all the same once in kPatience. Slow workers hold up nobody: whoever submits is heard at
/// once.
///
/// Thread: the loop's.
class Intake {
public:
    /// A turn from `begin` to `end` let `accepted` jobs in and ended `ended`.
    void note_turn(base::MonoTime begin,
                   base::MonoTime end,
                   std::uint64_t accepted,
                   std::uint64_t ended);

    enum class Door : std::uint8_t {
        Closed,
        Ajar,  // for what one row takes
        Open
    };

    /// At a turn's beginning. `unfinished`: jobs that wait and run; `queues`: in which some wait.
    [[nodiscard]] Door door(base::MonoTime now, std::uint64_t unfinished, std::uint64_t queues);

    /// A client's message was heard: whether it stays as open as it was.
    [[nodiscard]] bool stays_open(std::uint64_t unfinished, std::uint64_t queues);

    static constexpr std::uint64_t kPlenty = 12'288;
    static constexpr std::uint64_t kFew = 6'144;
    static constexpr std::uint64_t kQueueWeight = 96;
    static constexpr base::Duration kPatience = std::chrono::milliseconds(1);

private:
    [[nodiscard]] static std::uint64_t at_hand(std::uint64_t unfinished, std::uint64_t queues) {
        return unfinished + kQueueWeight * queues;
    }

    // The share is that of the last one to two of these.
    static constexpr base::Duration kSpan = std::chrono::milliseconds(8);

    base::MonoTime span_begin_{};
    base::Duration ending_{};  // in this span
    bool is_busy_ending_ = false;
    bool is_open_ = true;
    base::MonoTime last_heard_{};
};

}  // namespace steward::app
