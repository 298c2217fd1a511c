// tests/e2e: peers that do not read what they are sent. What waits for them is bounded, for each
// and for all together, and then they are given up with a count and a line in the log; nobody else
// notices.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/harness/native_peer.hpp"
#include "tests/e2e/harness/sanitized.hpp"
#include "tests/e2e/harness/wait_until.hpp"
#include "tests/e2e/hostile_house.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;
using namespace native;
using nlohmann::json;

// What an allocator keeps of what has come and gone; the address sanitizer's keeps 256 MiB.
constexpr std::size_t kSlackMib = kIsSanitized ? 400 : 48;

std::uint64_t backlog_dropped(const Broker& broker) {
    return figures(broker).at("messages").at("backlog_dropped").get<std::uint64_t>();
}

bool has_logged(Broker& broker, const std::string& event) {
    return broker.process().wait_for_line(event).has_value();
}

/// Many sockets that do not read, in one context.
class Crowd {
public:
    Crowd(const std::string& endpoint, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) {
            zmq::socket_t& socket = sockets_.emplace_back(context_, zmq::socket_type::dealer);
            shut_ears(socket);
            socket.set(zmq::sockopt::linger, 0);
            socket.set(zmq::sockopt::sndtimeo, 30'000);
            socket.connect(endpoint);
        }
    }

    void say(std::size_t who, const std::string& message) {
        REQUIRE(sockets_.at(who).send(zmq::buffer(message), zmq::send_flags::none).has_value());
    }

private:
    zmq::context_t context_;
    std::vector<zmq::socket_t> sockets_;
};

/// A reader of news. Deaf: what is published for it waits at the broker.
class Reader {
public:
    enum class Ears : std::uint8_t { Open, Shut };

    Reader(const Broker& broker, Ears ears) : socket_(context_, zmq::socket_type::sub) {
        if (ears == Ears::Shut) {
            shut_ears(socket_);
        }
        socket_.set(zmq::sockopt::linger, 0);
        socket_.connect(broker.endpoints().news);
    }

    void subscribe(const std::string& prefix) { socket_.set(zmq::sockopt::subscribe, prefix); }

    [[nodiscard]] bool hears_something(std::chrono::milliseconds patience) {
        socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(patience.count()));
        zmq::message_t frame;
        return socket_.recv(frame, zmq::recv_flags::none).has_value();
    }

private:
    zmq::context_t context_;
    zmq::socket_t socket_;
};

/// A client's first words and `count` calls of "loud", in one message: it may be given up, and its
/// connection ended, as soon as there are results.
std::vector<json> calls_of(std::uint64_t session, std::uint64_t count) {
    std::vector<json> commands = {json::array({kClientHello, 1, "raw", 60'000'000}),
                                  json::array({kSession, session, 1})};
    for (std::uint64_t number = 1; number <= count; ++number) {
        commands.push_back(NativePeer::submission(number, "loud", true));
    }
    return commands;
}

bool news_come(Reader& reader, Others& others) {
    return wait_until([&] {
        others.call();
        return reader.hears_something(50ms);
    });
}

}  // namespace

TEST_CASE("A client that never reads its calls' results costs its backlog, and is given up") {
    const ServedBy by = either_way();
    Broker broker(
        with("peer_backlog_bytes_max = \"2MiB\"\nheld_results_bytes_max = \"2MiB\"\n", by));
    Others others(broker);
    NativePeer worker(broker.endpoints().backend);
    worker.ready({"loud"});
    REQUIRE(worker.next(kWelcome).is_array());
    NativePeer deaf(broker.endpoints().frontend, NativePeer::Ears::Shut);
    const std::string result(1U << 20U, 'r');
    const std::size_t before = resident_mib(broker);
    constexpr std::uint64_t kCalls = 150;
    deaf.send(calls_of(4711, kCalls));
    for (std::uint64_t number = 1; number <= kCalls; ++number) {
        const json job = worker.next(kAssign);
        REQUIRE(job.is_array());
        worker.send({NativePeer::finish(job.at(1), job.at(2).get<std::uint64_t>(), result)});
        if (number % 10 == 0) {
            others.call();  // its worker is not to be silent for long on a busy machine
        }
    }
    CHECK(backlog_dropped(broker) > 0);
    others.call();
    const std::size_t after = resident_mib(broker);
    MESSAGE("resident " << before << " to " << after << " MiB after " << kCalls
                        << " MiB of results");
    CHECK(after < before + kSlackMib);
    CHECK(has_logged(broker, "peer_given_up"));
    CHECK(has_logged(broker, "limits.peer_backlog_bytes_max"));
}

TEST_CASE("Parts for a client that does not read are dropped at peer_backlog_bytes_max") {
    const ServedBy by = either_way();
    Broker broker(with("peer_backlog_bytes_max = \"1MiB\"\n", by));
    Others others(broker);
    NativePeer flooder(broker.endpoints().backend);
    flooder.ready({"flood"});
    REQUIRE(flooder.next(kWelcome).is_array());
    NativePeer deaf(broker.endpoints().frontend, NativePeer::Ears::Shut);
    deaf.hello();
    deaf.submit(1, "flood", true);
    const json held = flooder.next(kAssign);
    REQUIRE(held.is_array());
    const std::size_t before = resident_mib(broker);
    const std::string part(64U << 10U, 'p');
    constexpr int kParts = 2000;  // 125 MiB
    for (int i = 0; i < kParts; ++i) {
        flooder.send({json::array({kPartial, held.at(1), held.at(2), kOpaque, binary(part)})});
        if (i % 500 == 0) {
            others.call();
        }
    }
    CHECK(wait_until([&] { return backlog_dropped(broker) > 0; }));
    others.call();
    const std::size_t after = resident_mib(broker);
    MESSAGE("resident " << before << " to " << after << " MiB after 125 MiB of parts");
    CHECK(after < before + kSlackMib);
}

TEST_CASE("Many clients that do not read share backlog_bytes_max, others are served") {
    const ServedBy by = either_way();
    Broker broker(with("backlog_bytes_max = \"32MiB\"\nheld_results_bytes_max = \"2MiB\"\n", by));
    Others others(broker);
    NativePeer worker(broker.endpoints().backend);
    worker.ready({"loud"});
    REQUIRE(worker.next(kWelcome).is_array());
    constexpr std::size_t kDeaf = 50;
    constexpr std::uint64_t kRounds = 12;  // 300 MiB
    Crowd deaf(broker.endpoints().frontend, kDeaf);
    const std::string result(512U << 10U, 'r');
    const std::size_t before = resident_mib(broker);
    std::vector<Clock::duration> took;
    for (std::size_t who = 0; who < kDeaf; ++who) {
        deaf.say(who, batch_of(calls_of(4711 + who, kRounds)));
    }
    for (std::uint64_t call = 0; call < kDeaf * kRounds; ++call) {
        const json job = worker.next(kAssign);
        REQUIRE(job.is_array());
        worker.send({NativePeer::finish(job.at(1), job.at(2).get<std::uint64_t>(), result)});
        took.push_back(others.call());
    }
    CHECK(backlog_dropped(broker) > 0);
    for (int i = 0; i < 100; ++i) {
        took.push_back(others.call());
    }
    const std::size_t after = resident_mib(broker);
    const json used = figures(broker).at("limits").at("backlog_bytes");
    MESSAGE("resident " << before << " to " << after << " MiB after 300 MiB of results, backlog "
                        << used.dump() << ", others' p99 " << p99_of(took).count() << " us of "
                        << took.size() << " calls");
    CHECK(after < before + 32 + kSlackMib);
    CHECK(used.at("max") == 32U << 20U);
    CHECK(used.at("used") <= 33U << 20U);
    CHECK(has_logged(broker, "limits.backlog_bytes_max"));
}

TEST_CASE("A reader of news that does not read costs news_backlog_bytes_max, others read on") {
    Broker broker(with("news_backlog_bytes_max = \"2MiB\"\n"));
    Others others(broker);
    Reader quick(broker, Reader::Ears::Open);
    quick.subscribe("well.");
    Reader deaf(broker, Reader::Ears::Shut);
    deaf.subscribe("");
    CHECK(news_come(quick, others));
    NativePeer worker(broker.endpoints().backend);
    worker.ready({"large"});
    REQUIRE(worker.next(kWelcome).is_array());
    NativePeer client(broker.endpoints().frontend);
    client.hello();
    const std::string params(256U << 10U, 'p');
    const std::size_t before = resident_mib(broker);
    constexpr std::uint64_t kCalls = 400;  // 100 MiB
    for (std::uint64_t number = 1; number <= kCalls; ++number) {
        client.send({json::array({kSession, 4711, number}),
                     NativePeer::submission(number, "large", true, params)});
        const json job = worker.next(kAssign);
        REQUIRE(job.is_array());
        worker.send({NativePeer::finish(job.at(1), job.at(2).get<std::uint64_t>(), "done")});
        if (number % 50 == 0) {
            others.call();  // its worker sends no heartbeats: this may take longer than it may be
                            // silent
        }
    }
    CHECK(has_logged(broker, "news_reopened"));
    CHECK(news_come(quick, others));
    const std::size_t after = resident_mib(broker);
    MESSAGE("resident " << before << " to " << after << " MiB after 100 MiB of news");
    CHECK(after < before + kSlackMib);
}

TEST_CASE("A reader of too many topics is sent away with all others, who come back") {
    Broker broker(with("news_topics_max = 1000\n"));
    Others others(broker);
    Reader quick(broker, Reader::Ears::Open);
    quick.subscribe("well.");
    CHECK(news_come(quick, others));
    {
        Reader greedy(broker, Reader::Ears::Open);
        for (int i = 0; i < 1001; ++i) {
            greedy.subscribe("topic" + std::to_string(i));
        }
        CHECK(has_logged(broker, "news_topics_max"));
    }
    CHECK(news_come(quick, others));
}

}  // namespace steward::e2e
