// tests/e2e: workers that die, and workers that only work long. Heartbeats come every second
// or two.
#include <signal.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/old_worker.hpp"
#include "tests/e2e/harness/samples.hpp"
#include "tests/e2e/harness/slow_relay.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;

const std::map<std::string, std::string> kFastHeartbeats = {{"HEARTBEAT_INTERVAL", "1"}};

BrokerOptions with_fast_heartbeats() {
    return {kFastHeartbeats, {}, {}};
}

/// The history's row of the only job of `service`.
nlohmann::json history_row(const Broker& broker, const std::string& service) {
    for (const nlohmann::json& row : broker.ask("SERVER-HIST")) {
        if (row.value("service", "") == service) {
            return row;
        }
    }
    return {};
}

}  // namespace

// On its broker's machine its end is known at once: the second round would wait minutes for
// heartbeats.
TEST_CASE("A native worker is killed in the middle of a job: another runs it again") {
    for (const char* interval : {"1", "100"}) {
        CAPTURE(interval);
        const std::map<std::string, std::string> heartbeats = {{"HEARTBEAT_INTERVAL", interval}};
        const Broker broker({heartbeats, {}, {}});
        const std::vector<std::string> args = {"--service-name", "nap"};
        const auto first = broker.start_worker(kSleepProgram, args, heartbeats);
        broker.wait_until_served("nap");
        OldClient client(Old::Zmws2, broker.endpoints().frontend);
        client.request("nap", {R"({"seconds": 3})"}, false);
        REQUIRE(client.answer().kind == Answer::Kind::Taken);
        REQUIRE(broker.wait_for_events(1, "DELEGATE_START", "nap"));
        first->signal(SIGKILL);
        const auto second = broker.start_worker(kSleepProgram, args, heartbeats);
        REQUIRE(broker.wait_for_events(1, "EXECUTE_COMPLETE", "nap"));
        CHECK(broker.count_events("DELEGATE_ERROR", "nap") == 1);
        CHECK(broker.count_events("DELEGATE_START", "nap") == 2);
        CHECK(broker.count_events("EXECUTE_COMPLETE", "nap") == 1);
        CHECK(history_row(broker, "nap").value("attempt", 0) == 2);
    }
}

TEST_CASE("A native worker hangs: its job runs elsewhere and its late result is ignored") {
    const Broker broker(with_fast_heartbeats());
    const std::vector<std::string> args = {"--service-name", "hang"};
    const auto first = broker.start_worker(kSleepProgram, args, kFastHeartbeats);
    broker.wait_until_served("hang");
    OldClient client(Old::Zmws2, broker.endpoints().frontend);
    client.request("hang", {R"({"seconds": 3})"}, false);
    REQUIRE(client.answer().kind == Answer::Kind::Taken);
    REQUIRE(broker.wait_for_events(1, "DELEGATE_START", "hang"));
    first->signal(SIGSTOP);
    const auto second = broker.start_worker(kSleepProgram, args, kFastHeartbeats);
    REQUIRE(broker.wait_for_events(1, "EXECUTE_COMPLETE", "hang"));
    first->signal(SIGCONT);
    // The first is a worker again as soon as it has been told to announce itself.
    CHECK(wait_until([&] { return broker.ask("SERVER-WORKERS").size() == 2; }));
    CHECK(broker.count_events("DELEGATE_ERROR", "hang") == 1);
    CHECK(broker.count_events("EXECUTE_COMPLETE", "hang") == 1);
}

TEST_CASE("An old worker that vanishes with a job loses it to the next one") {
    const Broker broker(with_fast_heartbeats());
    for (const Old dialect : kOldDialects) {
        CAPTURE(name_of(dialect));
        const std::string service = "vanish-" + std::string(name_of(dialect));
        OldClient client(Old::Zmws1, broker.endpoints().frontend);
        {
            OldWorker first(dialect, service, broker.endpoints().backend);
            first.ready();
            broker.wait_until_served(service);
            client.request(service, {"1"});
            static_cast<void>(first.job());
        }
        OldWorker second(dialect, service, broker.endpoints().backend);
        second.ready();
        second.complete(second.job(), {"2"});
        const Answer answer = client.answer();
        CHECK(answer.kind == Answer::Kind::Complete);
        CHECK(shown(answer.body) == shown({"2"}));
        CHECK(broker.count_events("DELEGATE_ERROR", service) == 1);
    }
}

TEST_CASE("A native worker that is busy for longer than three heartbeats is not dead") {
    const std::map<std::string, std::string> heartbeats = {{"HEARTBEAT_INTERVAL", "2"}};
    const Broker broker({heartbeats, {}, {}});
    const std::vector<std::string> args = {"--service-name", "long"};
    const auto one = broker.start_worker(kSleepProgram, args, heartbeats);
    const auto other = broker.start_worker(kSleepProgram, args, heartbeats);
    broker.wait_until_served("long");
    OldClient client(Old::Zmws1, broker.endpoints().frontend);
    client.request("long", {R"({"seconds": 8})"});
    CHECK(client.answer().kind == Answer::Kind::Complete);
    CHECK(broker.wait_for_events(1, "EXECUTE_COMPLETE", "long"));
    CHECK(broker.count_events("DELEGATE_START", "long") == 1);
    CHECK(broker.count_events("DELEGATE_ERROR", "long") == 0);
}

TEST_CASE("An old worker that is silent while it works is not dead") {
    const Broker broker(with_fast_heartbeats());
    for (const Old dialect : {Old::Zmws1, Old::Zmws2}) {
        CAPTURE(name_of(dialect));
        const std::string service = "silent-" + std::string(name_of(dialect));
        OldWorker busy(dialect, service, broker.endpoints().backend);
        busy.ready();
        broker.wait_until_served(service);
        OldClient client(dialect, broker.endpoints().frontend);
        client.request(service, {"1"});
        const HeldJob job = busy.job();
        OldWorker other(dialect, service, broker.endpoints().backend);
        other.ready();
        CHECK_FALSE(other.maybe_job(5s).has_value());
        busy.complete(job, {"2"});
        const Answer answer = client.answer();
        CHECK(answer.kind == Answer::Kind::Complete);
        CHECK(shown(answer.body) == shown({"2"}));
        REQUIRE(broker.wait_for_events(1, "EXECUTE_COMPLETE", service));
        CHECK(broker.count_events("DELEGATE_START", service) == 1);
    }
}

TEST_CASE("An idle worker that falls silent is forgotten") {
    const Broker broker(with_fast_heartbeats());
    OldWorker silent(Old::Mdp02, "quiet", broker.endpoints().backend);
    silent.ready();
    broker.wait_until_served("quiet");
    OldClient client(Old::Mdp01, broker.endpoints().frontend);
    CHECK(wait_until([&] {
        client.request("mmi.service", {"quiet"});
        return client.answer().body == RawFrames{"404"};
    }));
}

TEST_CASE("Idle workers are sent heartbeats") {
    const Broker broker(with_fast_heartbeats());
    for (const Old dialect : kOldDialects) {
        CAPTURE(name_of(dialect));
        OldWorker worker(dialect, "idle", broker.endpoints().backend);
        worker.ready();
        CHECK(wait_until([&] {
            CHECK_FALSE(worker.maybe_job(500ms).has_value());
            return worker.heartbeats_heard() >= 1;
        }));
    }
}

TEST_CASE("A large job is on its way for longer than its broker may be silent, and arrives") {
    const Broker broker({{}, "[broker]\nheartbeat_interval = \"1s\"\n", {}});
    SlowRelay relay(broker.endpoints().backend, 3UL << 19U);  // five seconds for the job
    const Process worker({built_program(kTrialProgram),
                          {"--service-name", "far", "--broker", relay.endpoint()},
                          {{"HEARTBEAT_INTERVAL", "5"}},
                          {}});
    broker.wait_until_served("far");
    OldClient client(Old::Mdp01, broker.endpoints().frontend);
    client.request("far", {std::string(8UL << 20U, ' ')});
    const Answer answer = client.answer();
    CHECK(answer.kind == Answer::Kind::Complete);
    CHECK(relay.connections() == 1);
    CHECK(broker.count_events("DELEGATE_START", "far") == 1);
}

}  // namespace steward::e2e
