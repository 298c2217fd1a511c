#include "broker/app/broker_sockets.hpp"

#include <utility>

#include "common/net/stream_address.hpp"

namespace steward::app {

Side side_of(Door door) {
    return door == Door::Clients || door == Door::ClientStreams ? Side::Frontend : Side::Backend;
}

base::Expected<std::unique_ptr<BrokerSockets>> BrokerSockets::open(
    net::Context& context,
    const Endpoints& wished,
    const net::SocketOptions& options,
    bool streams) {
    auto zmq = ZmqTransport::open(context, wished, options);
    if (!zmq) {
        return base::Unexpected(std::move(zmq.error()));
    }
    std::unique_ptr<BrokerSockets> sockets(new BrokerSockets(std::move(*zmq)));
    if (streams) {
        net::StreamServerOptions stream;
        stream.bound = options.bound;
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

void BrokerSockets::publish(std::string_view topic, std::string_view body) {
    zmq_->publish(topic, body);
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

net::ReceiveStatus BrokerSockets::receive(Door door, std::string& routing_id, Frames& frames) {
    const Side side = side_of(door);
    if (door == Door::Clients || door == Door::Workers) {
        const net::ReceiveStatus status = zmq_->receive(side, routing_id, frames);
        // Here that would be the end of the context, which outlives this.
        return status == net::ReceiveStatus::Closed ? net::ReceiveStatus::Nothing : status;
    }
    net::StreamServer* stream = stream_of(side);
    return stream == nullptr ? net::ReceiveStatus::Nothing : stream->receive(routing_id, frames);
}

net::Poller::Slot BrokerSockets::add_to(net::Poller& poller) const {
    for (const auto& stream : streams_) {
        if (stream != nullptr) {
            poller.add(stream->fd());
        }
    }
    return zmq_->add_to(poller).news;
}

}  // namespace steward::app
