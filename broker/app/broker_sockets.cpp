#include "broker/app/broker_sockets.hpp"

#include <utility>

#include "broker/app/key_grants.hpp"
#include "common/net/stream_address.hpp"

namespace steward::app {
namespace {

// ZeroMQ's own, which no two connections share. One that a peer chooses might be taken over by
// another key the moment its owner has left, and with it what is still sent to that.
bool is_given(std::string_view routing_id) {
    return routing_id.size() == 5 && routing_id.front() == '\0';
}

constexpr std::string_view kChosenId =
    "this broker gives routing ids itself: leave out ZMQ_ROUTING_ID (ZMQ_IDENTITY)";
constexpr std::string_view kRemoved =
    "this key is not among the broker's clients any more (security.clients_directory)";

}  // namespace

Side side_of(Door door) {
    return door == Door::Clients || door == Door::ClientStreams ? Side::Frontend : Side::Backend;
}

base::Expected<std::unique_ptr<BrokerSockets>> BrokerSockets::open(
    net::Context& context,
    const Endpoints& wished,
    const net::SocketOptions& options,
    bool streams,
    const keys::Principals& principals) {
    std::unique_ptr<BrokerSockets> sockets(
        new BrokerSockets(context, principals, options.curve.has_value()));
    if (options.curve) {
        auto zap = net::ZapHandler::open(context);
        if (!zap) {
            return base::Unexpected(std::move(zap.error()));
        }
        sockets->zap_.emplace(std::move(*zap));
    }
    auto zmq = ZmqTransport::open(context, wished, options);
    if (!zmq) {
        return base::Unexpected(std::move(zmq.error()));
    }
    sockets->zmq_ = std::move(*zmq);
    if (streams) {
        net::StreamServerOptions stream;
        stream.bound = options.bound;
        stream.standstill = options.standstill;
        stream.unsent = sockets->zmq_->unsent();
        stream.unfinished_bytes_max = options.unfinished_bytes_max;
        if (options.curve) {
            stream.admit = [&principals](std::uint32_t user) {
                const auto id = principals.of_user(user);
                return id ? std::optional(id->value) : std::nullopt;
            };
        }
        for (const Side side : {Side::Frontend, Side::Backend}) {
            if (auto opened = sockets->open_stream(side, stream); !opened) {
                return base::Unexpected(std::move(opened.error()));
            }
        }
    }
    return sockets;
}

// An address that other machines reach has none.
base::Expected<void> BrokerSockets::open_stream(Side side,
                                                const net::StreamServerOptions& options) {
    const std::string& endpoint =
        side == Side::Frontend ? endpoints().clients : endpoints().workers;
    const auto name = net::local_name_of(endpoint);
    if (!name) {
        return {};
    }
    auto listening = net::listen_locally(*name);
    if (!listening) {
        listening.error().message += "; the setting broker.local_streams turns it off";
        return base::Unexpected(std::move(listening.error()));
    }
    auto server = net::StreamServer::open(std::move(*listening), options);
    if (!server) {
        return base::Unexpected(std::move(server.error()));
    }
    streams_[static_cast<std::size_t>(side)] = std::move(*server);
    return {};
}

net::StreamServer* BrokerSockets::stream_of(Side side) const {
    return streams_[static_cast<std::size_t>(side)].get();
}

SendStatus BrokerSockets::send(Side side, std::string_view routing_id, Frames& frames) {
    net::StreamServer* stream = stream_of(side);
    if (stream != nullptr && net::StreamServer::is_ours(routing_id)) {
        return translated(stream->send(routing_id, frames));
    }
    return zmq_->send(side, routing_id, frames);
}

// ZeroMQ cannot: it drops who takes nothing for a while by itself.
void BrokerSockets::cut(Side side, std::string_view routing_id) {
    net::StreamServer* stream = stream_of(side);
    if (stream != nullptr && net::StreamServer::is_ours(routing_id)) {
        stream->cut(routing_id);
    }
}

void BrokerSockets::publish(std::string_view topic, std::string_view body) {
    zmq_->publish(topic, body);
}

Transport::Topics BrokerSockets::news_topics() const {
    return zmq_->news_topics();
}

bool BrokerSockets::has_subscribers() const {
    return zmq_->has_subscribers();
}

void BrokerSockets::look(base::MonoTime now) {
    for (const auto& stream : streams_) {
        if (stream != nullptr) {
            stream->look(now);
        }
    }
}

net::ReceiveStatus BrokerSockets::receive(Door door,
                                          std::string& routing_id,
                                          Frames& frames,
                                          Arrival& from) {
    from = {};
    const Side side = side_of(door);
    std::uint32_t number = 0;
    net::ReceiveStatus status = net::ReceiveStatus::Nothing;
    if (door == Door::Clients || door == Door::Workers) {
        status = zmq_->receive(side, routing_id, frames, number);
        // Here that would be the end of the context, which outlives this.
        status = status == net::ReceiveStatus::Closed ? net::ReceiveStatus::Nothing : status;
        if (net::StreamServer::is_ours(routing_id) || (has_keys_ && !is_given(routing_id))) {
            from.refusal = kChosenId;
        }
    } else if (net::StreamServer* stream = stream_of(side)) {
        status = stream->receive(routing_id, frames);
        number = stream->number();
    }
    if (has_keys_ && status == net::ReceiveStatus::Received) {
        from.who = access::PrincipalId{number};
        if (from.refusal.empty() && !principals_.is_allowed(from.who)) {
            from.refusal = kRemoved;
        }
    }
    return status;
}

std::vector<UnfinishedCut> BrokerSockets::cut_the_unfinished(base::MonoTime now) {
    std::vector<UnfinishedCut> cuts = zmq_->cut_the_unfinished(now);
    for (const Side side : {Side::Frontend, Side::Backend}) {
        net::StreamServer* const stream = stream_of(side);
        if (stream == nullptr) {
            continue;
        }
        for (net::UnfinishedCut& cut : stream->take_cuts()) {
            cuts.push_back({peers_of(side), "limits.backlog_bytes_max", std::move(cut)});
        }
    }
    return cuts;
}

void BrokerSockets::set_bounds(const net::SocketOptions& options) {
    zmq_->set_bounds(options);
    for (const auto& stream : streams_) {
        if (stream != nullptr) {
            stream->set_unfinished_bytes_max(options.unfinished_bytes_max);
        }
    }
}

void BrokerSockets::answer_for_keys() {
    if (!zap_ || zap_->socket().is_quiet()) {
        return;
    }
    zap_->answer([this](const net::ZapQuestion& asked) -> net::ZapVerdict {
        const auto id = principals_.of_key(asked.public_key);
        if (id && (!asked.is_for_news || may_hear_news(principals_, *id))) {
            return {id->value, true};
        }
        if (refusals_.size() < kRefusalsMax) {
            refusals_.push_back({asked, id});
        }
        return {std::nullopt, id.has_value()};
    });
}

std::vector<BrokerSockets::KeyRefusal> BrokerSockets::take_refusals() {
    return std::exchange(refusals_, {});
}

BrokerSockets::Slots BrokerSockets::add_to(net::Poller& poller) const {
    Slots slots;
    if (zap_) {
        poller.add(zap_->socket());
    }
    for (const Side side : {Side::Frontend, Side::Backend}) {
        if (const net::StreamServer* stream = stream_of(side)) {
            const net::Poller::Slot slot = poller.add(stream->fd());
            if (side == Side::Frontend) {
                slots.clients.push_back(slot);
            }
        }
    }
    const ZmqTransport::Slots of_zmq = zmq_->add_to(poller);
    slots.clients.push_back(of_zmq.clients);
    slots.news = of_zmq.news;
    return slots;
}

}  // namespace steward::app
