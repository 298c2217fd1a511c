// tests/sim: ROUTER and DEALER sockets, and streams, without sockets. Carries encoded frames
// between peers and brokers: in order within one connection, with latency, until the connection is
// lost. The rules claimed here about ZeroMQ are the ones that tests/contract holds the real
// transport to.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "broker/app/transport.hpp"
#include "tests/sim/choices.hpp"
#include "tests/sim/schedule.hpp"
#include "tests/sim/trace.hpp"

namespace steward::sim {

/// A DEALER's owner. Lives as long as the network.
class PeerEnd {
public:
    virtual ~PeerEnd() = default;
    [[nodiscard]] virtual const std::string& name() const = 0;
    virtual void on_connected() = 0;
    virtual void on_disconnected() = 0;
    virtual void on_frames(const wire::Frames& frames) = 0;

    /// False: it does not read now; what arrives waits, up to the high-water mark, until resume().
    [[nodiscard]] virtual bool reads() const { return true; }
};

/// The owner of a broker's two ROUTERs.
class BrokerEnd {
public:
    virtual ~BrokerEnd() = default;
    [[nodiscard]] virtual const std::string& name() const = 0;
    virtual void on_frames(app::Side side, const std::string& routing_id, wire::Frames frames) = 0;
    /// A stream has ended: nothing more comes under this routing id.
    virtual void on_gone(app::Side side, const std::string& routing_id) = 0;
};

/// One connection for ever; 0 names none.
using LinkId = std::uint64_t;

struct NetworkRules {
    Duration latency_max = 5ms;
    std::size_t hwm = 100'000;
    bool delays = false;       // single messages take up to three seconds
    bool slow_peers = false;   // some peers take up to 300 ms to read one message
    Duration notice_max = 2s;  // until an end learns that a connection was lost
};

class Network {
public:
    Network(Schedule& schedule, Choices& choices, Trace& trace, NetworkRules rules)
        : schedule_(schedule), choices_(choices), trace_(trace), rules_(rules) {}

    // ---- peers ----
    /// on_connected() follows as soon as the broker is up. Who comes with the `fixed_id` of another
    /// connection takes it over (ZMQ_ROUTER_HANDOVER).
    LinkId open(PeerEnd& peer, std::size_t broker, app::Side side, std::string fixed_id = {});
    /// Polite: what was sent still arrives. No call-back follows. 0 is allowed.
    void close(LinkId link);
    /// The peer's process is gone: what is in flight may be lost. No call-back follows.
    void drop(LinkId link);
    void send(LinkId link, wire::Frames frames);
    /// The peer reads again: it gets what has arrived meanwhile. 0 is allowed.
    void resume(LinkId link);

    // ---- brokers ----
    void broker_up(std::size_t broker, BrokerEnd& end);
    void broker_down(std::size_t broker);
    app::SendStatus send_to_peer(std::size_t broker,
                                 app::Side side,
                                 std::string_view routing_id,
                                 wire::Frames& frames);
    /// The broker has given this peer up: a stream ends, ZeroMQ's connection stands.
    void cut_by_broker(std::size_t broker, app::Side side, std::string_view routing_id);

    // ---- faults and oracles ----
    /// Frames in flight die (a prefix may still arrive); each end learns of it in its own time.
    void cut(LinkId link);
    /// One of the connections that stand; 0 when there is none.
    [[nodiscard]] LinkId any_open();
    /// From now on no message is late and no peer slow.
    void heal();
    /// The connection behind a broker's routing id, now or in the past; 0 when there was none.
    [[nodiscard]] LinkId link_of(std::size_t broker,
                                 app::Side side,
                                 std::string_view routing_id) const;
    /// Whom brokers can reach on that side now, by routing id, in its order.
    [[nodiscard]] std::vector<std::string> reachable(app::Side side) const;
    /// True when something was done to it that may make either end give the other up.
    [[nodiscard]] bool was_hurt(LinkId link) const;
    void mark_hurt(LinkId link);
    /// Neither end has left it, and frames pass.
    [[nodiscard]] bool stands(LinkId link) const;
    [[nodiscard]] PeerEnd* peer_of(LinkId link) const;

    /// Calls `visit(frames)` for what is on its way to the peer, oldest first.
    template <class Visit>
    void each_coming(LinkId link, Visit&& visit) const {
        if (const auto found = links_.find(link); found != links_.end()) {
            for (const wire::Frames& frames : found->second.to_peer.in_flight) {
                visit(frames);
            }
        }
    }

    /// Pre: the link was opened.
    [[nodiscard]] std::size_t broker_of(LinkId link) const { return links_.at(link).broker; }

private:
    struct Pipe {
        std::deque<wire::Frames> in_flight;
        std::size_t arrived = 0;  // of those, waiting for a peer that does not read
        MonoTime last_arrival{};
        Duration read_pause{};
    };

    struct Link {
        PeerEnd* peer = nullptr;
        std::size_t broker = 0;
        app::Side side = app::Side::Frontend;
        std::string fixed_id;
        std::string routing_id;
        Duration latency{};
        bool wanted = true;     // the peer has not closed it
        bool up = false;        // frames pass
        bool routable = false;  // the broker's ROUTER still knows it
        bool hurt = false;
        bool is_stream = false;  // the broker is told of its end
        Pipe to_broker;
        Pipe to_peer;
    };

    using Route = std::tuple<std::size_t, app::Side, std::string>;

    void try_to_connect(LinkId id);
    void deliver_to_broker(LinkId id);
    void deliver_to_peer(LinkId id);
    void put(Pipe& pipe, LinkId id, wire::Frames frames, void (Network::*deliver)(LinkId));
    void lose_some(Pipe& pipe);
    void forget_route(LinkId id);
    void break_link(LinkId id, Duration broker_notice, Duration peer_notice);

    Schedule& schedule_;
    Choices& choices_;
    Trace& trace_;
    NetworkRules rules_;
    std::map<std::size_t, BrokerEnd*> brokers_;
    std::map<LinkId, Link> links_;
    std::map<Route, LinkId> routes_;   // routable now
    std::map<Route, LinkId> history_;  // the last that had the id
    LinkId opened_ = 0;
};

}  // namespace steward::sim
