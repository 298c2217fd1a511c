// tests/unit/net: ZeroMQ's peers at a stream server: those of the library, and bare connections.
#include <algorithm>
#include <netinet/in.h>
#include <sys/socket.h>

#include <zmq.hpp>

#include "common/net/endpoint.hpp"
#include "common/net/tcp_address.hpp"
#include "tests/unit/net/stream_fixture.hpp"

using namespace steward;
using namespace steward::net;
using namespace steward::net::test;
using namespace std::string_literals;

namespace {

class Broker {
public:
    explicit Broker(const StreamServerOptions& options = {}) {
        auto listening = must(listen_over_tcp("tcp://127.0.0.1:*", 16));
        endpoint = listening.endpoint;
        std::vector<StreamListener> listeners;
        listeners.push_back({std::move(listening.fd), StreamKind::Zmtp});
        server = must(StreamServer::open(std::move(listeners), options));
    }

    ReceiveStatus next() { return next_of(*server, id, frames); }

    void await() const { test::await(*server); }

    SendStatus send(const std::string& to, const Frames& message) {
        const SendStatus status = server->send(to, message);
        server->flush();
        return status;
    }

    std::string endpoint;
    std::unique_ptr<StreamServer> server;
    std::string id;
    Frames frames;
};

std::string frame(const std::string& body, char flags = 0) {
    return std::string{flags, static_cast<char>(body.size())} + body;
}

posix::UniqueFd connected_to(const Broker& broker) {
    posix::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(must(port_of(broker.endpoint)));
    REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return fd;
}

// A connection that has shaken hands as a DEALER, byte for byte.
class BarePeer {
public:
    explicit BarePeer(const Broker& broker, const std::string& name = "")
        : fd_(connected_to(broker)) {
        std::string bytes = "\xff\0\0\0\0\0\0\0\0\x7f\3\1NULL"s;
        bytes.resize(64, '\0');
        say(bytes + frame("\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0"s +
                              static_cast<char>(name.size()) + name,
                          4));
    }

    void say(const std::string& bytes) const {
        REQUIRE(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }

    // Waits for so many bytes; fewer: the other end has closed.
    [[nodiscard]] std::string hear(std::size_t count) const {
        std::string bytes(count, '\0');
        const ssize_t got = ::recv(fd_.get(), bytes.data(), count, MSG_WAITALL);
        bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        return bytes;
    }

    [[nodiscard]] bool has_something_to_hear() const {
        char byte = 0;
        return ::recv(fd_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) > 0;
    }

    void leave() { fd_ = {}; }

private:
    posix::UniqueFd fd_;
};

constexpr std::size_t kHandshakeBytes = 64 + 2 + 41;  // the greeting and READY of a ROUTER

}  // namespace

TEST_CASE("libzmq's peers are served without libzmq, and their end is told") {
    Broker broker;
    zmq::context_t context;
    zmq::socket_t peer(context, zmq::socket_type::req);
    peer.set(zmq::sockopt::linger, 0);
    peer.connect(broker.endpoint);
    const std::string large(3'000'000, 'x');
    peer.send(zmq::str_buffer("hello"), zmq::send_flags::sndmore);
    peer.send(zmq::buffer(large), zmq::send_flags::none);
    REQUIRE(broker.next() == ReceiveStatus::Received);
    CHECK(broker.frames == frames_of({"", "hello", large}));
    CHECK(is_given_name(broker.id));
    const std::string id = broker.id;
    REQUIRE(broker.send(id, frames_of({"", "back", large})) == SendStatus::Sent);
    zmq::message_t got;
    peer.set(zmq::sockopt::rcvtimeo, 1);
    for (int tries = 0; tries < 10'000 && !peer.recv(got); ++tries) {
        broker.server->look(posix::read_mono());
    }
    CHECK(got.to_string_view() == "back");
    REQUIRE(peer.recv(got).has_value());
    CHECK(got.to_string_view() == large);
    peer.close();
    REQUIRE(broker.next() == ReceiveStatus::Closed);
    CHECK(broker.id == id);
    CHECK(broker.send(id, frames_of({"too late"})) == SendStatus::Unroutable);
}

TEST_CASE("a name stands for who has it last; what the one before had said is heard") {
    Broker broker;
    const BarePeer first(broker, "me");
    first.say(frame("one"));
    REQUIRE(broker.next() == ReceiveStatus::Received);
    CHECK(broker.id == "me");
    CHECK(first.hear(kHandshakeBytes).size() == kHandshakeBytes);
    first.say(frame("two"));
    BarePeer second(broker, "me");
    second.say(frame("three"));
    std::vector<std::string> heard;
    for (int i = 0; i < 2; ++i) {
        REQUIRE(broker.next() == ReceiveStatus::Received);
        CHECK(broker.id == "me");
        heard.emplace_back(broker.frames.front().view());
    }
    std::ranges::sort(heard);
    CHECK(heard == std::vector<std::string>{"three", "two"});
    REQUIRE(broker.send("me", frames_of({"yours"})) == SendStatus::Sent);
    CHECK(second.hear(kHandshakeBytes).size() == kHandshakeBytes);
    CHECK(second.hear(7) == frame("yours"));
    while (broker.server->connections() > 1) {  // the first is told nothing and closed
        broker.await();
        broker.server->look(posix::read_mono());
        CHECK(broker.server->receive(broker.id, broker.frames) == ReceiveStatus::Nothing);
    }
    CHECK(first.hear(1).empty());

    second.leave();  // a name's end is not told: it may come back
    while (broker.server->connections() > 0) {
        broker.await();
        broker.server->look(posix::read_mono());
        CHECK(broker.server->receive(broker.id, broker.frames) == ReceiveStatus::Nothing);
    }
    CHECK(broker.send("me", frames_of({"nobody"})) == SendStatus::Unroutable);
}

TEST_CASE("small messages leave together with the flush, in their order") {
    Broker broker;
    const BarePeer peer(broker);
    peer.say(frame("hello"));
    REQUIRE(broker.next() == ReceiveStatus::Received);
    CHECK(peer.hear(kHandshakeBytes).size() == kHandshakeBytes);
    REQUIRE(broker.server->send(broker.id, frames_of({"", "one"})) == SendStatus::Sent);
    REQUIRE(broker.server->send(broker.id, frames_of({"two"})) == SendStatus::Sent);
    CHECK_FALSE(peer.has_something_to_hear());
    broker.server->flush();
    const std::string both = frame("", 1) + frame("one") + frame("two");
    CHECK(peer.hear(both.size()) == both);
    // What is too much to wait leaves at once, behind what waited.
    REQUIRE(broker.server->send(broker.id, frames_of({"three"})) == SendStatus::Sent);
    const std::string large(StreamSocket::kGatheredBytesMax, 'x');
    REQUIRE(broker.server->send(broker.id, frames_of({large})) == SendStatus::Sent);
    const std::string rest = frame("three") + "\2\0\0\0\0\0\1\0\0"s + large;
    CHECK(peer.hear(rest.size()) == rest);
}

TEST_CASE("who shows no sign of life when asked is taken for dead") {
    StreamServerOptions options;
    Broker broker(options);
    const BarePeer alive(broker);
    const BarePeer dead(broker);
    const std::string ping = frame("\4PING\0\xc8"s, 4);
    std::vector<std::string> ids;
    for (const BarePeer* peer : {&alive, &dead}) {
        peer->say(frame("hello"));
        REQUIRE(broker.next() == ReceiveStatus::Received);
        ids.push_back(broker.id);
        CHECK(peer->hear(kHandshakeBytes).size() == kHandshakeBytes);
    }
    base::MonoTime now = posix::read_mono();
    CHECK(broker.server->next_look() <= now + options.ping + std::chrono::seconds(1));
    now += std::chrono::hours(1);  // in which this process stood still: nobody was asked
    broker.server->look(now);
    CHECK(broker.server->receive(broker.id, broker.frames) == ReceiveStatus::Nothing);
    CHECK(alive.hear(ping.size()) == ping);
    CHECK(dead.hear(ping.size()) == ping);
    bool is_told = false;
    for (int i = 0; i < 10 && !is_told; ++i) {
        now += options.ping + std::chrono::seconds(1);
        broker.server->look(now);
        CHECK(alive.hear(ping.size()) == ping);
        alive.say(frame("\4PONG", 4));
        broker.await();
        broker.server->look(now);
        is_told = broker.server->receive(broker.id, broker.frames) == ReceiveStatus::Closed;
    }
    REQUIRE(is_told);
    CHECK(broker.id == ids[1]);
    CHECK(dead.hear(ping.size()) == ping);
    CHECK(broker.server->connections() == 1);
}

TEST_CASE("who does not shake hands is turned away, and who is silent after it is not") {
    StreamServerOptions options;
    options.handshake = std::chrono::seconds(3);
    options.ping = std::chrono::hours(1);
    Broker broker(options);
    const BarePeer silent(broker);
    while (broker.server->next_look() == base::MonoTime::max()) {  // until it is introduced
        broker.await();
        broker.server->look(posix::read_mono());
        CHECK(broker.server->receive(broker.id, broker.frames) == ReceiveStatus::Nothing);
    }
    const posix::UniqueFd stranger = connected_to(broker);
    while (broker.server->connections() < 2) {
        broker.await();
        broker.server->look(posix::read_mono());
    }
    broker.server->look(posix::read_mono() + std::chrono::seconds(4));
    CHECK(broker.server->connections() == 1);
    silent.say(frame("at last"));
    CHECK(broker.next() == ReceiveStatus::Received);
}

TEST_CASE("an address is listened on as ZeroMQ writes it") {
    for (const char* text : {"tcp://127.0.0.1:*", "tcp://localhost:0", "tcp://lo:*"}) {
        const auto listening = must(listen_over_tcp(text, 16));
        CHECK(listening.endpoint.starts_with("tcp://127.0.0.1:"));
        CHECK(must(port_of(listening.endpoint)) > 0);
    }
    CHECK(must(listen_over_tcp("tcp://*:*", 16)).endpoint.starts_with("tcp://0.0.0.0:"));
    const auto first = must(listen_over_tcp("tcp://127.0.0.1:*", 16));
    const auto second = listen_over_tcp(first.endpoint, 16);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().message.find(first.endpoint) != std::string::npos);
    CHECK(second.error().message.find("in use") != std::string::npos);
    for (const char* text :
         {"tcp://no.such.host.invalid:5555", "ipc:///tmp/x", "tcp://:1", "tcp://"}) {
        CHECK_FALSE(listen_over_tcp(text, 16).has_value());
    }
}
