#include "broker/app/broker_sockets.hpp"

#include <algorithm>
#include <utility>

#include "broker/app/key_grants.hpp"
#include "common/net/stream_address.hpp"
#include "common/net/tcp_address.hpp"

namespace steward::app {
namespace {

// libzmq's own, which no two connections share. One that a peer chooses might be taken over by
// another key the moment its owner has left, and with it what is still sent to that.
bool is_given_by_libzmq(std::string_view routing_id) {
    return routing_id.size() == 5 && routing_id.front() == '\0';
}

constexpr std::string_view kChosenId =
    "this broker gives routing ids itself: leave out ZMQ_ROUTING_ID (ZMQ_IDENTITY)";
constexpr std::string_view kRemoved =
    "this key is not among the broker's clients any more (security.clients_directory)";

SendStatus translated(net::SendStatus status) {
    switch (status) {
        case net::SendStatus::Sent: return SendStatus::Sent;
        case net::SendStatus::WouldBlock: return SendStatus::WouldBlock;
        case net::SendStatus::Unroutable:
        case net::SendStatus::Closed: return SendStatus::Unroutable;
    }
    return SendStatus::Unroutable;
}

}  // namespace

Side side_of(Door door) {
    return door == Door::Clients || door == Door::ClientStreams ? Side::Frontend : Side::Backend;
}

BrokerSockets::BrokerSockets(net::Context& context,
                             const keys::Principals& principals,
                             const net::SocketOptions& options)
    : context_(context),
      principals_(principals),
      has_keys_(options.curve.has_value()),
      unsent_(std::make_shared<net::UnsentTotal>(options.unsent)) {}

base::Expected<std::unique_ptr<BrokerSockets>> BrokerSockets::open(
    net::Context& context,
    const Endpoints& wished,
    const net::SocketOptions& options,
    LoopServes loop,
    const keys::Principals& principals) {
    std::unique_ptr<BrokerSockets> sockets(new BrokerSockets(context, principals, options));
    sockets->endpoints_ = wished;
    if (options.curve) {
        auto zap = net::ZapHandler::open(context);
        if (!zap) {
            return base::Unexpected(std::move(zap.error()));
        }
        sockets->zap_.emplace(std::move(*zap));
    }
    if (options.curve || !loop.zmtp) {
        loop.zmtp = false;
        auto routers = ZmqRouters::open(context, sockets->endpoints_, options, sockets->unsent_);
        if (!routers) {
            return base::Unexpected(std::move(routers.error()));
        }
        sockets->routers_ = std::move(*routers);
    }
    for (const Side side : {Side::Frontend, Side::Backend}) {
        if (auto opened = sockets->open_side(side, loop, options); !opened) {
            return base::Unexpected(std::move(opened.error()));
        }
    }
    auto news = NewsSocket::open(context, wished.news, options);
    if (!news) {
        return base::Unexpected(std::move(news.error()));
    }
    sockets->news_ = std::move(*news);
    sockets->endpoints_.news = sockets->news_->endpoint();
    return sockets;
}

// An address that other machines reach has no local stream.
base::Expected<void> BrokerSockets::open_side(Side side,
                                              LoopServes loop,
                                              const net::SocketOptions& options) {
    std::vector<net::StreamListener> listeners;
    if (loop.zmtp) {
        auto listening = net::listen_over_tcp(endpoint_of(side), options.backlog);
        if (!listening) {
            return cannot_listen(std::move(listening.error()), port_setting_of(side));
        }
        endpoint_of(side) = std::move(listening->endpoint);
        listeners.push_back({std::move(listening->fd), net::StreamKind::Zmtp});
    }
    const auto name =
        loop.local_streams ? net::local_name_of(endpoint_of(side)) : std::optional<std::string>();
    if (name) {
        auto listening = net::listen_locally(*name);
        if (!listening) {
            listening.error().message += "; the setting broker.local_streams turns it off";
            return base::Unexpected(std::move(listening.error()));
        }
        listeners.push_back({std::move(*listening), net::StreamKind::Native});
        has_local_streams_ = true;
    }
    if (listeners.empty()) {
        return {};
    }
    auto server = net::StreamServer::open(std::move(listeners), stream_options(options));
    if (!server) {
        return base::Unexpected(std::move(server.error()));
    }
    streams_[static_cast<std::size_t>(side)] = std::move(*server);
    return {};
}

net::StreamServerOptions BrokerSockets::stream_options(const net::SocketOptions& options) const {
    net::StreamServerOptions stream;
    stream.bound = options.bound;
    stream.handshake = options.handshake;
    stream.ping = options.ping;
    stream.silence = options.silence;
    stream.standstill = options.standstill;
    stream.unsent = unsent_;
    stream.connections_max = options.connections_max;
    stream.descriptors_max = options.descriptors_max;
    stream.unfinished_bytes_max = options.unfinished_bytes_max;
    if (has_keys_) {
        stream.admit = [this](std::uint32_t user) {
            const auto id = principals_.of_user(user);
            return id ? std::optional(id->value) : std::nullopt;
        };
    }
    return stream;
}

std::string& BrokerSockets::endpoint_of(Side side) {
    return side == Side::Frontend ? endpoints_.clients : endpoints_.workers;
}

net::StreamServer* BrokerSockets::stream_of(Side side) const {
    return streams_[static_cast<std::size_t>(side)].get();
}

SendStatus BrokerSockets::send(Side side, std::string_view routing_id, Frames& frames) {
    net::StreamServer* const stream = stream_of(side);
    if (routers_ == nullptr || (stream != nullptr && net::is_given_name(routing_id))) {
        return translated(stream->send(routing_id, frames));
    }
    return translated(routers_->send(side, routing_id, frames));
}

// libzmq cannot: it drops who takes nothing for a while by itself.
void BrokerSockets::cut(Side side, std::string_view routing_id) {
    if (net::StreamServer* const stream = stream_of(side)) {
        stream->cut(routing_id);
    }
}

void BrokerSockets::flush() {
    for (const auto& stream : streams_) {
        if (stream != nullptr) {
            stream->flush();
        }
    }
}

void BrokerSockets::publish(std::string_view topic, std::string_view body) {
    news_->publish(topic, body);
}

Transport::Topics BrokerSockets::news_topics() const {
    return news_->topics();
}

bool BrokerSockets::has_subscribers() const {
    return news_->has_subscribers();
}

void BrokerSockets::look(base::MonoTime now) {
    for (const auto& stream : streams_) {
        if (stream != nullptr) {
            stream->look(now);
        }
    }
}

base::MonoTime BrokerSockets::next_look() const {
    base::MonoTime next = news_->next_look();
    if (routers_ != nullptr) {
        next = std::min(next, routers_->next_look());
    }
    for (const auto& stream : streams_) {
        if (stream != nullptr) {
            next = std::min(next, stream->next_look());
        }
    }
    return next;
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
        if (routers_ == nullptr) {
            return status;
        }
        status = routers_->receive(side, routing_id, frames, number);
        // Here that would be the end of the context, which outlives this.
        status = status == net::ReceiveStatus::Closed ? net::ReceiveStatus::Nothing : status;
        if (net::is_given_name(routing_id) || (has_keys_ && !is_given_by_libzmq(routing_id))) {
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
    std::vector<UnfinishedCut> cuts;
    news_->cut_the_unfinished(now, cuts);
    if (routers_ != nullptr) {
        routers_->cut_the_unfinished(now, cuts);
    }
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

net::StreamServer::Unaccepted BrokerSockets::take_unaccepted(Side side) {
    net::StreamServer* const stream = stream_of(side);
    return stream != nullptr ? stream->take_unaccepted() : net::StreamServer::Unaccepted{};
}

void BrokerSockets::set_bounds(const net::SocketOptions& options) {
    unsent_->set_bounds(options.unsent);
    news_->set_bounds(options);
    if (routers_ != nullptr) {
        routers_->set_bounds(options);
    }
    for (const auto& stream : streams_) {
        if (stream != nullptr) {
            stream->set_connections_max(options.connections_max);
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
        std::vector<net::Poller::Slot> of_side;
        if (const net::StreamServer* stream = stream_of(side)) {
            of_side.push_back(poller.add(stream->fd()));
        }
        if (routers_ != nullptr) {
            of_side.push_back(routers_->add_to(poller, side));
        }
        if (side == Side::Frontend) {
            slots.clients = std::move(of_side);
        }
    }
    slots.news = news_->add_to(poller);
    return slots;
}

}  // namespace steward::app
