// tests/e2e: the broker is killed as by a power cut and started again, or asked to end.
#include <signal.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/old_worker.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;

const std::map<std::string, std::string> kFastHeartbeats = {{"HEARTBEAT_INTERVAL", "1"}};

}  // namespace

TEST_CASE("Killed and restarted: acknowledged jobs are still there and workers come back") {
    Broker broker({kFastHeartbeats, {}, {}});
    OldClient client(Old::Zmws2, broker.endpoints().frontend);
    {
        OldWorker worker(Old::Mdp02, "kept", broker.endpoints().backend);
        worker.ready();
        broker.wait_until_served("kept");
        worker.disconnect();
    }
    std::vector<std::string> ids;
    for (int i = 0; i < 20; ++i) {
        client.request("kept", {std::to_string(i)}, false);
        ids.push_back(client.answer().job);
    }
    const auto native =
        broker.start_worker(kReverseProgram, {"--service-name", "idle"}, kFastHeartbeats);
    broker.wait_until_served("idle");
    broker.kill();
    broker.start_again();
    broker.wait_until_served("idle");  // by itself
    OldWorker worker(Old::Zmws1, "kept", broker.endpoints().backend);
    worker.ready();
    for (int i = 0; i < 20; ++i) {
        const HeldJob job = worker.job();
        CHECK(job.token == ids[static_cast<std::size_t>(i)]);
        CHECK(shown(job.body) == shown({std::to_string(i)}));
        worker.complete(job, {});
    }
    CHECK(broker.wait_for_events(20, "succeeded", "kept"));
}

TEST_CASE("Killed while a job runs: the native call ends well and nothing runs twice") {
    Broker broker({kFastHeartbeats, {}, {}});
    const std::vector<std::string> args = {"--service-name", "long"};
    const auto one = broker.start_worker(kSleepProgram, args, kFastHeartbeats);
    broker.wait_until_served("long");
    Process call(broker.tool({"call", "long", R"({"seconds": 5})"}));
    REQUIRE(broker.wait_for_events(1, "started", "long"));
    // A second worker stands ready to run it wrongly again.
    const auto other = broker.start_worker(kSleepProgram, args, kFastHeartbeats);
    broker.kill();
    broker.start_again();
    REQUIRE(call.wait() == 0);
    REQUIRE(broker.wait_for_events(1, "succeeded", "long"));
    CHECK(broker.count_events("started", "long") == 1);
    CHECK(broker.count_events("lost", "long") == 0);
}

TEST_CASE("Killed while a durable job runs: its worker keeps it") {
    Broker broker({kFastHeartbeats, {}, {}});
    const std::vector<std::string> args = {"--service-name", "long"};
    const auto one = broker.start_worker(kSleepProgram, args, kFastHeartbeats);
    broker.wait_until_served("long");
    OldClient client(Old::Zmws1, broker.endpoints().frontend);
    client.request("long", {R"({"seconds": 5})"}, false);
    REQUIRE(client.answer().kind == Answer::Kind::Taken);
    REQUIRE(broker.wait_for_events(1, "started", "long"));
    const auto other = broker.start_worker(kSleepProgram, args, kFastHeartbeats);
    broker.kill();
    broker.start_again();
    REQUIRE(broker.wait_for_events(1, "succeeded", "long"));
    CHECK(broker.count_events("started", "long") == 1);
    CHECK(broker.count_events("lost", "long") == 0);
}

TEST_CASE("SIGTERM: what runs is finished and told, what is new is refused, the exit code is 0") {
    Broker broker;
    OldWorker worker(Old::Zmws2, "last", broker.endpoints().backend);
    worker.ready();
    broker.wait_until_served("last");
    OldClient client(Old::Zmws2, broker.endpoints().frontend);
    client.request("last", {"1"});
    const HeldJob job = worker.job();
    broker.process().signal(SIGTERM);
    OldClient late(Old::Zmws2, broker.endpoints().frontend);
    REQUIRE(wait_until([&] {
        late.request("last", {"2"}, false);
        return late.answer().kind == Answer::Kind::Fail;
    }));
    worker.complete(job, {"3"});
    const Answer answer = client.answer();
    CHECK(answer.kind == Answer::Kind::Complete);
    CHECK(shown(answer.body) == shown({"3"}));
    CHECK(broker.process().wait() == 0);
}

TEST_CASE("SIGTERM and SIGINT end an idle broker at once with exit code 0") {
    for (const int signal : {SIGTERM, SIGINT}) {
        Broker broker;
        broker.process().signal(signal);
        CHECK(broker.process().wait(10s) == 0);
    }
}

}  // namespace steward::e2e
