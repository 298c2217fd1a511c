// common/net: ends connections of a bound socket whose message never ends (unfinished.hpp).
// ZeroMQ's monitor tells their descriptors, the system what came in at each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/net/context.hpp"
#include "common/net/socket.hpp"
#include "common/net/unfinished.hpp"

namespace steward::net {

/// Watches the connections over TCP of one ROUTER; others it does not see. Make it before bind(),
/// end it before the socket.
///
/// A descriptor may be another's by the time it is looked at. What is ended is the connection that
/// was watched, or none: the system gives each a number of its own.
///
/// Blocks: never.  Thread: the watched socket's.
/// Cost: look() two calls to the system for each connection, at most once in kPauseEach times their
/// number (but for memory that grows quickly); for each noticed one likewise, once in kPause.
class MessageGuard {
public:
    /// Between two looks, however few connections there are.
    static constexpr base::Duration kPause = std::chrono::milliseconds(100);
    /// Between two looks at all, and for each connection there is: half a percent of a core.
    static constexpr base::Duration kPauseAll = std::chrono::seconds(1);
    static constexpr base::Duration kPauseEach = std::chrono::microseconds(250);
    /// All are looked at earlier when the process has grown by this.
    static constexpr std::uint64_t kGrowthBytes = 16UL << 20U;

    /// Errors: Io.
    [[nodiscard]] static base::Expected<MessageGuard> open(Context& context,
                                                           Socket& watched,
                                                           const UnfinishedBounds& bounds);
    ~MessageGuard();
    MessageGuard(MessageGuard&&) noexcept;
    MessageGuard& operator=(MessageGuard&&) = delete;

    void set_bounds(const UnfinishedBounds& bounds) { unfinished_.set_bounds(bounds); }

    /// Whether the next message's descriptor should be asked for, and given to received().
    [[nodiscard]] bool is_asking() const { return !unfinished_.noticed().empty(); }

    /// What a receive gave that asked for the descriptor: a message, of the connection with this
    /// one (-1: not known), or nothing.
    void received(ReceiveStatus status, int fd) {
        if (status == ReceiveStatus::Nothing) {
            drained();
        } else {
            unfinished_.heard(fd);
        }
    }

    /// No message was waiting.
    void drained() { unfinished_.drained(); }

    /// For who does not look all the time: readable when a connection has come or gone.
    [[nodiscard]] const Socket& events() const { return events_; }

    /// None that it knows of. look() knows them.
    [[nodiscard]] bool is_alone() const { return unfinished_.size() == 0; }

    /// When look() has something to do next.
    [[nodiscard]] base::MonoTime next_look() const {
        return unfinished_.is_sure() ? base::MonoTime{} : next_look_;
    }

    /// Once a turn. Returns those that it has ended.
    [[nodiscard]] std::vector<UnfinishedCut> look(base::MonoTime now);

private:
    MessageGuard(Socket events, void* watched, const UnfinishedBounds& bounds);

    void read_events(base::MonoTime now);
    void sample_all(base::MonoTime now);
    void sample_noticed(base::MonoTime now);
    [[nodiscard]] bool has_grown(base::MonoTime now);

    Socket events_;
    void* watched_;
    Unfinished unfinished_;
    base::MonoTime next_look_{};
    base::MonoTime next_all_{};
    base::MonoTime next_noticed_{};
    base::MonoTime next_growth_{};
    std::uint64_t resident_ = 0;  // when all were last looked at
};

}  // namespace steward::net
