// common/net: the kinds of socket there are here, each with all its options set in one function and
// the reason beside each. Nothing is left to ZeroMQ's defaults by accident.
#pragma once

#include <optional>

#include <climits>

#include "common/base/time.hpp"
#include "common/net/context.hpp"
#include "common/net/curve.hpp"
#include "common/net/socket.hpp"

namespace steward::net {

using namespace std::chrono_literals;

/// A topic's length at most: what a stranger may make the publisher remember at one go.
inline constexpr std::size_t kSubscriptionBytesMax = 1024;

/// A connection that is slower loses large messages.
inline constexpr std::size_t kSlowestBytesPerSecond = 1UL << 20U;

/// What a role leaves open. Queues are counted in messages, per peer and direction: ZeroMQ knows
/// no bytes. What is sent is counted in bytes as well, by UnsentTotal.
struct SocketOptions {
    int send_queue_max = 4096;
    int receive_queue_max = 4096;
    MessageBound bound = {};
    /// Of what peers of a ROUTER have not read. See UnsentTotal.
    UnsentBounds unsent = {};
    /// The same of all readers of news together, and the topics that they may ask for.
    std::size_t news_bytes_max = 256UL << 20U;
    std::size_t topics_max = 10'000;
    /// ROUTER: of messages that have begun and not ended, of all connections together; of one,
    /// `bound` says it. See MessageGuard.
    std::size_t unfinished_bytes_max = 1UL << 30U;
    /// Of each of the broker's two sides, where its own loop serves.
    std::size_t connections_max = 65'536;
    /// The same: descriptors of this number and above are left to others of this process.
    int descriptors_max = INT_MAX;
    /// How long what was sent may still leave after the socket is closed.
    base::Duration linger = 1s;
    /// ZMTP pings: a peer whose host vanished without a word is dropped after `silence`, or after
    /// what a message as large as may be takes at kSlowestBytesPerSecond: its answer to a ping
    /// waits behind the frame that it is sending.
    base::Duration ping = 5s;
    base::Duration silence = 20s;
    /// A peer whose system takes nothing this long, although something waits for it, is dropped
    /// with all that waits. Its pings do not tell: who does not read may still send.
    base::Duration standstill = 60s;
    /// DEALER and SUB: pause before ZeroMQ itself connects again; nothing: it never does.
    std::optional<base::Duration> reconnect = 100ms;
    /// Nothing: neither encrypted nor asked who it is.
    std::optional<CurveKeys> curve = std::nullopt;
    /// Somebody who connects and does not shake hands holds a descriptor this long.
    base::Duration handshake = 10s;
    /// Connections the system queues for a bound socket: a whole fleet may come back at once.
    int backlog = 4096;
};

/// The broker's sockets for clients and for workers.
[[nodiscard]] base::Expected<Socket> make_router(Context& context, const SocketOptions& options);
/// A client's or a worker's connection to one broker.
[[nodiscard]] base::Expected<Socket> make_dealer(Context& context, const SocketOptions& options);
/// The broker's news. Its receive() gives subscriptions: see Subscriptions.
[[nodiscard]] base::Expected<Socket> make_publisher(Context& context, const SocketOptions& options);
/// A reader of news. `topics`: prefixes; one empty topic is everything.
[[nodiscard]] base::Expected<Socket> make_subscriber(Context& context,
                                                     const SocketOptions& options,
                                                     const std::vector<std::string>& topics);

}  // namespace steward::net
