// common/net: which connections take in more than one message may have without ending one. ZeroMQ
// keeps the frames of a message until its last has come, bounds each and not their number, and
// tells nobody. Pure: bytes and time come from outside (message_guard.hpp), no sockets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/time.hpp"

namespace steward::net {

/// In bytes as they come over the wire.
struct UnfinishedBounds {
    std::uint64_t message_max = 0;  // of one message
    std::uint64_t total_max = 0;    // of all that have not ended, together
};

/// What a connection has taken in is not what it has not ended: messages end unseen until it is
/// noticed, for asking each message whence it came costs time. Past kNoticed it is noticed, and
/// from then on counted anew until heard() says that a message of it has ended.
///
/// A connection that is over is judged when enough messages were taken after the sample, or there
/// were no more: what it had ended by then has been heard.
///
/// Cost: O(1), but for judge(), which is O(noticed).
/// Bound: the connections there are.  Thread: one.
class Unfinished {
public:
    /// What a connection may have taken in before it is noticed.
    static constexpr std::uint64_t kNoticed = 256UL << 10U;
    /// Around a message's own bytes: frames' headers, and what encryption adds to each of 1024;
    /// what is read together with its end.
    static constexpr std::uint64_t kFraming = 1UL << 20U;
    /// Pings are no messages, and an idle connection has nothing else for weeks.
    static constexpr std::uint64_t kIdleBytesPerSecond = 64;

    explicit Unfinished(const UnfinishedBounds& bounds) : bounds_(bounds) {}

    void set_bounds(const UnfinishedBounds& bounds) { bounds_ = bounds; }

    /// A connection, by its descriptor, takes the place of one that had it before. `tag` is given
    /// back with a verdict.
    void opened(int fd, std::uint64_t tag, base::MonoTime now);
    void closed(int fd);

    [[nodiscard]] std::size_t size() const { return connections_.size(); }

    [[nodiscard]] const std::vector<int>& noticed() const { return noticed_; }

    /// All of them, in any order.
    [[nodiscard]] std::vector<int> all() const;

    /// What the system has taken in for it since it was opened, and how much of that ZeroMQ has not
    /// read yet, which a noticed one is not blamed for.
    void sampled(int fd, std::uint64_t bytes, std::uint64_t unread, base::MonoTime now);

    /// A whole message was taken, of this connection; only of use while some are noticed.
    void heard(int fd);
    /// There was no more to take.
    void drained();

    /// Whether judge() waits for messages to be taken.
    [[nodiscard]] bool is_waiting() const { return is_waiting_; }

    /// Whether it has something to tell.
    [[nodiscard]] bool is_sure() const { return is_sure_; }

    struct Verdict {
        int fd = -1;
        std::uint64_t tag = 0;
        std::uint64_t bytes = 0;  // taken in, at least, and no message ended
        bool is_total = false;    // it is not over by itself: all together are
    };

    /// After a round of samples: the next messages decide.
    void judge_from_here();
    /// Those that are to be cut, once it is sure. They stay noticed until closed().
    [[nodiscard]] std::vector<Verdict> judge();

private:
    struct Connection {
        std::uint64_t tag = 0;
        std::uint64_t seen = 0;   // at the last sample
        std::uint64_t level = 0;  // since it was opened, noticed or heard, less what pings may be
        std::uint64_t unread = 0;

        [[nodiscard]] std::uint64_t taken_in() const { return level - std::min(level, unread); }

        base::MonoTime at{};  // of the last sample
        base::MonoTime noticed_at{};
        bool is_noticed = false;
    };

    [[nodiscard]] bool is_any_over() const;
    void forget_notice(int fd, Connection& connection);

    UnfinishedBounds bounds_;
    std::unordered_map<int, Connection> connections_;
    std::vector<int> noticed_;
    std::uint64_t taken_ = 0;  // messages, since judge_from_here()
    bool is_waiting_ = false;
    bool is_sure_ = false;
};

}  // namespace steward::net
