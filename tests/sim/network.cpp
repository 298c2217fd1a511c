// tests/sim: how frames travel. No frame is read here.
#include "tests/sim/network.hpp"

#include "common/base/bytes.hpp"

namespace steward::sim {

LinkId Network::open(PeerEnd& peer, std::size_t broker, app::Side side, std::string fixed_id) {
    const LinkId id = ++opened_;
    Link& link = links_[id];
    link.peer = &peer;
    link.broker = broker;
    link.side = side;
    link.fixed_id = std::move(fixed_id);
    link.is_stream = link.fixed_id.empty() && choices_.chance(1, 2);
    link.latency = choices_.between(Duration(50us), rules_.latency_max);
    if (rules_.slow_peers && choices_.chance(1, 3)) {
        link.to_peer.read_pause = choices_.between(Duration(1ms), Duration(300ms));
        link.hurt = true;
    }
    schedule_.in(link.latency, [this, id] { try_to_connect(id); });
    return id;
}

void Network::try_to_connect(LinkId id) {
    Link& link = links_.at(id);
    if (!link.wanted || link.up) {
        return;
    }
    std::string routing_id = link.fixed_id;
    if (routing_id.empty()) {
        routing_id.push_back('\0');  // ZeroMQ's own ids: a zero byte and 32 bits
        base::put_le(routing_id, static_cast<std::uint32_t>(id));
    }
    const Route route{link.broker, link.side, routing_id};
    if (brokers_.count(link.broker) == 0) {
        schedule_.in(100ms, [this, id] { try_to_connect(id); });
        return;
    }
    if (const auto older = routes_.find(route); older != routes_.end()) {
        const LinkId other = older->second;
        forget_route(other);
        break_link(other, 0s, choices_.between(Duration(0), rules_.notice_max));
    }
    link.routing_id = std::move(routing_id);
    link.up = true;
    link.routable = true;
    routes_[route] = id;
    link.hurt = link.hurt || history_.count(route) != 0;  // who comes back is not who left
    history_[route] = id;
    link.peer->on_connected();
}

void Network::close(LinkId id) {
    const auto found = links_.find(id);
    if (found == links_.end() || !found->second.wanted) {
        return;
    }
    Link& link = found->second;
    link.wanted = false;
    link.hurt = true;
    link.to_peer.in_flight.clear();
    link.to_peer.arrived = 0;
    schedule_.at(link.to_broker.last_arrival + link.latency, [this, id] {
        links_.at(id).up = false;
        forget_route(id);
    });
}

void Network::drop(LinkId id) {
    const auto found = links_.find(id);
    if (found == links_.end() || !found->second.wanted) {
        return;
    }
    const Duration notice = choices_.between(Duration(0), rules_.notice_max);
    found->second.wanted = false;
    break_link(id, notice, notice);
}

void Network::cut(LinkId id) {
    const Duration broker_notice = choices_.between(Duration(0), rules_.notice_max);
    const Duration peer_notice = choices_.between(Duration(0), rules_.notice_max);
    break_link(id, broker_notice, peer_notice);
}

void Network::cut_by_broker(std::size_t broker, app::Side side, std::string_view routing_id) {
    const auto found = links_.find(link_of(broker, side, routing_id));
    if (found == links_.end()) {
        return;
    }
    Link& link = found->second;
    link.hurt = true;
    if (link.is_stream && link.routable) {
        link.routable = false;  // it need not be told
        routes_.erase({link.broker, link.side, link.routing_id});
        break_link(found->first, Duration(0), choices_.between(Duration(0), rules_.notice_max));
    }
}

void Network::break_link(LinkId id, Duration broker_notice, Duration peer_notice) {
    Link& link = links_.at(id);
    link.hurt = true;
    if (!link.up) {
        return;
    }
    link.up = false;
    trace_.line(schedule_.now(), link.peer->name(), "connection lost");
    lose_some(link.to_broker);
    lose_some(link.to_peer);
    schedule_.in(broker_notice, [this, id] { forget_route(id); });
    schedule_.in(peer_notice, [this, id] {
        Link& lost = links_.at(id);
        if (lost.wanted) {
            lost.wanted = false;
            lost.peer->on_disconnected();
        }
    });
}

void Network::lose_some(Pipe& pipe) {
    const auto survivors = choices_.below(pipe.in_flight.size() + 1);
    pipe.in_flight.resize(static_cast<std::size_t>(survivors));
    pipe.arrived = std::min(pipe.arrived, pipe.in_flight.size());
}

void Network::forget_route(LinkId id) {
    Link& link = links_.at(id);
    if (link.routable) {
        link.routable = false;
        routes_.erase({link.broker, link.side, link.routing_id});
        const auto broker = brokers_.find(link.broker);
        if (link.is_stream && broker != brokers_.end()) {
            broker->second->on_gone(link.side, link.routing_id);
        }
    }
}

void Network::put(Pipe& pipe, LinkId id, wire::Frames frames, void (Network::*deliver)(LinkId)) {
    Link& link = links_.at(id);
    MonoTime arrival = schedule_.now() + link.latency;
    if (rules_.delays && choices_.chance(1, 60)) {
        arrival += choices_.between(Duration(0), Duration(3s));
        link.hurt = true;
    }
    arrival = std::max(arrival, pipe.last_arrival + pipe.read_pause);
    pipe.last_arrival = arrival;
    pipe.in_flight.push_back(std::move(frames));
    schedule_.at(arrival, [this, id, deliver] { (this->*deliver)(id); });
}

void Network::send(LinkId id, wire::Frames frames) {
    const auto found = links_.find(id);
    if (found == links_.end() || !found->second.wanted || !found->second.up) {
        return;  // a peer that has not noticed yet that its connection is gone
    }
    const Link& link = found->second;
    const auto broker = brokers_.find(link.broker);
    trace_.message(schedule_.now(),
                   link.peer->name(),
                   broker == brokers_.end() ? "nobody" : broker->second->name(),
                   frames);
    put(found->second.to_broker, id, std::move(frames), &Network::deliver_to_broker);
}

void Network::deliver_to_broker(LinkId id) {
    Link& link = links_.at(id);
    const auto broker = brokers_.find(link.broker);
    if (link.to_broker.in_flight.empty()) {
        return;  // it was lost with its connection
    }
    wire::Frames frames = std::move(link.to_broker.in_flight.front());
    link.to_broker.in_flight.pop_front();
    if (broker != brokers_.end() && link.routable) {
        broker->second->on_frames(link.side, link.routing_id, std::move(frames));
    }
}

std::vector<std::string> Network::reachable(app::Side side) const {
    std::vector<std::string> routing_ids;
    for (const auto& [route, link] : routes_) {
        if (std::get<app::Side>(route) == side) {
            routing_ids.push_back(std::get<std::string>(route));
        }
    }
    return routing_ids;
}

app::SendStatus Network::send_to_peer(std::size_t broker,
                                      app::Side side,
                                      std::string_view routing_id,
                                      wire::Frames& frames) {
    const auto found = routes_.find({broker, side, std::string(routing_id)});
    if (found == routes_.end()) {
        return app::SendStatus::Unroutable;
    }
    const LinkId id = found->second;
    Link& link = links_.at(id);
    if (link.to_peer.in_flight.size() >= rules_.hwm) {
        return app::SendStatus::WouldBlock;
    }
    trace_.message(schedule_.now(), brokers_.at(broker)->name(), link.peer->name(), frames);
    if (link.up && link.wanted) {
        put(link.to_peer, id, std::move(frames), &Network::deliver_to_peer);
    }
    frames.clear();
    return app::SendStatus::Sent;
}

void Network::deliver_to_peer(LinkId id) {
    Pipe& pipe = links_.at(id).to_peer;
    if (pipe.arrived < pipe.in_flight.size()) {
        ++pipe.arrived;
        resume(id);
    }
}

void Network::resume(LinkId id) {
    const auto found = links_.find(id);
    if (found == links_.end()) {
        return;
    }
    Link& link = found->second;
    while (link.to_peer.arrived > 0 && link.wanted && link.peer->reads()) {
        const wire::Frames frames = std::move(link.to_peer.in_flight.front());
        link.to_peer.in_flight.pop_front();
        --link.to_peer.arrived;
        link.peer->on_frames(frames);
    }
}

void Network::broker_up(std::size_t broker, BrokerEnd& end) {
    brokers_[broker] = &end;
}

void Network::broker_down(std::size_t broker) {
    brokers_.erase(broker);
    for (auto& [id, link] : links_) {
        if (link.broker == broker && link.routable) {
            link.to_broker.in_flight.clear();
            const Duration notice = choices_.between(Duration(0), Duration(200ms));
            break_link(id, 0s, notice);
            forget_route(id);
        }
    }
}

LinkId Network::any_open() {
    std::vector<LinkId> open;
    for (const auto& [id, link] : links_) {
        if (link.up && link.wanted) {
            open.push_back(id);
        }
    }
    return open.empty() ? 0 : choices_.pick(open);
}

void Network::heal() {
    rules_.delays = false;
    rules_.slow_peers = false;
    rules_.hwm = 100'000;
    for (auto& [id, link] : links_) {
        link.to_peer.read_pause = 0s;
    }
}

LinkId Network::link_of(std::size_t broker, app::Side side, std::string_view routing_id) const {
    const auto found = history_.find({broker, side, std::string(routing_id)});
    return found == history_.end() ? 0 : found->second;
}

bool Network::was_hurt(LinkId link) const {
    const auto found = links_.find(link);
    return found == links_.end() || found->second.hurt;
}

bool Network::stands(LinkId link) const {
    const auto found = links_.find(link);
    return found != links_.end() && found->second.wanted && found->second.up &&
           found->second.routable;
}

void Network::mark_hurt(LinkId link) {
    const auto found = links_.find(link);
    if (found != links_.end()) {
        found->second.hurt = true;
    }
}

PeerEnd* Network::peer_of(LinkId link) const {
    const auto found = links_.find(link);
    return found == links_.end() ? nullptr : found->second.peer;
}

}  // namespace steward::sim
