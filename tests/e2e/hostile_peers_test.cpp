// tests/e2e: peers that mean harm, or are as broken as if they did. Each is held by a limit or a
// rule that answers; the broker lives, stays small, and serves everybody else meanwhile.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <doctest/doctest.h>

#include "tests/e2e/harness/local_stream.hpp"
#include "tests/e2e/harness/native_peer.hpp"
#include "tests/e2e/harness/wait_until.hpp"
#include "tests/e2e/hostile_house.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;
using namespace native;
using nlohmann::json;

std::size_t descriptors(Broker& broker) {
    const std::string folder = "/proc/" + std::to_string(broker.process().pid()) + "/fd";
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                  std::filesystem::directory_iterator()));
}

/// Connects to a local stream, says a part of its beginning and leaves.
void knock(const std::string& endpoint, std::size_t said) {
    const LocalStream stream(endpoint);
    // The broker may have closed it already.
    [[maybe_unused]] const bool is_there = stream.say(LocalStream::opening().substr(0, said));
}

// STEWARD_FLOOD_SECONDS (2): for minutes, where somebody wants to see it.
std::chrono::seconds flood_time() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread
    const char* const wanted = std::getenv("STEWARD_FLOOD_SECONDS");
    return std::chrono::seconds(wanted != nullptr ? std::max(1, std::atoi(wanted)) : 2);
}

}  // namespace

TEST_CASE("Two workers with one routing id lose no job") {
    Broker broker({{},
                   "[broker]\nheartbeat_interval = \"5s\"\nbackoff_first = \"10ms\"\n"
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
        honest.heartbeat();
        if (const std::optional<HeldJob> job = honest.maybe_job(200ms)) {
            honest.complete(*job, {"done"});
        }
        return broker.count_events("EXECUTE_COMPLETE", "twins") >= kJobs;
    });
    CHECK(all_done);
    CHECK(broker.count_events("EXECUTE_COMPLETE", "twins") == kJobs);
    CHECK(broker.count_events("DEAD", "twins") == 0);
}

TEST_CASE("Two clients with one routing id: each call runs once, and others are served") {
    Broker broker(with(""));
    Others others(broker);
    OldWorker worker(Old::Mdp02, "shared", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("shared");
    OldClient one(Old::Mdp01, broker.endpoints().frontend, "same");
    one.request("shared", {"first"});
    const HeldJob first = worker.job();
    OldClient other(Old::Mdp01, broker.endpoints().frontend, "same");
    other.request("shared", {"second"});
    others.call();
    worker.complete(first, {"to the first"});
    const HeldJob second = worker.job();
    worker.complete(second, {"to the second"});
    CHECK(shown(first.body) == shown({"first"}));
    CHECK(shown(second.body) == shown({"second"}));
    // Who has the id hears the answers; while both come back for it, either may.
    std::size_t answers = 0;
    for (OldClient* twin : {&other, &one}) {
        while (const std::optional<Answer> answer = twin->maybe_answer(200ms)) {
            CHECK(answer->service == "shared");
            ++answers;
        }
    }
    CHECK(answers <= 2);
    CHECK(broker.wait_for_events(2, "EXECUTE_COMPLETE", "shared"));
    CHECK(broker.count_events("DELEGATE_START", "shared") == 2);
    others.call();
}

TEST_CASE("A worker of too many services is sent away by services_max, and leaves room") {
    Broker broker(with("services_max = 100\n"));
    Others others(broker);
    std::vector<std::string> services;
    for (int i = 0; i < 100'000; ++i) {
        services.push_back("many" + std::to_string(i));
    }
    NativePeer greedy(broker.endpoints().backend);
    greedy.ready(services);
    const json farewell = greedy.next(kDisconnect);
    REQUIRE(farewell.is_array());
    CAPTURE(farewell.dump());
    CHECK(farewell.at(1).get<std::string>().find("longer than its field may be") !=
          std::string::npos);
    CHECK_FALSE(greedy.heard(kWelcome));
    // Within what one message may name, but past what the broker may know.
    services.resize(101);
    NativePeer modest(broker.endpoints().backend);
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
    NativePeer honest(broker.endpoints().backend);
    honest.ready({"truth"});
    NativePeer liar(broker.endpoints().backend);
    liar.ready({"lies"});
    REQUIRE(honest.next(kWelcome).is_array());
    REQUIRE(liar.next(kWelcome).is_array());
    NativePeer client(broker.endpoints().frontend);
    client.hello();
    client.submit(1, "truth", true);
    const json held = honest.next(kAssign);
    REQUIRE(held.is_array());
    const json job = held.at(1);
    for (const std::uint64_t attempt : {0ULL, 1ULL, 2ULL, 4'294'967'295ULL}) {
        liar.send({json::array({kPartial, job, attempt, kOpaque, binary("lie")}),
                   json::array({kProgress, job, attempt, 1, 1, "lie"}),
                   NativePeer::finish(job, attempt, "lie"),
                   NativePeer::finish(binary(std::string(16, '\x7F')), attempt, "lie"),
                   json::array({kReturn, json::array({json::array({job, attempt})})})});
    }
    // The liar's own job, answered behind the lies on one connection: they have been read by then.
    client.submit(2, "lies", true);
    const json own = liar.next(kAssign);
    REQUIRE(own.is_array());
    liar.send({NativePeer::finish(own.at(1), own.at(2).get<std::uint64_t>(), "own")});
    const json second = client.next(kResult);
    REQUIRE(second.is_array());
    CHECK(second.at(1) == 2);
    // Its holder lies about the attempt first.
    honest.send({NativePeer::finish(job, held.at(2).get<std::uint64_t>() + 1, "lie"),
                 NativePeer::finish(job, held.at(2).get<std::uint64_t>(), "truth"),
                 NativePeer::finish(job, held.at(2).get<std::uint64_t>(), "lie")});
    const json first = client.next(kResult);
    REQUIRE(first.is_array());
    CHECK(first.at(1) == 1);
    CHECK(first.at(6) == binary("truth"));
    CHECK_FALSE(client.heard(kPart));
    CHECK_FALSE(client.heard(kProgressed));
    CHECK(broker.count_events("DELEGATE_START", "truth") == 1);
}

TEST_CASE("Who connects and vanishes leaves no descriptor behind") {
    Broker broker(with(""));
    Others others(broker);
    others.call();
    const std::size_t before = descriptors(broker);
    std::size_t times = 0;
    const Clock::time_point start = Clock::now();
    while (Clock::now() < start + 1s || times < 1000) {
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
    MESSAGE(
        times << " connections over ZeroMQ and " << knocks << " over local streams within "
              << std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count()
              << " ms");
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
    std::jthread flood([&] {
        NativePeer client(broker.endpoints().frontend);
        client.hello();
        const auto flood_once = [&](int jobs, std::chrono::milliseconds patience) {
            std::vector<json> batch = {json::array({kSession, 815, sent + 1})};
            for (int i = 0; i < jobs; ++i) {
                batch.push_back(NativePeer::submission(++sent, "nobody", false));
            }
            client.send(batch);
            const json refused = client.next(kRefused, patience);
            if (refused.is_array()) {
                refusal = refused.at(3).get<std::string>();
            }
        };
        // What is told of durable jobs, and all behind it, waits for the disk, which may be slow.
        flood_once(1'001, 30s);
        while (!is_over) {
            flood_once(100, 0ms);
        }
    });
    std::vector<Clock::duration> took;
    const Clock::time_point end = Clock::now() + flood_time();
    while (Clock::now() < end || took.size() < 200) {  // of so many the slowest does not count
        took.push_back(others.call());
    }
    is_over = true;
    flood.join();
    const std::size_t after = resident_mib(broker);
    MESSAGE("p99 of " << took.size() << " calls: " << p99_of(took).count() << " us beside " << sent
                      << " submissions; resident " << before << " to " << after << " MiB");
    CAPTURE(refusal);
    CHECK(refusal.find("jobs_per_service_max") != std::string::npos);
    const std::string queue = run(broker.tool({"services", "nobody", "--json"})).out;
    CAPTURE(queue);
    CHECK(queue.find("\"ready\":1000") != std::string::npos);
    CHECK(after < before + 300);
    CHECK(p99_of(took) < 1s);
}

}  // namespace steward::e2e
