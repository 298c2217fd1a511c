// common/net: which connections take in more than one message may have without ending one. ZeroMQ
// keeps the frames of a message until its last has come, bounds each and not their number, and
// tells nobody. Pure: bytes and time come from outside (message_guard.hpp), no sockets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/time.hpp"

namespace steward::net {

/// In bytes as they come over the wire.
struct UnfinishedBounds {
    std::uint64_t message_max = 0;  // of one message
    std::uint64_t total_max = 0;    // of all that have not ended, together
    std::uint64_t memory_max = 0;   // the same in memory
};

/// What the system has taken in for a connection since it was made.
struct TakenIn {
    std::uint64_t bytes = 0;
    std::uint32_t segments = 0;  // begins anew behind the largest number
    std::uint64_t unread = 0;    // of the bytes, those that ZeroMQ has not read yet
};

/// A connection that was ended for what it had not.
struct UnfinishedCut {
    std::string address;      // of the other end, with its port
    std::uint64_t bytes = 0;  // taken in, at least, and no message ended
    bool is_total = false;    // it was not over by itself: all together were
};

/// What a connection has taken in is not what it has not ended: messages end unseen until it is
/// noticed, for asking each message whence it came costs time. Past kNoticed it is noticed, and
/// from then on counted anew until heard() says that a message of it has ended.
///
/// Frames are memory beside their bytes, so each connection has a weight, too: what it can hold at
/// most, had it ended nothing since it was opened or heard. Most have ended all, so weight alone
/// says nothing. Where all together could weigh more than memory_max, and the process has grown by
/// half of that and twice their bytes since they could not, those are ended that were noticed
/// first.
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
    /// The same of its weight, for few connections; many have a part of memory_max together.
    static constexpr std::uint64_t kNoticedWeight = 8UL << 20U;
    static constexpr std::uint64_t kNoticedWeightMin = 64UL << 10U;
    static constexpr std::uint64_t kUnnoticedShare = 4;
    /// A message of large frames takes no more than this times its bytes.
    static constexpr std::uint64_t kPlainWeight = 2;
    /// An empty frame is 2 bytes on the wire and 64 in memory.
    static constexpr std::uint64_t kByteWeight = 32;
    /// One that came alone keeps the pages of a buffer of its own that were written to.
    static constexpr std::uint64_t kSegmentWeight = 8UL << 10U;
    /// Around a message's own bytes: frames' headers, and what encryption adds to each of 1024;
    /// what is read together with its end.
    static constexpr std::uint64_t kFraming = 1UL << 20U;
    /// Pings are no messages, and an idle connection has nothing else for weeks.
    static constexpr std::uint64_t kIdleBytesPerSecond = 64;
    static constexpr std::uint64_t kIdleWeightPerSecond =
        kIdleBytesPerSecond * kByteWeight + kSegmentWeight;

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

    /// What is not read yet a noticed one is not blamed for.
    void sampled(int fd, const TakenIn& taken, base::MonoTime now);

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

    /// After a round of samples: the next messages decide. `resident`: the process's memory.
    void judge_from_here(std::uint64_t resident);
    /// Those that are to be cut, once it is sure. They stay noticed until closed().
    [[nodiscard]] std::vector<Verdict> judge();

private:
    struct Connection {
        std::uint64_t tag = 0;
        std::uint64_t seen = 0;  // at the last sample
        std::uint32_t segments = 0;
        std::uint64_t level = 0;   // since it was opened, noticed or heard, less what pings may be
        std::uint64_t held = 0;    // since it was opened or heard, likewise
        std::uint64_t weight = 0;  // of that
        std::uint64_t unread = 0;

        [[nodiscard]] std::uint64_t taken_in() const { return level - std::min(level, unread); }

        base::MonoTime at{};  // of the last sample
        base::MonoTime noticed_at{};
        bool is_noticed = false;
    };

    [[nodiscard]] bool is_any_over() const;

    /// Sums of those noticed.
    struct Sums {
        std::uint64_t held = 0;
        std::uint64_t weight = 0;
    };

    [[nodiscard]] Sums sums() const;
    [[nodiscard]] std::uint64_t noticed_weight() const;
    void forget_notice(int fd, Connection& connection);

    UnfinishedBounds bounds_;
    std::unordered_map<int, Connection> connections_;
    std::vector<int> noticed_;
    std::uint64_t taken_ = 0;  // messages, since judge_from_here()
    bool is_waiting_ = false;
    bool is_sure_ = false;
    std::uint64_t resident_at_rest_ = 0;  // when those noticed could not weigh much
    bool has_grown_ = false;              // since then, by too much
    bool has_cut_ = false;                // what they held is free, and the process no smaller
};

}  // namespace steward::net
