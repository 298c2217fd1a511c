// common/net: one connection to a broker, for the I/O thread of a client or a worker: whole
// messages both ways, and whether it stands.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/net/context.hpp"
#include "common/net/monitor.hpp"
#include "common/net/poller.hpp"
#include "common/net/roles.hpp"

namespace steward::net {

/// The I/O thread's turn, in this order:
///   watch(poller, is_blocked); poller.wait_until(deadline); wake.clear(); next_link() until
///   nothing; receive() until Nothing; send() until WouldBlock.
/// An event may be told a little after messages that came with it: nothing is lost by that.
///
/// Blocks: never; the destructor up to SocketOptions::linger.  Thread: one.
/// Not movable, so that a Poller may hold it.
class Connection {
public:
    Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    virtual ~Connection() = default;

    /// WouldBlock also while the connection does not stand.
    [[nodiscard]] virtual SendStatus send(const Frames& frames) = 0;
    [[nodiscard]] virtual ReceiveStatus receive(Frames& frames) = 0;
    [[nodiscard]] virtual std::optional<LinkEvent> next_link() = 0;
    [[nodiscard]] virtual bool is_connected() const = 0;
    /// Bytes that have come, and those that the other end's system has taken, of messages under way
    /// as well; 0: not known.
    [[nodiscard]] virtual std::uint64_t moved_bytes() const = 0;
    /// Why the broker turned this one away, for people; empty: it did not.
    [[nodiscard]] virtual std::string refusal() const = 0;

    /// Once, after poller.clear().
    virtual void add_to(Poller& poller) = 0;
    /// Before each wait. `is_blocked`: a send() is to be tried again when there is room.
    virtual void watch(Poller& poller, bool is_blocked) = 0;
};

/// Begins to connect. A broker on this machine is spoken to over its local stream socket where it
/// has one (stream_address.hpp), every other over ZeroMQ. With keys it is always ZeroMQ: a stream
/// would know the user, not the key. A broker that turned the stream away is tried over ZeroMQ
/// next. Errors: Io; Malformed for an endpoint that cannot be understood.
[[nodiscard]] base::Expected<std::unique_ptr<Connection>> connect(
    Context& context, const std::string& endpoint, const SocketOptions& options = {});

}  // namespace steward::net
