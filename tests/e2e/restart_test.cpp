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
// Longer than anybody stalls: nobody who runs something is taken for dead.
const std::map<std::string, std::string> kHeartbeats = {{"HEARTBEAT_INTERVAL", "5"}};
// What ran is given to nobody else before its worker has had all the time to come back.
constexpr const char* kSettling = "[broker]\nsettle = \"20s\"\n";

}  // namespace

TEST_CASE("Killed and restarted: native workers come back by themselves") {
    Broker broker({kFastHeartbeats, {}, {}});
    const auto worker =
        broker.start_worker(kReverseProgram, {"--service-name", "back"}, kFastHeartbeats);
    broker.wait_until_served("back");
    broker.kill();
    broker.start_again();
    broker.wait_until_served("back");
    OldClient client(Old::Zmws1, broker.endpoints().frontend);
    client.request("back", {"\"stressed\""});
    CHECK(shown(client.answer().body) == shown({"\"desserts\""}));
}

TEST_CASE("Killed and restarted: Majordomo workers are told to announce themselves again") {
    for (const Old dialect : {Old::Mdp01, Old::Mdp02}) {
        CAPTURE(name_of(dialect));
        Broker broker;
        OldWorker worker(dialect, "again", broker.endpoints().backend);
        worker.ready();
        broker.wait_until_served("again");
        broker.kill();
        broker.start_again();
        REQUIRE(wait_until([&] {
            static_cast<void>(worker.maybe_job(500ms));  // heartbeats meanwhile
            return worker.was_disconnected();
        }));
        worker.ready();
        broker.wait_until_served("again");
    }
}

TEST_CASE("Killed while a job runs: the native call ends well and nothing runs twice") {
    Broker broker({kHeartbeats, kSettling, {}});
    const std::vector<std::string> args = {"--service-name", "long"};
    const auto one = broker.start_worker(kSleepProgram, args, kHeartbeats);
    broker.wait_until_served("long");
    Process call(broker.tool({"call", "long", R"({"seconds": 5})"}));
    REQUIRE(broker.wait_for_events(1, "DELEGATE_START", "long"));
    // A second worker stands ready to run it wrongly again.
    const auto other = broker.start_worker(kSleepProgram, args, kHeartbeats);
    call.signal(SIGSTOP);  // it comes back when its worker has: it settles so
    broker.kill();
    broker.start_again();
    REQUIRE(wait_until([&] { return broker.ask("SERVER-WORKERS").size() == 2; }));
    call.signal(SIGCONT);
    REQUIRE(call.wait() == 0);
    REQUIRE(broker.wait_for_events(1, "EXECUTE_COMPLETE", "long"));
    CHECK(broker.count_events("DELEGATE_START", "long") == 1);
    CHECK(broker.count_events("DELEGATE_ERROR", "long") == 0);
}

TEST_CASE("Killed while a durable job runs: its worker keeps it") {
    Broker broker({kHeartbeats, kSettling, {}});
    const std::vector<std::string> args = {"--service-name", "long"};
    const auto one = broker.start_worker(kSleepProgram, args, kHeartbeats);
    broker.wait_until_served("long");
    OldClient client(Old::Zmws1, broker.endpoints().frontend);
    client.request("long", {R"({"seconds": 5})"}, false);
    REQUIRE(client.answer().kind == Answer::Kind::Taken);
    REQUIRE(broker.wait_for_events(1, "DELEGATE_START", "long"));
    const auto other = broker.start_worker(kSleepProgram, args, kHeartbeats);
    broker.kill();
    broker.start_again();
    REQUIRE(broker.wait_for_events(1, "EXECUTE_COMPLETE", "long"));
    CHECK(broker.count_events("DELEGATE_START", "long") == 1);
    CHECK(broker.count_events("DELEGATE_ERROR", "long") == 0);
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
