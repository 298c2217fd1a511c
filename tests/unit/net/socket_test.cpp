// tests/unit/net: whole messages, their bounds, and waiting.
#include <unistd.h>

#include <zmq.hpp>

#include "common/net/subscriptions.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/wake_fd.hpp"
#include "tests/unit/net/net_fixture.hpp"

using namespace steward;
using namespace steward::net;
using namespace steward::net::test;

namespace {

// A peer that keeps to no bounds: plain ZeroMQ.
struct RawPeer {
    explicit RawPeer(const std::string& endpoint) : socket(context, zmq::socket_type::dealer) {
        socket.set(zmq::sockopt::linger, 0);
        socket.connect(endpoint);
    }

    void send(const std::vector<std::string>& frames) {
        for (std::size_t i = 0; i < frames.size(); ++i) {
            socket.send(zmq::buffer(frames[i]),
                        i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
        }
    }

    zmq::context_t context;
    zmq::socket_t socket;
};

// A listening socket that is waited for, and a peer of it.
struct Watched {
    Watched() : listening(context), peer(listening.endpoint), slot(poller.add(listening.router)) {}

    ReceiveStatus receive() { return listening.router.receive_from(id, frames); }

    Context context = must(Context::open());
    Listening listening;
    RawPeer peer;
    Poller poller;
    Poller::Slot slot;
    std::string id;
    Frames frames;
};

ReceiveStatus receive(Listening& listening, Frames& frames) {
    await_readable(listening.router);
    std::string id;
    return listening.router.receive_from(id, frames);
}

}  // namespace

TEST_CASE("a message at the bound of frames is received, one frame more is drained and dropped") {
    Context context = must(Context::open());
    Listening listening(context, {.bound = {.frames_max = 4, .bytes_max = 1000}});
    RawPeer peer(listening.endpoint);
    Frames frames;
    peer.send({"1", "2", "3", "4"});
    CHECK(receive(listening, frames) == ReceiveStatus::Received);
    CHECK(frames.size() == 4);
    peer.send({"1", "2", "3", "4", "5"});
    CHECK(receive(listening, frames) == ReceiveStatus::TooLarge);
    CHECK(frames.empty());
    peer.send({"next"});
    CHECK(receive(listening, frames) == ReceiveStatus::Received);
    CHECK(frames == frames_of({"next"}));
}

TEST_CASE("a message at the bound of bytes is received, one byte more is dropped") {
    Context context = must(Context::open());
    Listening listening(context, {.bound = {.frames_max = 10, .bytes_max = 1000}});
    RawPeer peer(listening.endpoint);
    Frames frames;
    peer.send({std::string(500, 'a'), std::string(500, 'b')});
    CHECK(receive(listening, frames) == ReceiveStatus::Received);
    peer.send({std::string(500, 'a'), std::string(501, 'b')});
    CHECK(receive(listening, frames) == ReceiveStatus::TooLarge);
    peer.send({"next"});
    CHECK(receive(listening, frames) == ReceiveStatus::Received);
}

TEST_CASE("a single frame beyond the bound costs its sender the connection, not the broker") {
    Context context = must(Context::open());
    Listening listening(context, {.bound = {.frames_max = 10, .bytes_max = 1000}});
    RawPeer bad(listening.endpoint);
    bad.send({std::string(1001, 'x')});
    RawPeer good(listening.endpoint);
    good.send({"good"});
    Frames frames;
    CHECK(receive(listening, frames) == ReceiveStatus::Received);
    CHECK(frames == frames_of({"good"}));
}

TEST_CASE("small frames are copied and large ones shared, at both sides of the threshold") {
    Context context = must(Context::open());
    Listening listening(context);
    auto dealer = must(Dealer::connect(context, listening.endpoint));
    REQUIRE(await_link(*dealer) == LinkEvent::Connected);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, kCopyBytesMax, kCopyBytesMax + 1, std::size_t{9000}}) {
        const Frames sent = frames_of({std::string(size, 'x')});
        Poller poller;
        dealer->add_to(poller);
        dealer->watch(poller, true);
        REQUIRE(must(poller.wait(kPatience)) > 0);
        REQUIRE(dealer->send(sent) == SendStatus::Sent);
        auto [id, frames] = listening.receive();
        CHECK(frames == sent);
    }
}

TEST_CASE("received frames outlive the socket they came from") {
    Frames kept;
    {
        Context context = must(Context::open());
        Listening listening(context);
        RawPeer peer(listening.endpoint);
        peer.send({std::string(100'000, 'x'), "small"});
        CHECK(receive(listening, kept) == ReceiveStatus::Received);
    }
    CHECK(kept[0].view() == std::string(100'000, 'x'));
    CHECK(kept[1].view() == "small");
}

TEST_CASE("an address in use is an error that names it") {
    Context context = must(Context::open());
    Listening first(context);
    Socket second = must(make_router(context, {}));
    const auto bound = second.bind(first.endpoint);
    REQUIRE_FALSE(bound.has_value());
    CHECK(bound.error().message.find(first.endpoint) != std::string::npos);
    CHECK(bound.error().message.find("in use") != std::string::npos);
}

TEST_CASE("the poller wakes for a descriptor, and for nothing when the time is over") {
    Context context = must(Context::open());
    Listening listening(context);
    auto wake = must(posix::WakeFd::open());
    Poller poller;
    const auto socket = poller.add(listening.router);
    const auto descriptor = poller.add(wake.fd());
    CHECK(must(poller.wait(base::Duration::zero())) == 0);
    wake.wake();
    CHECK(must(poller.wait(std::nullopt)) == 1);
    CHECK(poller.is_readable(descriptor));
    CHECK_FALSE(poller.is_readable(socket));
    wake.clear();
    CHECK(must(poller.wait(base::Duration::zero())) == 0);
    CHECK_FALSE(poller.is_readable(descriptor));
}

TEST_CASE("a deadline has passed when the poller returns for it") {
    Poller poller;
    auto wake = must(posix::WakeFd::open());
    poller.add(wake.fd());
    for (const base::Duration pause : {base::Duration(1), base::Duration(1500)}) {
        const base::MonoTime deadline = posix::read_mono() + pause;
        CHECK(must(poller.wait_until(deadline, posix::read_mono())) == 0);
        CHECK(posix::read_mono() >= deadline);
    }
    const base::MonoTime past = posix::read_mono() - std::chrono::hours(1);
    CHECK(must(poller.wait_until(past, posix::read_mono())) == 0);
}

TEST_CASE("a socket is quiet from a look that finds nothing until the poller hears of something") {
    Watched it;
    const Socket& router = it.listening.router;
    CHECK_FALSE(router.is_quiet());
    CHECK(it.receive() == ReceiveStatus::Nothing);
    CHECK(router.is_quiet());
    for (const int round : {1, 2, 3}) {
        CAPTURE(round);
        it.peer.send({"one"});
        REQUIRE(must(it.poller.wait(kPatience)) == 1);
        CHECK(it.poller.is_readable(it.slot));
        CHECK_FALSE(router.is_quiet());
        CHECK(it.receive() == ReceiveStatus::Received);
        CHECK_FALSE(router.is_quiet());  // there may be more
        CHECK(must(it.poller.wait(base::Duration::zero())) == 0);
        CHECK(router.is_quiet());
    }
    it.listening.router.wake();
    CHECK_FALSE(router.is_quiet());
}

// A send looks at what the descriptor has to tell, so that it tells no more.
TEST_CASE("what comes in while a quiet socket sends is not missed by who waits") {
    Watched it;
    it.peer.send({"hello"});
    const std::string id = it.listening.receive().first;
    for (int round = 0; round < 500; ++round) {
        CAPTURE(round);
        REQUIRE(it.receive() == ReceiveStatus::Nothing);
        it.peer.send({std::to_string(round)});
        for (int sent = 0; sent < round % 7; ++sent) {
            (void)it.listening.router.send_to(id, frames_of({"x"}));
            zmq::message_t taken;
            (void)it.peer.socket.recv(taken, zmq::recv_flags::dontwait);
        }
        REQUIRE(must(it.poller.wait(kPatience)) == 1);
        REQUIRE(it.receive() == ReceiveStatus::Received);
        REQUIRE(it.frames.front().view() == std::to_string(round));
    }
}

TEST_CASE("what came while nobody waited for a socket is heard once somebody does") {
    Watched it;
    CHECK(it.receive() == ReceiveStatus::Nothing);
    it.poller.watch(it.slot, false, false);
    it.peer.send({"early"});
    CHECK(must(it.poller.wait(base::Duration::zero())) == 0);
    it.poller.watch(it.slot, true, false);
    REQUIRE(must(it.poller.wait(kPatience)) == 1);
    CHECK(it.receive() == ReceiveStatus::Received);
}

TEST_CASE("subscriptions are counted by topic, whatever else readers send") {
    Context context = must(Context::open());
    Socket publisher = must(make_publisher(context, {}));
    const std::string endpoint = must(publisher.bind("tcp://127.0.0.1:*"));
    Subscriptions subscriptions;
    const auto until = [&](std::size_t topics) {
        for (int tries = 0; tries < 1000 && subscriptions.topics() != topics; ++tries) {
            Poller poller;
            poller.add(publisher);
            (void)must(poller.wait(10ms));
            subscriptions.update(publisher);
        }
        return subscriptions.topics() == topics;
    };
    CHECK_FALSE(subscriptions.any());
    std::optional<Socket> one(must(make_subscriber(context, {}, {"a", "b"})));
    REQUIRE(one->connect(endpoint).has_value());
    CHECK(until(2));
    zmq::context_t raw_context;
    zmq::socket_t raw(raw_context, zmq::socket_type::xsub);
    raw.set(zmq::sockopt::linger, 0);
    raw.connect(endpoint);
    raw.send(zmq::buffer(std::string_view("\x01z\x00", 3)), zmq::send_flags::none);
    raw.send(zmq::buffer(std::string_view("\x01z\x00", 3)), zmq::send_flags::none);
    raw.send(zmq::buffer(std::string_view("chatter")), zmq::send_flags::none);
    raw.send(zmq::buffer(std::string_view("\x01"
                                          "a")),
             zmq::send_flags::none);
    CHECK(until(3));
    raw.close();
    CHECK(until(2));
    one.reset();
    CHECK(until(0));
}
