// broker/app: everything the broker listens on, as one Transport: ZeroMQ's sockets, and for native
// peers on this machine the stream sockets beside them. Knows no dialects: frames in, frames out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "broker/app/zmq_transport.hpp"
#include "common/net/stream_server.hpp"

namespace steward::app {

/// Where messages come in. Each is heard in turn, so that a flood at one does not starve another.
enum class Door : std::uint8_t { WorkerStreams, ClientStreams, Workers, Clients };

inline constexpr std::array kDoors = {
    Door::WorkerStreams, Door::ClientStreams, Door::Workers, Door::Clients};

[[nodiscard]] Side side_of(Door door);

/// Thread: the loop's.
class BrokerSockets final : public Transport {
public:
    /// Listens on all of `wished`, and with `streams` also on the local sockets that go with it
    /// (common/net/stream_address.hpp). Errors: Io, naming the address and the setting that would
    /// change it.
    [[nodiscard]] static base::Expected<std::unique_ptr<BrokerSockets>> open(
        net::Context& context,
        const Endpoints& wished,
        const net::SocketOptions& options,
        bool streams);

    SendStatus send(Side side, std::string_view routing_id, Frames& frames) override;
    void publish(std::string_view topic, std::string_view body) override;
    [[nodiscard]] bool has_subscribers() const override;

    /// Sees who is there. Once a turn, before the first receive().
    void look(base::MonoTime now);
    /// The next message, without waiting. Closed: this peer's connection has ended.
    [[nodiscard]] net::ReceiveStatus receive(Door door, std::string& routing_id, Frames& frames);

    void update_subscriptions() { zmq_->update_subscriptions(); }

    /// The slot of the news.
    [[nodiscard]] net::Poller::Slot add_to(net::Poller& poller) const;

    [[nodiscard]] const Endpoints& endpoints() const { return zmq_->endpoints(); }

    /// Whether native peers on this machine are served over streams.
    [[nodiscard]] bool has_streams() const { return streams_[0] != nullptr; }

private:
    explicit BrokerSockets(std::unique_ptr<ZmqTransport> zmq) : zmq_(std::move(zmq)) {}

    [[nodiscard]] base::Expected<void> open_stream(Side side,
                                                   const net::StreamServerOptions& options);
    [[nodiscard]] net::StreamServer* stream_of(Side side) const;

    std::unique_ptr<ZmqTransport> zmq_;
    std::array<std::unique_ptr<net::StreamServer>, 2> streams_;  // by side
};

}  // namespace steward::app
