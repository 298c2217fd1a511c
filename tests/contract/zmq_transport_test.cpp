// tests/contract: the transport over ZeroMQ, with peers that are plain ZeroMQ sockets on the
// loopback.
#include "broker/app/zmq_transport.hpp"

#include <poll.h>

#include <doctest/doctest.h>
#include <zmq.hpp>

#include "tests/contract/transport_contract.hpp"

namespace {

using namespace steward;
using namespace steward::contract;

constexpr int kQueueMax = 32;  // messages; small, so that a full queue is reached soon

class ZmqWorld final : public TransportWorld {
public:
    ZmqWorld() {
        auto context = net::Context::open();
        REQUIRE(context.has_value());
        context_.emplace(std::move(*context));
        net::SocketOptions options;
        options.send_queue_max = kQueueMax;
        options.linger = {};
        auto transport = app::ZmqTransport::open(
            *context_, {"tcp://127.0.0.1:*", "tcp://127.0.0.1:*", "tcp://127.0.0.1:*"}, options);
        if (!transport) {
            FAIL(transport.error().message);
        }
        transport_ = std::move(*transport);
    }

    app::Transport& transport() override { return *transport_; }

    std::optional<Incoming> receive(Side side) override {
        Incoming incoming;
        std::uint32_t number = 0;
        const auto status = transport_->receive(side, incoming.routing_id, incoming.frames, number);
        return status == net::ReceiveStatus::Received ? std::optional(std::move(incoming))
                                                      : std::nullopt;
    }

    Peer connect(Side side, const std::string& name) override {
        zmq::socket_t& socket = add(zmq::socket_type::dealer);
        socket.set(zmq::sockopt::rcvhwm, 1000);
        if (!name.empty()) {
            socket.set(zmq::sockopt::routing_id, name);
        }
        const app::Endpoints& at = transport_->endpoints();
        socket.connect(side == Side::Frontend ? at.clients : at.workers);
        socket.send(zmq::str_buffer("first"), zmq::send_flags::none);
        std::optional<Incoming> first;
        for (int i = 0; i < 10'000 && !(first = receive(side)); ++i) {
            let_pass();
        }
        REQUIRE(first.has_value());
        REQUIRE(first->frames.front().view() == "first");
        return {sockets_.size() - 1, side, first->routing_id};
    }

    void disconnect(const Peer& peer) override { sockets_[peer.number].close(); }

    void peer_send(const Peer& peer, const Frames& frames) override {
        for (std::size_t i = 0; i < frames.size(); ++i) {
            const bool is_last = i + 1 == frames.size();
            sockets_[peer.number].send(zmq::buffer(frames[i].view()),
                                       is_last ? zmq::send_flags::none : zmq::send_flags::sndmore);
        }
    }

    std::optional<Frames> peer_receive(const Peer& peer) override {
        return receive_from(sockets_[peer.number]);
    }

    std::size_t subscribe(const std::string& prefix) override {
        zmq::socket_t& socket = add(zmq::socket_type::sub);
        socket.set(zmq::sockopt::subscribe, prefix);
        socket.connect(transport_->endpoints().news);
        return sockets_.size() - 1;
    }

    void unsubscribe(std::size_t reader) override { sockets_[reader].close(); }

    std::optional<Frames> reader_receive(std::size_t reader) override {
        return receive_from(sockets_[reader]);
    }

    void let_pass() override {
        ::poll(nullptr, 0, 1);
        transport_->update_subscriptions();
    }

private:
    zmq::socket_t& add(zmq::socket_type type) {
        sockets_.emplace_back(peers_, type);
        sockets_.back().set(zmq::sockopt::linger, 0);
        return sockets_.back();
    }

    static std::optional<Frames> receive_from(zmq::socket_t& socket) {
        Frames frames;
        bool more = true;
        while (more) {
            zmq::message_t frame;
            if (!socket.recv(frame, zmq::recv_flags::dontwait)) {
                return std::nullopt;
            }
            frames.push_back(base::Blob::copy(frame.to_string_view()));
            more = frame.more();
        }
        return frames;
    }

    zmq::context_t peers_;
    std::vector<zmq::socket_t> sockets_;  // end before their context
    std::optional<net::Context> context_;
    std::unique_ptr<app::ZmqTransport> transport_;
};

}  // namespace

TEST_CASE("The transport over ZeroMQ keeps the contract of transports") {
    check_transport([] { return std::make_unique<ZmqWorld>(); });
}

TEST_CASE("An address in use is told with the address and the setting") {
    ZmqWorld world;
    auto& first = dynamic_cast<app::ZmqTransport&>(world.transport());
    auto context = net::Context::open();
    REQUIRE(context.has_value());
    const auto second = app::ZmqTransport::open(
        *context, {"tcp://127.0.0.1:*", first.endpoints().workers, "tcp://127.0.0.1:*"}, {});
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().message.find(first.endpoints().workers) != std::string::npos);
    CHECK(second.error().message.find("in use") != std::string::npos);
    CHECK(second.error().message.find("broker.worker_port") != std::string::npos);
}
