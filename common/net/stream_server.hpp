// common/net: a listening stream socket and everybody who has connected to it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/slot_map.hpp"
#include "common/base/time.hpp"
#include "common/net/stream_socket.hpp"
#include "common/net/unfinished.hpp"
#include "common/net/unsent.hpp"

namespace steward::net {

struct StreamServerOptions {
    MessageBound bound;
    /// Beyond it whoever connects is turned away at once.
    std::size_t connections_max = 10'000;
    /// Who connects and sends no whole message this long is turned away.
    base::Duration silence = std::chrono::seconds(10);
    /// Who takes nothing this long to twice as long, although something waits, is cut off.
    base::Duration standstill = std::chrono::seconds(60);
    /// What all connections may have unsent, others' than these servers' too. Null: as much as each
    /// of them may (StreamSocket::kUnsentBytesMax and one message).
    std::shared_ptr<UnsentTotal> unsent = {};
    /// What messages that have begun and not ended may have in memory, those of all connections
    /// together; past it those begun first are ended, with their connections.
    std::size_t unfinished_bytes_max = 1UL << 30U;
    /// The number under which a user of this machine is heard; nothing: he is told kTurnedAway.
    std::function<std::optional<std::uint32_t>(std::uint32_t user)> admit = {};
};

/// Whole messages from and to many connections, each under a routing id that no ZeroMQ peer can
/// have and that is never given twice.
///
/// Order:  of each connection. One after the other is heard, a message at a time.
/// Blocks: never.  Thread: one.
class StreamServer {
public:
    /// `listening` does not block. Errors: Io.
    [[nodiscard]] static base::Expected<std::unique_ptr<StreamServer>> open(
        posix::UniqueFd listening, const StreamServerOptions& options);

    /// Readable when receive() has something, somebody connects or is gone, or what was left unsent
    /// may go.
    [[nodiscard]] int fd() const { return epoll_.get(); }

    /// Looks who is ready, and accepts. Before the first receive() of a turn.
    void look(base::MonoTime now);
    /// The next message. Nothing: until the next look(). Closed: this connection has ended, all
    /// that it had sent was told before. TooLarge: what this one sends cannot be taken; Closed
    /// follows.
    [[nodiscard]] ReceiveStatus receive(std::string& routing_id, Frames& frames);

    /// What `admit` gave the sender of the message that receive() gave last; 0 without it.
    [[nodiscard]] std::uint32_t number() const { return number_; }

    /// Unroutable when that connection is gone.
    [[nodiscard]] SendStatus send(std::string_view routing_id, const Frames& frames);
    /// Ends a connection, with all that waits for it. Nothing happens when it is gone.
    void cut(std::string_view routing_id);

    void set_unfinished_bytes_max(std::size_t bytes) { options_.unfinished_bytes_max = bytes; }

    /// Those that were ended for that since the last call; connections_max of them at most.
    [[nodiscard]] std::vector<UnfinishedCut> take_cuts() { return std::exchange(cuts_, {}); }

    [[nodiscard]] std::size_t connections() const { return connections_.size(); }

    /// Whether `routing_id` is of the kind that is given here.
    [[nodiscard]] static bool is_ours(std::string_view routing_id);

private:
    struct Connection {
        Connection(StreamSocket&& its, std::uint32_t its_number)
            : socket(std::move(its)), number(its_number) {}

        StreamSocket socket;
        std::uint32_t number = 0;
        std::size_t counted = 0;      // of its unsent bytes, in the total
        std::size_t begun = 0;        // bytes of a message that has not ended, in begun_
        std::uint64_t beginning = 0;  // of that message, among all
        std::uint64_t ended = 0;      // messages, when that was set
        bool is_ready = false;        // stands in ready_
        bool waits_to_write = false;
        bool is_watched = false;  // stands in slow_
        bool is_faulty = false;   // is to be closed
    };

    using Connections = base::SlotMap<Connection>;
    using Handle = Connections::HandleType;

    struct Newcomer {
        Handle who;
        base::MonoTime until;
    };

    /// One that has something unsent.
    struct Slow {
        Handle who;
        base::MonoTime until;
        std::uint64_t written = 0;
    };

    StreamServer(posix::UniqueFd listening,
                 posix::UniqueFd epoll,
                 const StreamServerOptions& options);

    [[nodiscard]] bool watch(int operation, int fd, Handle handle, std::uint32_t events) const;
    void accept_all(base::MonoTime now);
    [[nodiscard]] std::optional<std::uint32_t> admitted(int fd) const;
    void make_ready(Handle handle, Connection& connection);
    [[nodiscard]] bool has_room(const Connection& connection, const Frames& frames) const;
    void update_writing(Handle handle, Connection& connection);
    void count(Connection& connection, std::size_t unsent) const;
    void count_begun(Connection& connection);
    void cut_begun();
    void erase(Handle handle);
    void turn_away_silent(base::MonoTime now);
    void cut_standing(base::MonoTime now);
    void rest(base::MonoTime now);

    posix::UniqueFd listening_;
    posix::UniqueFd epoll_;
    StreamServerOptions options_;
    Connections connections_;
    std::deque<Handle> ready_;        // may have something to read
    std::deque<Newcomer> newcomers_;  // oldest first
    std::deque<Slow> slow_;           // oldest first, one of each
    base::MonoTime now_{};            // of the last look()
    // The system has no descriptor for one more: nobody is accepted until then.
    std::optional<base::MonoTime> rests_until_;
    std::vector<char> scratch_;
    std::uint32_t number_ = 0;
    std::size_t begun_ = 0;  // bytes of messages that have not ended, of all connections
    std::uint64_t beginnings_ = 0;
    std::vector<UnfinishedCut> cuts_;
};

}  // namespace steward::net
