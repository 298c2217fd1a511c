// common/net: listening stream sockets and everybody who has connected to them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <climits>

#include "common/base/expected.hpp"
#include "common/base/slot_map.hpp"
#include "common/base/time.hpp"
#include "common/net/stream_socket.hpp"
#include "common/net/unfinished.hpp"
#include "common/net/unsent.hpp"

namespace steward::net {

/// What is spoken on a stream.
enum class StreamKind : std::uint8_t {
    Native,  // StreamFraming, between processes of one machine
    Zmtp,    // ZmtpFraming
};

/// A socket that listens and does not block.
struct StreamListener {
    posix::UniqueFd fd;
    StreamKind kind = StreamKind::Native;
};

struct StreamServerOptions {
    MessageBound bound;
    /// Beyond it whoever connects is closed at once, and counted.
    std::size_t connections_max = 65'536;
    /// Descriptors of this number and above are for others of this process than who connects. Who
    /// would have one is closed; those behind him wait.
    int descriptors_max = INT_MAX;
    /// Who connects and does not introduce himself this long is turned away: with a whole message,
    /// or with ZMTP's handshake.
    base::Duration handshake = std::chrono::seconds(10);
    /// ZMTP: how often each is asked for a sign of life, and after which silence it is taken for
    /// dead. Local streams need none: the system tells the end of a process.
    base::Duration ping = std::chrono::seconds(5);
    base::Duration silence = std::chrono::seconds(20);
    /// Who takes nothing this long to twice as long, although something waits, is cut off.
    base::Duration standstill = std::chrono::seconds(60);
    /// What all connections may have unsent, others' than these servers' too. Null: as much as each
    /// of them may (StreamSocket::kUnsentBytesMax and one message).
    std::shared_ptr<UnsentTotal> unsent = {};
    /// What messages that have begun and not ended may have in memory, those of all connections
    /// together; past it those begun first are ended, with their connections.
    std::size_t unfinished_bytes_max = 1UL << 30U;
    /// The number under which a user of this machine is heard; nothing: he is told kStreamRefusal.
    /// Native streams only: others do not say who they are.
    std::function<std::optional<std::uint32_t>(std::uint32_t user)> admit = {};
};

/// Whole messages from and to many connections, each under a routing id that nobody can choose
/// (is_given_name) and that is never given twice. A ZMTP peer may choose a name, as of any ROUTER:
/// that is its routing id then, over many connections, whose ends are not told; who comes with the
/// name of another takes it over.
///
/// Order:  of each connection. One after the other is heard, kRow messages at a time of those that
///         were read together: what answers them leaves together as well.
/// Blocks: never.  Thread: one.
class StreamServer {
public:
    /// Errors: Io.
    [[nodiscard]] static base::Expected<std::unique_ptr<StreamServer>> open(
        std::vector<StreamListener> listeners, const StreamServerOptions& options);

    /// Readable when receive() has something, somebody connects or is gone, or what was left unsent
    /// may go.
    [[nodiscard]] int fd() const { return epoll_.get(); }

    /// Looks who is ready, and accepts. Before the first receive() of a turn.
    void look(base::MonoTime now);
    /// The next message. Nothing: until the next look(). Closed: this connection has ended, all
    /// that it had sent was told before. TooLarge: what this one sends cannot be taken; Closed
    /// follows.
    [[nodiscard]] ReceiveStatus receive(std::string& routing_id, Frames& frames);

    static constexpr std::uint32_t kRow = 8;

    /// What `admit` gave the sender of the message that receive() gave last; 0 without it.
    [[nodiscard]] std::uint32_t number() const { return number_; }

    /// Unroutable when that connection is gone. To ZMTP peers small messages leave with flush().
    [[nodiscard]] SendStatus send(std::string_view routing_id, const Frames& frames);
    /// To be called when a turn's messages are sent.
    void flush();
    /// When look() has something to do, though nothing has come in.
    [[nodiscard]] base::MonoTime next_look() const;
    /// Ends a connection, with all that waits for it. Nothing happens when it is gone.
    void cut(std::string_view routing_id);

    void set_connections_max(std::size_t connections) { options_.connections_max = connections; }

    void set_unfinished_bytes_max(std::size_t bytes) { options_.unfinished_bytes_max = bytes; }

    /// Those that were ended for that since the last call; connections_max of them at most.
    [[nodiscard]] std::vector<UnfinishedCut> take_cuts() { return std::exchange(cuts_, {}); }

    /// Who came and found no place.
    struct Unaccepted {
        std::size_t beyond_max = 0;  // connections that were closed
        std::size_t rests = 0;       // times that the system had no descriptor: they wait
    };

    /// Since the last call.
    [[nodiscard]] Unaccepted take_unaccepted() { return std::exchange(unaccepted_, {}); }

    [[nodiscard]] std::size_t connections() const { return connections_.size(); }

private:
    struct Connection {
        Connection(StreamSocket&& its, StreamKind its_kind, std::uint32_t its_number)
            : socket(std::move(its)), kind(its_kind), number(its_number) {}

        StreamSocket socket;
        StreamKind kind;
        std::uint32_t number = 0;
        std::size_t counted = 0;      // of its unsent bytes, in the total
        std::size_t begun = 0;        // bytes of a message that has not ended, in begun_
        std::uint64_t beginning = 0;  // of that message, among all
        std::uint64_t ended = 0;      // messages, when that was set
        std::uint32_t row = 0;        // messages heard since it was its turn
        bool is_ready = false;        // stands in ready_
        bool waits_to_write = false;
        bool is_watched = false;  // stands in slow_
        bool is_faulty = false;   // is to be closed
        bool is_known = false;    // has introduced itself
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

    /// One that is asked for signs of life.
    struct Pinged {
        Handle who;
        base::MonoTime due;
        base::MonoTime heard;  // since when no more has come in than:
        std::uint64_t taken_in = 0;
    };

    StreamServer(std::vector<StreamListener> listeners,
                 posix::UniqueFd epoll,
                 const StreamServerOptions& options);

    [[nodiscard]] bool watch(int operation, int fd, std::uint64_t tag, std::uint32_t events) const;
    void watch_listeners(std::uint32_t events) const;
    void accept_all(const StreamListener& listener, base::MonoTime now);
    [[nodiscard]] std::optional<std::uint32_t> admitted(const StreamListener& listener,
                                                        int fd) const;
    [[nodiscard]] Handle find(std::string_view routing_id) const;
    void write_id(Handle handle, const Connection& connection, std::string& routing_id) const;
    void note_introduced(Handle handle, Connection& connection);
    void take_over(std::string_view name, Handle handle);
    void ping_due(base::MonoTime now);
    void make_ready(Handle handle, Connection& connection);
    void go_on_in_row(Handle handle, Connection& connection);
    [[nodiscard]] bool has_room(const Connection& connection, const Frames& frames) const;
    void update_writing(Handle handle, Connection& connection);
    void count(Connection& connection, std::size_t unsent) const;
    void count_begun(Connection& connection);
    void cut_begun();
    void erase(Handle handle);
    void turn_away_silent(base::MonoTime now);
    void cut_standing(base::MonoTime now);
    void rest(base::MonoTime now);

    struct NameHash {
        using is_transparent = void;

        std::size_t operator()(std::string_view name) const {
            return std::hash<std::string_view>{}(name);
        }
    };

    std::vector<StreamListener> listeners_;
    posix::UniqueFd epoll_;
    StreamServerOptions options_;
    Connections connections_;
    std::deque<Handle> ready_;        // may have something to read
    std::deque<Newcomer> newcomers_;  // oldest first
    std::deque<Slow> slow_;           // oldest first, one of each
    std::deque<Pinged> pinged_;       // next first, one of each
    std::vector<Handle> gathered_;    // have something for flush()
    std::unordered_map<std::string, Handle, NameHash, std::equal_to<>> names_;
    base::MonoTime now_{};  // of the last look()
    // The system has no descriptor for one more: nobody is accepted until then.
    std::optional<base::MonoTime> rests_until_;
    std::vector<char> scratch_;
    std::uint32_t number_ = 0;
    std::size_t begun_ = 0;  // bytes of messages that have not ended, of all connections
    std::uint64_t beginnings_ = 0;
    std::vector<UnfinishedCut> cuts_;
    Unaccepted unaccepted_;
};

}  // namespace steward::net
