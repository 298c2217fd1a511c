#include "common/net/roles.hpp"

#include <algorithm>
#include <limits>

#include <zmq.hpp>

#include "common/net/zap.hpp"
#include "common/net/zmq_error.hpp"

namespace steward::net {
namespace {

namespace opt = zmq::sockopt;

int milliseconds(base::Duration duration) {
    const auto count = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
    return static_cast<int>(std::clamp<std::int64_t>(count, 0, std::numeric_limits<int>::max()));
}

base::Duration silence_of(const SocketOptions& options) {
    const std::chrono::seconds longest(options.bound.bytes_max / kSlowestBytesPerSecond);
    return std::max<base::Duration>(options.silence, longest);
}

void set_curve(zmq::socket_t& socket, const CurveKeys& keys) {
    socket.set(opt::curve_secretkey, keys.own.secret_key);
    if (!keys.server_key.empty()) {
        socket.set(opt::curve_publickey, keys.own.public_key);
        socket.set(opt::curve_serverkey, keys.server_key);
        return;
    }
    socket.set(opt::curve_server, true);
    // Where no handler listens ZeroMQ lets in everybody: ZapHandler is opened before the sockets.
    socket.set(opt::zap_domain, kZapDomain);
}

// What every role wants.
void set_common(zmq::socket_t& socket, const SocketOptions& options) {
    socket.set(opt::sndhwm, options.send_queue_max);
    socket.set(opt::rcvhwm, options.receive_queue_max);
    // A larger frame closes the connection before a byte of it is stored.
    socket.set(opt::maxmsgsize, static_cast<std::int64_t>(options.bound.bytes_max));
    // ZeroMQ's default waits for ever at the end of the process.
    socket.set(opt::linger, milliseconds(options.linger));
    // Half-open connections: pings find a host that is gone although nothing is sent to it. The
    // TTL makes the other end do the same without being configured.
    socket.set(opt::heartbeat_ivl, milliseconds(options.ping));
    socket.set(opt::heartbeat_timeout, milliseconds(silence_of(options)));
    socket.set(opt::heartbeat_ttl, milliseconds(silence_of(options)));
    // For peers whose ZeroMQ is too old for pings; the kernel looks after a minute.
    socket.set(opt::tcp_keepalive, 1);
    socket.set(opt::tcp_keepalive_idle, 60);
    socket.set(opt::tcp_keepalive_intvl, 10);
    socket.set(opt::tcp_keepalive_cnt, 3);
    socket.set(opt::tcp_maxrt, milliseconds(options.standstill));
    socket.set(opt::handshake_ivl, std::max(1, milliseconds(options.handshake)));
    if (options.curve) {
        set_curve(socket, *options.curve);
    }
}

void set_reconnect(zmq::socket_t& socket, const SocketOptions& options) {
    const int pause = options.reconnect ? std::max(1, milliseconds(*options.reconnect)) : -1;
    socket.set(opt::reconnect_ivl, pause);
    // Doubling up to here keeps a fleet from hammering a broker that restarts.
    socket.set(opt::reconnect_ivl_max, pause > 0 ? std::max(pause, 2'000) : 0);
    // A connect that gets no answer at all (a dropped packet, a firewall) is tried anew.
    socket.set(opt::connect_timeout, 5'000);
}

template <class Set>
base::Expected<Socket> make(Context& context,
                            zmq::socket_type type,
                            const SocketOptions& options,
                            Set&& set) {
    return guarded("cannot make a socket", [&]() -> base::Expected<Socket> {
        auto socket = std::make_unique<zmq::socket_t>(context.inner(), type);
        set_common(*socket, options);
        set(*socket);
        return Socket(std::move(socket), options.bound);
    });
}

}  // namespace

base::Expected<Socket> make_router(Context& context, const SocketOptions& options) {
    return make(context, zmq::socket_type::router, options, [&](zmq::socket_t& socket) {
        // Without this a message for a peer that is gone, or whose queue is full, vanishes
        // silently; with it send() tells, and that is the only word a ROUTER gives of a lost peer.
        socket.set(opt::router_mandatory, true);
        // A peer with a fixed identity that comes back before its old connection is known to be
        // dead takes its name over, where it would otherwise be turned away. With keys that would
        // give one client what is meant for another.
        socket.set(opt::router_handover, !options.curve);
        socket.set(opt::backlog, options.backlog);
    });
}

base::Expected<Socket> make_dealer(Context& context, const SocketOptions& options) {
    return make(context, zmq::socket_type::dealer, options, [&](zmq::socket_t& socket) {
        // Queue only for a connection that stands: otherwise what was sent to a broker that is down
        // would be delivered, stale, whenever it comes back.
        socket.set(opt::immediate, true);
        set_reconnect(socket, options);
    });
}

base::Expected<Socket> make_publisher(Context& context, const SocketOptions& options) {
    return make(context, zmq::socket_type::xpub, options, [&](zmq::socket_t& socket) {
        // A reader that does not read loses news; the broker never waits for it.
        socket.set(opt::xpub_nodrop, false);
        // Off: each topic is told once when its first reader comes and once when its last one goes,
        // whatever readers repeat, so that a plain count cannot drift.
        socket.set(opt::xpub_verbose, false);
        socket.set(opt::maxmsgsize, static_cast<std::int64_t>(kSubscriptionBytesMax));
        socket.set(opt::backlog, options.backlog);
        if (options.curve) {
            socket.set(opt::zap_domain, kZapNewsDomain);  // news are not for everybody
        }
    });
}

base::Expected<Socket> make_subscriber(Context& context,
                                       const SocketOptions& options,
                                       const std::vector<std::string>& topics) {
    return make(context, zmq::socket_type::sub, options, [&](zmq::socket_t& socket) {
        set_reconnect(socket, options);
        for (const std::string& topic : topics) {
            socket.set(opt::subscribe, topic);
        }
    });
}

}  // namespace steward::net
