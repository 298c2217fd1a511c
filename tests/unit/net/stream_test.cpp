// tests/unit/net: both ends of a stream over real local sockets.
#include <memory>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "common/net/connection.hpp"
#include "common/net/stream_address.hpp"
#include "common/net/stream_connection.hpp"
#include "common/net/stream_format.hpp"
#include "tests/unit/net/stream_fixture.hpp"

using namespace steward;
using namespace steward::net;
using namespace steward::net::test;

namespace {

std::vector<StreamListener> local_listener(const std::string& name) {
    std::vector<StreamListener> listeners;
    listeners.push_back({must(listen_locally(name)), StreamKind::Native});
    return listeners;
}

// A ROUTER, for a port of its own, and the stream server that goes with it.
class Broker {
public:
    explicit Broker(const StreamServerOptions& options = {})
        : listening_(context),
          name(local_name_of(listening_.endpoint).value()),
          server(must(StreamServer::open(local_listener(name), options))) {}

    const std::string& endpoint() const { return listening_.endpoint; }

    ReceiveStatus next() { return next_of(*server, id, frames); }

    // Accepts until there are so many connections.
    void await_connections(std::size_t count) {
        for (int tries = 0; tries < 1000 && server->connections() != count; ++tries) {
            await(*server);
            server->look(posix::read_mono());
            REQUIRE(server->receive(id, frames) == ReceiveStatus::Nothing);
        }
        REQUIRE(server->connections() == count);
    }

    Context context = must(Context::open());

private:
    Listening listening_;

public:
    std::string name;
    std::unique_ptr<StreamServer> server;
    std::string id;
    Frames frames;
};

std::unique_ptr<Connection> stream_to(Broker& broker, const SocketOptions& options = {}) {
    auto connection = must(connect(broker.context, broker.endpoint(), options));
    REQUIRE(dynamic_cast<StreamConnection*>(connection.get()) != nullptr);
    REQUIRE(connection->next_link() == LinkEvent::Connected);
    return connection;
}

// What the broker's end still has to send goes on meanwhile.
Frames answer_at(Connection& connection, Broker& broker) {
    Frames frames;
    for (int tries = 0; tries < 1000; ++tries) {
        if (connection.receive(frames) == ReceiveStatus::Received) {
            return frames;
        }
        Poller poller;
        connection.add_to(poller);
        connection.watch(poller, false);
        poller.add(broker.server->fd());
        REQUIRE(must(poller.wait(kPatience)) > 0);
        broker.server->look(posix::read_mono());
    }
    FAIL("no message came");
    return frames;
}

constexpr std::size_t kLoad = 100'000;

// Says hello, and is sent as much as is taken for it without its reading. Its routing id.
std::string fill(Broker& broker, Connection& connection) {
    REQUIRE(connection.send(frames_of({"hello"})) == SendStatus::Sent);
    REQUIRE(broker.next() == ReceiveStatus::Received);
    const base::Blob load = base::Blob::copy(std::string(kLoad, 'x'));
    int told = 0;
    while (told < 10'000 && broker.server->send(broker.id, {load}) == SendStatus::Sent) {
        ++told;
    }
    REQUIRE(told < 100);
    return broker.id;
}

}  // namespace

TEST_CASE("the local name of an endpoint is the same for both ends, and only on this machine") {
    CHECK(local_name_of("tcp://127.0.0.1:5555") == "steward/127.0.0.1:5555");
    CHECK(local_name_of("tcp://localhost:5555") == "steward/127.0.0.1:5555");
    CHECK(local_name_of("tcp://0.0.0.0:5555") == "steward/127.0.0.1:5555");
    CHECK(local_name_of("tcp://127.0.0.2:1") == "steward/127.0.0.2:1");
    CHECK(local_name_of("tcp://[::1]:5555") == "steward/[::1]:5555");
    CHECK(local_name_of("tcp://[::]:5555") == "steward/[::1]:5555");
    for (const char* other : {"tcp://10.0.0.1:5555",
                              "tcp://example.org:5555",
                              "tcp://127.example.org.invalid:5555",
                              "tcp://127.0.0.1:0",
                              "ipc:///tmp/x",
                              "nonsense"}) {
        CHECK_FALSE(local_name_of(other).has_value());
    }
}

TEST_CASE("a broker on this machine is spoken to over a stream, any other over ZeroMQ") {
    Broker broker;
    auto connection = stream_to(broker);
    CHECK(connection->is_connected());
    const Frames sent = frames_of({"hello", "", std::string(3'000'000, 'x'), "end"});
    REQUIRE(connection->send(sent) == SendStatus::Sent);
    // What the system does not take at once follows as it does.
    for (int tries = 0; broker.frames.empty() && tries < 10'000; ++tries) {
        Frames nothing;
        CHECK(connection->receive(nothing) == ReceiveStatus::Nothing);
        broker.server->look(posix::read_mono());
        static_cast<void>(broker.server->receive(broker.id, broker.frames));
    }
    CHECK(broker.frames == sent);
    CHECK(is_given_name(broker.id));
    CHECK(broker.server->send(broker.id, frames_of({"back"})) == SendStatus::Sent);
    CHECK(answer_at(*connection, broker) == frames_of({"back"}));

    Listening alone(broker.context);
    auto other = must(connect(broker.context, alone.endpoint));
    CHECK(dynamic_cast<Dealer*>(other.get()) != nullptr);
    CHECK(await_link(*other) == LinkEvent::Connected);
}

TEST_CASE("the end of a stream is told at both ends, after all that was sent before it") {
    Broker broker;
    auto connection = stream_to(broker);
    REQUIRE(connection->send(frames_of({"last words"})) == SendStatus::Sent);
    connection.reset();
    REQUIRE(broker.next() == ReceiveStatus::Received);
    CHECK(broker.frames == frames_of({"last words"}));
    const std::string id = broker.id;
    REQUIRE(broker.next() == ReceiveStatus::Closed);
    CHECK(broker.id == id);
    CHECK(broker.server->send(id, frames_of({"too late"})) == SendStatus::Unroutable);

    auto again = stream_to(broker);
    REQUIRE(again->send(frames_of({"x"})) == SendStatus::Sent);
    REQUIRE(broker.next() == ReceiveStatus::Received);
    CHECK(broker.id != id);
    REQUIRE(broker.server->send(broker.id, frames_of({"for you"})) == SendStatus::Sent);
    CHECK(answer_at(*again, broker) == frames_of({"for you"}));
    broker.server.reset();
    Poller poller;
    again->add_to(poller);
    again->watch(poller, false);
    REQUIRE(must(poller.wait(kPatience)) > 0);
    Frames frames;
    while (again->is_connected()) {  // the first look only ends what was read before
        CHECK(again->receive(frames) == ReceiveStatus::Nothing);
    }
    CHECK(again->next_link() == LinkEvent::Disconnected);
    CHECK_FALSE(again->next_link().has_value());
    CHECK(again->send(frames_of({"nobody"})) == SendStatus::WouldBlock);
}

TEST_CASE("who does not read is refused more, and gets everything in order when it reads") {
    Broker broker;
    auto connection = stream_to(broker);
    const base::Blob load = base::Blob::copy(std::string(100'000, 'x'));
    int sent = 0;
    while (sent < 10'000 &&
           connection->send({base::Blob::copy(std::to_string(sent)), load}) == SendStatus::Sent) {
        ++sent;
    }
    REQUIRE(sent < 100);
    for (int i = 0; i < sent; ++i) {
        // It goes on sending while the other end reads.
        Frames nothing;
        CHECK(connection->receive(nothing) == ReceiveStatus::Nothing);
        REQUIRE(broker.next() == ReceiveStatus::Received);
        REQUIRE(broker.frames.size() == 2);
        CHECK(broker.frames[0].view() == std::to_string(i));
        CHECK(broker.frames[1] == load);
    }
    CHECK(connection->send(frames_of({"more"})) == SendStatus::Sent);
    REQUIRE(broker.next() == ReceiveStatus::Received);

    // The same from the broker.
    const std::string id = broker.id;
    int told = 0;
    while (told < 10'000 && broker.server->send(id, {load}) == SendStatus::Sent) {
        ++told;
    }
    REQUIRE(told < 100);
    for (int i = 0; i < told; ++i) {
        CHECK(answer_at(*connection, broker) == Frames{load});
    }
    CHECK(broker.server->send(id, frames_of({"more"})) == SendStatus::Sent);
    CHECK(answer_at(*connection, broker) == frames_of({"more"}));
}

TEST_CASE("who takes nothing for the standstill is cut off, who is slow is not") {
    StreamServerOptions options;
    options.unsent = std::make_shared<UnsentTotal>(UnsentBounds{});
    Broker broker(options);
    const auto slow = stream_to(broker);
    const std::string slow_id = fill(broker, *slow);
    const auto deaf = stream_to(broker);
    const std::string deaf_id = fill(broker, *deaf);
    CHECK(options.unsent->bytes() > 2 * StreamSocket::kUnsentBytesMax);
    for (int i = 0; i < 5; ++i) {
        CHECK(answer_at(*slow, broker).front().size() == kLoad);
    }
    const base::MonoTime now = posix::read_mono();
    broker.server->look(now + options.standstill + std::chrono::seconds(1));
    REQUIRE(broker.server->receive(broker.id, broker.frames) == ReceiveStatus::Closed);
    CHECK(broker.id == deaf_id);
    CHECK(broker.server->connections() == 1);
    CHECK(options.unsent->bytes() < 2 * StreamSocket::kUnsentBytesMax);
    broker.server->look(now + options.standstill + std::chrono::seconds(2));
    CHECK(broker.server->receive(broker.id, broker.frames) == ReceiveStatus::Nothing);
    CHECK(broker.server->send(deaf_id, frames_of({"x"})) == SendStatus::Unroutable);
    CHECK(answer_at(*slow, broker).front().size() == kLoad);
    CHECK(slow_id != deaf_id);
}

TEST_CASE("a connection that is cut is gone at once, and what waited for it is free") {
    StreamServerOptions options;
    options.unsent = std::make_shared<UnsentTotal>(UnsentBounds{});
    Broker broker(options);
    const auto connection = stream_to(broker);
    const std::string id = fill(broker, *connection);
    CHECK(options.unsent->bytes() > 0);
    broker.server->cut(id);
    CHECK(broker.server->connections() == 0);
    CHECK(options.unsent->bytes() == 0);
    CHECK(broker.server->send(id, frames_of({"x"})) == SendStatus::Unroutable);
    broker.server->cut(id);  // again: nothing happens
}

TEST_CASE("what was sent leaves although the connection is given up at once, within its linger") {
    Broker broker;
    auto connection = stream_to(broker, {.linger = std::chrono::seconds(10)});
    const Frames large = {base::Blob::copy(std::string(5'000'000, 'x'))};
    REQUIRE(connection->send(large) == SendStatus::Sent);
    std::thread leaving([&] { connection.reset(); });
    CHECK(broker.next() == ReceiveStatus::Received);
    CHECK(broker.frames == large);
    leaving.join();
    CHECK(broker.next() == ReceiveStatus::Closed);
}

TEST_CASE("a flood from one connection does not silence another") {
    Broker broker;
    auto loud = stream_to(broker);
    auto quiet = stream_to(broker);
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(loud->send(frames_of({"loud"})) == SendStatus::Sent);
    }
    REQUIRE(quiet->send(frames_of({"quiet"})) == SendStatus::Sent);
    int before = 0;
    while (broker.next() == ReceiveStatus::Received && broker.frames == frames_of({"loud"})) {
        ++before;
    }
    CHECK(broker.frames == frames_of({"quiet"}));
    CHECK(before < 10);
}

TEST_CASE("a message beyond the bound ends its connection, and only that") {
    StreamServerOptions options;
    options.bound.bytes_max = 1000;
    Broker broker(options);
    auto bad = stream_to(broker);
    auto good = stream_to(broker);
    REQUIRE(bad->send(frames_of({"fine"})) == SendStatus::Sent);
    REQUIRE(bad->send(frames_of({std::string(1001, 'x')})) == SendStatus::Sent);
    REQUIRE(broker.next() == ReceiveStatus::Received);
    const std::string id = broker.id;
    REQUIRE(broker.next() == ReceiveStatus::TooLarge);
    CHECK(broker.id == id);
    REQUIRE(broker.next() == ReceiveStatus::Closed);
    CHECK(broker.id == id);
    REQUIRE(good->send(frames_of({std::string(1000, 'x')})) == SendStatus::Sent);
    CHECK(broker.next() == ReceiveStatus::Received);
}

TEST_CASE("messages that do not end have a bound together: those begun first are ended") {
    StreamServerOptions options;
    options.unfinished_bytes_max = 25'000;
    Broker broker(options);
    std::vector<posix::UniqueFd> peers;
    const auto say = [&](std::size_t who, std::string_view bytes) {
        REQUIRE(::send(peers.at(who).get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    };
    const auto frame = [](std::size_t size, std::size_t sent) {
        const StreamFraming framing({}, StreamFraming::End::Accepting);
        return std::string(framing.head_of(size, false).view()) + std::string(sent, 'x');
    };
    const std::string begun = frame(20'000, 10'000);
    const std::string rest(10'000, 'x');
    for (std::size_t i = 0; i < 3; ++i) {
        auto peer = connect_locally(broker.name);
        REQUIRE(peer.has_value());
        peers.push_back(std::move(*peer));
        say(i, std::string(kStreamOpening) + frame(5, 5));
        CHECK(broker.next() == ReceiveStatus::Received);
        if (i < 2) {
            say(i, begun);
        }
    }
    // The first ends its message and begins another: now it is not the first any more.
    say(0, rest);
    CHECK(broker.next() == ReceiveStatus::Received);
    say(0, begun);
    CHECK(broker.server->take_cuts().empty());
    say(2, begun);
    CHECK(broker.next() == ReceiveStatus::Closed);
    const auto cuts = broker.server->take_cuts();
    REQUIRE(cuts.size() == 1);
    CHECK(cuts.front().bytes == 10'000);
    CHECK(cuts.front().address.starts_with("process "));
    char byte = 0;
    CHECK(::recv(peers.at(1).get(), &byte, 1, 0) <= 0);  // closed
    CHECK(broker.server->connections() == 2);
    say(2, rest);
    CHECK(broker.next() == ReceiveStatus::Received);
}

TEST_CASE("the last descriptors are not for who connects") {
    const posix::UniqueFd next(::dup(0));
    StreamServerOptions options;
    options.descriptors_max = next.get() + 20;
    Broker broker(options);
    std::vector<posix::UniqueFd> callers;
    for (int i = 0; i < 20; ++i) {
        auto caller = connect_locally(broker.name);
        REQUIRE(caller.has_value());
        callers.push_back(std::move(*caller));
    }
    for (int i = 0; i < 20; ++i) {
        broker.server->look(posix::read_mono());
    }
    CHECK(broker.server->connections() < 20);
    CHECK(broker.server->take_unaccepted().rests > 0);
    const posix::UniqueFd file(::dup(0));
    CHECK(file.is_open());
}

TEST_CASE("who says nothing, or anything else, is turned away and never heard of") {
    StreamServerOptions options;
    options.handshake = std::chrono::seconds(7);
    options.connections_max = 3;
    Broker broker(options);
    const auto silent = connect_locally(broker.name);
    const auto stranger = connect_locally(broker.name);
    auto native = stream_to(broker);
    REQUIRE(silent.has_value());
    REQUIRE(stranger.has_value());
    REQUIRE(native->send(frames_of({"hello"})) == SendStatus::Sent);
    REQUIRE(broker.next() == ReceiveStatus::Received);
    REQUIRE(broker.server->connections() == 3);

    const auto fourth = connect_locally(broker.name);
    REQUIRE(fourth.has_value());
    char byte = 0;
    Poller poller;
    poller.add(fourth->get());
    broker.server->look(posix::read_mono());
    REQUIRE(must(poller.wait(kPatience)) > 0);
    CHECK(::read(fourth->get(), &byte, 1) == 0);
    CHECK(broker.server->take_unaccepted().beyond_max == 1);
    CHECK(broker.server->take_unaccepted().beyond_max == 0);

    REQUIRE(::write(stranger->get(), "GET / HTTP/1.1\r\n\r\n", 18) == 18);
    broker.await_connections(2);

    broker.server->look(posix::read_mono() + std::chrono::seconds(8));
    CHECK(broker.server->connections() == 1);
    REQUIRE(native->send(frames_of({"still here"})) == SendStatus::Sent);
    CHECK(broker.next() == ReceiveStatus::Received);
}

TEST_CASE("a local name is taken by one, and free again after it") {
    auto broker = std::make_unique<Broker>();
    const std::string name = broker->name;
    const auto second = listen_locally(name);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().message.find("@" + name) != std::string::npos);
    CHECK(second.error().message.find("in use") != std::string::npos);
    broker.reset();
    CHECK_FALSE(connect_locally(name).has_value());
    CHECK(listen_locally(name).has_value());
}
