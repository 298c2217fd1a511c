// tests/contract: the broker's sockets, with peers that are plain ZeroMQ sockets on the loopback:
// as its own loop serves them, and as libzmq does.
#include "broker/app/broker_sockets.hpp"

#include <poll.h>

#include <doctest/doctest.h>
#include <zmq.hpp>

#include "common/posix/clock.hpp"
#include "tests/contract/transport_contract.hpp"

namespace {

using namespace steward;
using namespace steward::contract;

constexpr int kQueueMax = 32;  // messages; small, so that a full queue is reached soon

constexpr app::LoopServes kOwnLoop{.local_streams = false, .zmtp = true};
constexpr app::LoopServes kLibzmq{.local_streams = false, .zmtp = false};

class SocketsWorld final : public TransportWorld {
public:
    explicit SocketsWorld(app::LoopServes loop) {
        auto context = net::Context::open();
        REQUIRE(context.has_value());
        context_.emplace(std::move(*context));
        net::SocketOptions options;
        options.send_queue_max = kQueueMax;
        options.linger = {};
        auto sockets = app::BrokerSockets::open(
            *context_,
            {"tcp://127.0.0.1:*", "tcp://127.0.0.1:*", "tcp://127.0.0.1:*"},
            options,
            loop,
            principals_);
        if (!sockets) {
            FAIL(sockets.error().message);
        }
        sockets_of_broker_ = std::move(*sockets);
        CHECK(sockets_of_broker_->has_zmtp() == loop.zmtp);
    }

    app::Transport& transport() override { return *sockets_of_broker_; }

    [[nodiscard]] const app::Endpoints& endpoints() const {
        return sockets_of_broker_->endpoints();
    }

    std::optional<Incoming> receive(Side side) override {
        sockets_of_broker_->look(posix::read_mono());
        for (const app::Door door : app::kDoors) {
            Incoming incoming;
            app::Arrival from;
            while (app::side_of(door) == side) {
                const auto status =
                    sockets_of_broker_->receive(door, incoming.routing_id, incoming.frames, from);
                if (status == net::ReceiveStatus::Received) {
                    return incoming;
                }
                if (status == net::ReceiveStatus::Nothing) {
                    break;
                }
            }
        }
        return std::nullopt;
    }

    Peer connect(Side side, const std::string& name) override {
        zmq::socket_t& socket = add(zmq::socket_type::dealer);
        socket.set(zmq::sockopt::rcvhwm, 1000);
        if (!name.empty()) {
            socket.set(zmq::sockopt::routing_id, name);
        }
        const app::Endpoints& at = endpoints();
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
        socket.connect(endpoints().news);
        return sockets_.size() - 1;
    }

    void unsubscribe(std::size_t reader) override { sockets_[reader].close(); }

    std::optional<Frames> reader_receive(std::size_t reader) override {
        return receive_from(sockets_[reader]);
    }

    void let_pass() override {
        sockets_of_broker_->flush();
        sockets_of_broker_->look(posix::read_mono());
        ::poll(nullptr, 0, 1);
        sockets_of_broker_->update_subscriptions();
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
    keys::Principals principals_;
    std::optional<net::Context> context_;
    std::unique_ptr<app::BrokerSockets> sockets_of_broker_;
};

}  // namespace

TEST_CASE("What the broker's loop serves by itself keeps the contract of transports") {
    check_transport([] { return std::make_unique<SocketsWorld>(kOwnLoop); });
}

TEST_CASE("What libzmq serves keeps the contract of transports") {
    check_transport([] { return std::make_unique<SocketsWorld>(kLibzmq); });
}

TEST_CASE("An address in use is told with the address and the setting") {
    const SocketsWorld first(kOwnLoop);
    auto context = net::Context::open();
    REQUIRE(context.has_value());
    const keys::Principals principals;
    for (const app::LoopServes loop : {kOwnLoop, kLibzmq}) {
        const auto second = app::BrokerSockets::open(
            *context,
            {"tcp://127.0.0.1:*", first.endpoints().workers, "tcp://127.0.0.1:*"},
            {},
            loop,
            principals);
        REQUIRE_FALSE(second.has_value());
        CHECK(second.error().message.find(first.endpoints().workers) != std::string::npos);
        CHECK(second.error().message.find("in use") != std::string::npos);
        CHECK(second.error().message.find("broker.worker_port") != std::string::npos);
    }
}
