// tests/e2e: peers that mean harm, or are as broken as if they did. Each is held by a limit or a
// rule that answers; the broker lives, stays small, and serves everybody else meanwhile.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/old_client.hpp"
#include "tests/e2e/harness/old_worker.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int kSession = 1;
constexpr int kClientHello = 2;
constexpr int kSubmit = 3;
constexpr int kQuery = 4;
constexpr int kWorkerReady = 17;
constexpr int kFinish = 18;
constexpr int kReturn = 19;
constexpr int kPartial = 33;
constexpr int kProgress = 34;
constexpr int kWelcome = 64;
constexpr int kDisconnect = 65;
constexpr int kRefused = 81;
constexpr int kResult = 84;
constexpr int kReport = 85;
constexpr int kAssign = 96;
constexpr int kOpaque = 1;
constexpr int kHeartbeatMicroseconds = 60'000'000;  // longer than a case lasts: silence is allowed

json binary(std::string_view bytes) {
    return json::binary({bytes.begin(), bytes.end()});
}

/// A native peer, written from docs/protocol.md alone.
class Native {
public:
    explicit Native(const std::string& endpoint) : socket_(context_, zmq::socket_type::dealer) {
        socket_.set(zmq::sockopt::linger, 0);
        socket_.set(zmq::sockopt::sndhwm, 0);
        socket_.set(zmq::sockopt::rcvhwm, 0);
        socket_.set(zmq::sockopt::sndtimeo, 30'000);
        socket_.connect(endpoint);
    }

    void send(const std::vector<json>& commands) {
        std::string frame = "STW\x01";
        for (const json& command : commands) {
            const std::vector<std::uint8_t> bytes = json::to_msgpack(command);
            frame.append(bytes.begin(), bytes.end());
        }
        REQUIRE(socket_.send(zmq::buffer(frame), zmq::send_flags::none).has_value());
    }

    void hello() { send({json::array({kClientHello, 1, "raw", kHeartbeatMicroseconds})}); }

    void ready(const std::vector<std::string>& services) {
        send({json::array({kWorkerReady,
                           1,
                           "raw",
                           kHeartbeatMicroseconds,
                           1,
                           1,
                           services,
                           json::array(),
                           json::array()})});
    }

    void submit(std::uint64_t number, const std::string& service, bool sync) {
        send({json::array({kSession, 4711, 1}), submission(number, service, sync)});
    }

    static json submission(std::uint64_t number, const std::string& service, bool sync) {
        return json::array(
            {kSubmit, number, false, sync, service, kOpaque, binary("params"), nullptr});
    }

    static json finish(const json& job, std::uint64_t attempt, std::string_view result) {
        return json::array({kFinish, job, attempt, 0, "", kOpaque, binary(result), 0});
    }

    /// The next command of this type; others are passed over. Null: none came in time.
    [[nodiscard]] json next(int type, std::chrono::milliseconds patience = kPatience) {
        const Clock::time_point end = Clock::now() + patience;
        while (true) {
            while (!heard_.empty()) {
                json command = std::move(heard_.front());
                heard_.erase(heard_.begin());
                passed_.insert(command.at(0).get<int>());
                if (command.at(0) == type) {
                    return command;
                }
            }
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
            if (!listen(std::max(left, 0ms))) {
                return nullptr;
            }
        }
    }

    [[nodiscard]] bool heard(int type) const { return passed_.contains(type); }

private:
    bool listen(std::chrono::milliseconds patience) {
        zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
        if (zmq::poll(&item, 1, patience) == 0) {
            return false;
        }
        zmq::message_t frame;
        REQUIRE(socket_.recv(frame, zmq::recv_flags::dontwait).has_value());
        std::istringstream commands(frame.to_string().substr(4));
        while (frame.more()) {
            REQUIRE(socket_.recv(frame, zmq::recv_flags::dontwait).has_value());
        }
        while (commands.peek() != std::istringstream::traits_type::eof()) {
            heard_.push_back(json::from_msgpack(commands, false));
        }
        return true;
    }

    zmq::context_t context_;
    zmq::socket_t socket_;
    std::vector<json> heard_;
    std::set<int> passed_;
};

/// What `broker` tells of itself.
json figures(const Broker& broker) {
    Native asker(broker.endpoints().frontend);
    asker.hello();
    asker.send({json::array({kQuery, 1, "broker", "", nullptr})});
    const json report = asker.next(kReport);
    REQUIRE(report.is_array());
    const json& payload = report.at(2);
    if (payload.is_string()) {
        return json::parse(payload.get<std::string>());
    }
    const auto& bytes = payload.get_binary();
    return json::parse(bytes.begin(), bytes.end());
}

std::size_t resident_mib(const Broker& broker) {
    return figures(broker).at("process").at("resident_bytes").get<std::size_t>() >> 20U;
}

std::size_t descriptors(Broker& broker) {
    const std::string folder = "/proc/" + std::to_string(broker.process().pid()) + "/fd";
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                  std::filesystem::directory_iterator()));
}

/// A well-behaved worker and client, whose calls prove that others are served.
class Others {
public:
    explicit Others(const Broker& broker)
        : worker_(Old::Mdp02, "well", broker.endpoints().backend),
          client_(Old::Mdp01, broker.endpoints().frontend) {
        worker_.ready();
        broker.wait_until_served("well");
    }

    Clock::duration call() {
        const Clock::time_point start = Clock::now();
        client_.request("well", {"still", "there"});
        const HeldJob job = worker_.job();
        CHECK(shown(job.body) == shown({"still", "there"}));
        worker_.complete(job, {"yes"});
        CHECK(shown(client_.answer().body) == shown({"yes"}));
        return Clock::now() - start;
    }

private:
    OldWorker worker_;
    OldClient client_;
};

BrokerOptions with(const std::string& limits) {
    return {{}, "[broker]\nheartbeat_interval = \"2s\"\nsettle = \"0s\"\n[limits]\n" + limits, {}};
}

/// Connects to a local stream, says a part of its beginning and leaves.
void knock(const std::string& endpoint, std::size_t said) {
    using namespace std::string_view_literals;
    const std::string name = "steward/" + endpoint.substr(std::string_view("tcp://").size());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(name.size() + 1 < sizeof address.sun_path);
    std::copy(name.begin(), name.end(), address.sun_path + 1);
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(descriptor >= 0);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    CHECK(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    const std::string_view beginning = "STEWARD\x01"sv.substr(0, said);
    // The broker may have closed it already.
    [[maybe_unused]] const auto sent =
        ::send(descriptor, beginning.data(), beginning.size(), MSG_NOSIGNAL);
    ::close(descriptor);
}

}  // namespace

TEST_CASE("Two workers with one routing id lose no job") {
    Broker broker({{},
                   "[broker]\nheartbeat_interval = \"100ms\"\nbackoff_first = \"10ms\"\n"
                   "max_losses = 1000\nmax_attempts_async = 1000\n",
                   {}});
    constexpr std::size_t kJobs = 20;
    {
        OldWorker one(Old::Mdp02, "twins", broker.endpoints().backend, "twin");
        one.ready();
        broker.wait_until_served("twins");
        OldWorker other(Old::Mdp02, "twins", broker.endpoints().backend, "twin");
        other.ready();
        OldClient client(Old::Zmws1, broker.endpoints().frontend);
        for (std::size_t i = 0; i < kJobs; ++i) {
            client.request("twins", {std::to_string(i)}, false);
            CHECK(client.answer().kind == Answer::Kind::Taken);
        }
        for (int i = 0; i < 4; ++i) {
            for (OldWorker* twin : {&one, &other}) {
                if (const std::optional<HeldJob> job = twin->maybe_job(50ms)) {
                    twin->complete(*job, {"done"});
                }
                twin->ready();
            }
        }
    }
    OldWorker honest(Old::Mdp02, "twins", broker.endpoints().backend);
    honest.ready();
    const bool all_done = wait_until([&] {
        if (const std::optional<HeldJob> job = honest.maybe_job(200ms)) {
            honest.complete(*job, {"done"});
        }
        return broker.count_events("EXECUTE_COMPLETE", "twins") >= kJobs;
    });
    CHECK(all_done);
    CHECK(broker.count_events("EXECUTE_COMPLETE", "twins") == kJobs);
    CHECK(broker.count_events("DEAD", "twins") == 0);
}

TEST_CASE("A worker of too many services is sent away by services_max, and leaves room") {
    Broker broker(with("services_max = 100\n"));
    Others others(broker);
    std::vector<std::string> services;
    for (int i = 0; i < 5000; ++i) {
        services.push_back("many" + std::to_string(i));
    }
    Native greedy(broker.endpoints().backend);
    greedy.ready(services);
    const json farewell = greedy.next(kDisconnect);
    REQUIRE(farewell.is_array());
    CAPTURE(farewell.dump());
    CHECK(farewell.at(1).get<std::string>().find("longer than its field may be") !=
          std::string::npos);
    CHECK_FALSE(greedy.heard(kWelcome));
    // Within what one message may name, but past what the broker may know.
    services.resize(101);
    Native modest(broker.endpoints().backend);
    modest.ready(services);
    const json limit = modest.next(kDisconnect);
    REQUIRE(limit.is_array());
    CAPTURE(limit.dump());
    CHECK(limit.at(1).get<std::string>().find("services_max") != std::string::npos);
    others.call();
    OldWorker fresh(Old::Mdp02, "fresh", broker.endpoints().backend);
    fresh.ready();
    broker.wait_until_served("fresh");
}

TEST_CASE("Who answers for another worker's job is not believed") {
    Broker broker(with(""));
    Native honest(broker.endpoints().backend);
    honest.ready({"truth"});
    Native liar(broker.endpoints().backend);
    liar.ready({"lies"});
    REQUIRE(honest.next(kWelcome).is_array());
    REQUIRE(liar.next(kWelcome).is_array());
    Native client(broker.endpoints().frontend);
    client.hello();
    client.submit(1, "truth", true);
    const json held = honest.next(kAssign);
    REQUIRE(held.is_array());
    const json job = held.at(1);
    for (const std::uint64_t attempt : {0ULL, 1ULL, 2ULL, 4'294'967'295ULL}) {
        liar.send({json::array({kPartial, job, attempt, kOpaque, binary("lie")}),
                   json::array({kProgress, job, attempt, 1, 1, "lie"}),
                   Native::finish(job, attempt, "lie"),
                   Native::finish(binary(std::string(16, '\x7F')), attempt, "lie"),
                   json::array({kReturn, json::array({json::array({job, attempt})})})});
    }
    // The liar's own job, answered behind the lies on one connection: they have been read by then.
    client.submit(2, "lies", true);
    const json own = liar.next(kAssign);
    REQUIRE(own.is_array());
    liar.send({Native::finish(own.at(1), own.at(2).get<std::uint64_t>(), "own")});
    const json second = client.next(kResult);
    REQUIRE(second.is_array());
    CHECK(second.at(1) == 2);
    // Its holder lies about the attempt first.
    honest.send({Native::finish(job, held.at(2).get<std::uint64_t>() + 1, "lie"),
                 Native::finish(job, held.at(2).get<std::uint64_t>(), "truth"),
                 Native::finish(job, held.at(2).get<std::uint64_t>(), "lie")});
    const json first = client.next(kResult);
    REQUIRE(first.is_array());
    CHECK(first.at(1) == 1);
    CHECK(first.at(6) == binary("truth"));
    CHECK_FALSE(client.heard(82));  // no part
    CHECK_FALSE(client.heard(83));  // no progress
    CHECK(broker.count_events("DELEGATE_START", "truth") == 1);
}

TEST_CASE("Who connects and vanishes leaves no descriptor behind") {
    Broker broker(with(""));
    Others others(broker);
    others.call();
    const std::size_t before = descriptors(broker);
    std::size_t times = 0;
    const Clock::time_point vanished = Clock::now() + 1s;
    while (Clock::now() < vanished) {
        zmq::context_t context;
        for (int i = 0; i < 100; ++i, ++times) {  // as many as this process may have open, at most
            zmq::socket_t socket(context, zmq::socket_type::dealer);
            socket.set(zmq::sockopt::linger, times % 2 == 0 ? 0 : 20);
            const Endpoints& at = broker.endpoints();
            socket.connect(times % 3 == 0 ? at.backend : at.frontend);
            REQUIRE(socket.send(zmq::str_buffer("HEARTBEAT"), zmq::send_flags::none).has_value());
        }
    }
    std::size_t knocks = 0;
    for (const Clock::time_point end = Clock::now() + 1s; Clock::now() < end; ++knocks) {
        const Endpoints& at = broker.endpoints();
        knock(knocks % 2 == 0 ? at.frontend : at.backend, knocks % 9);
    }
    MESSAGE(times << " connections over ZeroMQ, " << knocks << " over local streams");
    CHECK(wait_until([&] { return descriptors(broker) <= before; }));
    others.call();
}

TEST_CASE("A client that submits without end meets jobs_per_service_max, others are served") {
    Broker broker(with("jobs_per_service_max = 1000\n[[service]]\nname = \"nobody\"\n"));
    Others others(broker);
    const std::size_t before = resident_mib(broker);
    std::atomic<bool> is_over = false;
    std::size_t sent = 0;
    std::string refusal;
    std::thread flood([&] {
        Native client(broker.endpoints().frontend);
        client.hello();
        while (!is_over) {
            std::vector<json> batch = {json::array({kSession, 815, sent + 1})};
            for (int i = 0; i < 100; ++i) {
                batch.push_back(Native::submission(++sent, "nobody", false));
            }
            client.send(batch);
            const json refused = client.next(kRefused, 0ms);
            if (refused.is_array()) {
                refusal = refused.at(3).get<std::string>();
            }
        }
    });
    std::vector<Clock::duration> took;
    const Clock::time_point end = Clock::now() + 2s;
    while (Clock::now() < end) {
        took.push_back(others.call());
    }
    is_over = true;
    flood.join();
    std::sort(took.begin(), took.end());
    const auto p99 =
        std::chrono::duration_cast<std::chrono::microseconds>(took.at(took.size() * 99 / 100));
    const std::size_t after = resident_mib(broker);
    MESSAGE("p99 of " << took.size() << " calls: " << p99.count() << " us beside " << sent
                      << " submissions; resident " << before << " to " << after << " MiB");
    CAPTURE(refusal);
    CHECK(refusal.find("jobs_per_service_max") != std::string::npos);
    CHECK(broker.count_events("RECEIVED", "nobody") == 1000);
    CHECK(after < before + 300);
}

}  // namespace steward::e2e
