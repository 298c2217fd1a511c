#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;

namespace {

Ready returning(std::uint64_t peer, std::vector<Ready::Running> running) {
    Ready ready;
    ready.from = at(peer);
    ready.services = {service("X")};
    ready.heartbeat_interval = 5s;
    ready.beats_while_busy = true;
    ready.running = std::move(running);
    return ready;
}

Ready old_dialect(std::uint64_t peer) {
    Ready ready;
    ready.from = at(peer);
    ready.services = {service("X")};
    return ready;
}

}  // namespace

TEST_CASE("registry: a worker is beaten to every interval and dead after three silent ones") {
    Broker broker;
    broker.ready(1, {"X"});
    CHECK(sent<Welcome>(broker.effects).size() == 1);
    CHECK(sent<HeartbeatOut>(broker.wait(4999ms)).empty());
    CHECK(sent<HeartbeatOut>(broker.wait(1ms)).size() == 1);
    broker.wait(9999ms);
    CHECK(broker.core.counters().workers_purged == 0);
    broker.wait(1ms);
    CHECK(broker.core.counters().workers_purged == 1);
    CHECK(sent<RegisterAgain>(broker.apply(Heartbeat{Peer{1}, 3, true})).size() == 1);
    CHECK(broker.core.counters().strangers == 1);
}

TEST_CASE("registry: workers that came one after another are beaten to at one instant, none late") {
    Broker broker;
    broker.ready(1, {"X"});
    for (std::uint64_t peer = 2; peer <= 4; ++peer) {
        broker.wait(100ms);
        broker.ready(peer, {"X"});
    }
    CHECK(sent<HeartbeatOut>(broker.wait(4699ms)).empty());
    CHECK(sent<HeartbeatOut>(broker.wait(1ms)).size() == 4);
    for (std::uint64_t peer = 1; peer <= 4; ++peer) {
        broker.apply(Heartbeat{Peer{peer}, 0, true});
    }
    CHECK(sent<HeartbeatOut>(broker.wait(4687ms)).empty());
    CHECK(sent<HeartbeatOut>(broker.wait(313ms)).size() == 4);
}

TEST_CASE("registry: any sign of life keeps a worker") {
    Broker broker;
    broker.ready(1, {"X"});
    for (int i = 0; i < 20; ++i) {
        broker.wait(14s);
        broker.apply(Heartbeat{Peer{1}, 0, true});
    }
    CHECK(broker.core.counters().workers_purged == 0);
}

TEST_CASE(
    "registry: an old-dialect worker may be silent while it works, but not while it is idle") {
    Broker broker;
    broker.apply(old_dialect(1));
    const auto job = only_assign(broker.call());
    CHECK(sent<HeartbeatOut>(broker.wait(60s)).size() == 12);
    CHECK(broker.core.counters().workers_purged == 0);
    CHECK(sent<JobResult>(broker.finish(1, job.second)).size() == 1);
    broker.wait(16s);
    CHECK(broker.core.counters().workers_purged == 1);
}

TEST_CASE("registry: an unroutable worker is released at once") {
    Broker broker;
    broker.apply(old_dialect(1));
    broker.call();
    broker.apply(old_dialect(2));
    CHECK(only_assign(broker.apply(PeerLost{Peer{1}})).first == 2);
}

TEST_CASE("registry: a second READY of an RFC 7 worker is answered with DISCONNECT") {
    Broker broker;
    Ready ready = old_dialect(1);
    ready.unique_ready = true;
    broker.apply(ready);
    CHECK(sent<Disconnect>(broker.apply(ready)).size() == 1);
    CHECK(sent<Assign>(broker.call()).empty());
}

TEST_CASE("registry: a ZMWS worker that announces itself anew has forgotten its job") {
    Broker broker;
    broker.apply(old_dialect(1));
    CHECK(only_assign(broker.call()).second.number == 1);
    CHECK(only_assign(broker.apply(old_dialect(1))).second.number == 2);
}

TEST_CASE("registry: reserved names, too many workers and empty announcements are disconnected") {
    Policy policy;
    policy.limits.workers_max = 1;
    Broker broker(policy);
    CHECK(sent<Disconnect>(broker.ready(1, {"mmi.service"})).size() == 1);
    CHECK(sent<Disconnect>(broker.ready(1, {"SERVER-JOBS"})).size() == 1);
    CHECK(sent<Disconnect>(broker.ready(1, {})).size() == 1);
    CHECK(sent<Welcome>(broker.ready(1, {"mail"})).size() == 1);
    CHECK(sent<Disconnect>(broker.ready(2, {"mail"})).size() == 1);
    CHECK(sent<Welcome>(broker.ready(1, {"image"})).size() == 1);
}

TEST_CASE("registry: after a reconnect a worker keeps what it runs, under its new peer") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.call());
    broker.apply(returning(2, {{job.second, {7, 1}, service("X")}}));
    CHECK(broker.core.counters().readopted == 1);
    broker.apply(PeerLost{Peer{1}});
    CHECK(broker.core.counters().lost == 0);
    CHECK(sent<JobResult>(broker.finish(2, job.second)).size() == 1);
    CHECK(broker.core.counters().started == 1);
}

TEST_CASE(
    "registry: a job waiting again after its worker seemed lost is re-adopted, not run twice") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.call());
    broker.apply(PeerLost{Peer{1}});
    CHECK(sent<Assign>(broker.apply(returning(2, {{job.second, {7, 1}, service("X")}}))).empty());
    CHECK(sent<JobResult>(broker.finish(2, job.second)).size() == 1);
}

TEST_CASE("registry: an attempt that was superseded is stopped, not adopted") {
    Broker broker;
    broker.ready(1, {"X"});
    broker.ready(2, {"X"});
    const auto old = only_assign(broker.call());
    const auto current = only_assign(broker.apply(PeerLost{Peer{1}}));
    const Effects& effects = broker.apply(returning(3, {{old.second, {7, 1}, service("X")}}));
    REQUIRE(sent<StopAttempt>(effects).size() == 1);
    CHECK(sent<StopAttempt>(effects).front().second->attempt == old.second);
    CHECK(sent<JobResult>(broker.finish(3, old.second)).empty());
    CHECK(sent<JobResult>(broker.finish(2, current.second)).size() == 1);
}

TEST_CASE("registry: after a restart a resend waits for the worker that still runs the job") {
    Broker broker;
    const model::Attempt attempt{{1, 5}, 1};
    Call call;
    call.number = 4;
    call.again = true;
    call.options.sync = true;
    CHECK(broker.submit(call).sends.empty());
    CHECK(sent<Assign>(broker.apply(returning(1, {{attempt, {7, 4}, service("X")}}))).empty());
    broker.ready(2, {"X"});
    CHECK(sent<Assign>(broker.wait(3s)).empty());
    const auto results = sent<JobResult>(broker.finish(1, attempt));
    REQUIRE(results.size() == 1);
    CHECK(results.front().first == at(100, 4));
    CHECK(broker.core.counters().started == 0);
}

TEST_CASE("registry: the result of a job from before a restart is kept until its client resends") {
    Broker broker;
    const model::Attempt attempt{{1, 5}, 1};
    broker.apply(returning(1, {{attempt, {7, 4}, service("X")}}));
    broker.finish(1, attempt);
    Call call;
    call.number = 4;
    call.again = true;
    call.options.sync = true;
    const auto results = sent<JobResult>(broker.submit(call));
    REQUIRE(results.size() == 1);
    CHECK(results.front().second->job == attempt.job);
    CHECK(broker.core.counters().accepted == 0);
}

TEST_CASE("registry: an adopted job that is given back is not run on params nobody knows") {
    Broker broker;
    const model::Attempt attempt{{1, 5}, 1};
    broker.apply(returning(1, {{attempt, {7, 4}, service("X")}}));
    broker.ready(2, {"X"});
    CHECK(sent<Assign>(broker.apply(Return{Peer{1}, 0, {attempt}})).empty());
    broker.wait(4s);
    Call call;
    call.number = 4;
    call.again = true;
    call.options.sync = true;
    CHECK(sent<Assign>(broker.submit(call)).size() == 1);
}

TEST_CASE("registry: a resend that nobody runs any more starts anew when the broker has settled") {
    Broker broker;
    broker.ready(1, {"X"});
    Call call;
    call.again = true;
    call.options.sync = true;
    CHECK(sent<Assign>(broker.submit(call)).empty());
    CHECK(only_assign(broker.wait(3s)).first == 1);
}

TEST_CASE("registry: a polite goodbye finishes what runs and takes nothing more") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.call());
    broker.apply(Goodbye{Peer{1}, true});
    CHECK(sent<Assign>(broker.call()).empty());
    CHECK(sent<JobResult>(broker.finish(1, job.second)).size() == 1);
    CHECK(sent<Assign>(broker.effects).empty());
    CHECK(only_assign(broker.ready(2, {"X"})).first == 2);
}

TEST_CASE("registry: an unexpected command ends in DISCONNECT and releases the jobs") {
    Broker broker;
    broker.ready(1, {"X"});
    broker.call();
    broker.ready(2, {"X"});
    const Effects& effects = broker.apply(Misbehaved{at(1), "a READY after a READY"});
    CHECK(sent<Disconnect>(effects).size() == 1);
    CHECK(only_assign(effects).first == 2);
}

TEST_CASE("registry: queries answer what the listings need") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto running = only_assign(broker.call());
    const model::JobId waiting = sent<JobTaken>(broker.submit({})).front().second->job;
    const auto ask = [&](QueryKind kind, model::JobId job = {}, std::string name = {}) {
        Query query;
        query.from = at(50, 9);
        query.kind = kind;
        query.which.jobs = {job};
        query.which.service = std::move(name);
        return std::move(*sent<Answer>(broker.apply(query)).front().second->report);
    };
    CHECK(std::get<model::JobReport>(ask(QueryKind::Jobs)).rows.size() == 1);
    CHECK(std::get<model::JobReport>(ask(QueryKind::Active)).rows.front().id == running.second.job);
    CHECK(std::get<model::WorkerReport>(ask(QueryKind::Workers)).rows.front().held == 1);
    CHECK(std::get<model::ServiceReport>(ask(QueryKind::Services)).rows.front().ready == 1);
    CHECK(std::get<model::StatusReport>(ask(QueryKind::Status, waiting)).queue_place == 1);
    CHECK(std::get<model::BrokerReport>(ask(QueryKind::Broker)).active == 1);
    CHECK(std::get<model::ServiceKnown>(ask(QueryKind::ServiceKnown, {}, "X")).has_workers);
    CHECK_FALSE(std::get<model::ServiceKnown>(ask(QueryKind::ServiceKnown, {}, "Y")).has_workers);
    broker.finish(1, running.second);
    CHECK(std::get<model::JobReport>(ask(QueryKind::History)).rows.front().state ==
          model::JobState::Succeeded);
    CHECK(std::get<model::StatusReport>(ask(QueryKind::Status, running.second.job)).job.state ==
          model::JobState::Succeeded);
    Query unknown;
    unknown.from = at(50, 9);
    unknown.kind = QueryKind::Status;
    unknown.which.jobs = {{9, 9}};
    CHECK(sent<Refused>(broker.apply(unknown)).front().second->error.code ==
          base::Errc::UnknownJob);
}

TEST_CASE("registry: the history keeps the last finished jobs and no more") {
    Policy policy;
    policy.limits.history_jobs_max = 3;
    Broker broker(policy);
    broker.ready(1, {"X"});
    for (int i = 0; i < 5; ++i) {
        broker.finish(1, only_assign(broker.call()).second);
    }
    Query query;
    query.from = at(50);
    query.kind = QueryKind::History;
    const auto answers = sent<Answer>(broker.apply(query));
    const auto& report = std::get<model::JobReport>(*answers.front().second->report);
    CHECK(report.rows.size() == 3);
    CHECK(report.rows.front().id.number == 5);
}

TEST_CASE("registry: of a submission sent again the newer connection gets the answer") {
    Broker broker(patient(), {base::MonoTime{0s}, base::WallTime{1'700'000'000s}});
    broker.facts_tell_all = false;
    Call call;
    call.number = 1;
    call.options.sync = true;
    Call again = call;
    again.again = true;
    again.peer = 101;
    broker.ready(1, {"X"});
    CHECK(broker.submit(again).sends.empty());  // the broker has just started
    // What had been sent over the connection before comes now, and runs.
    const model::Attempt attempt = only_assign(broker.submit(call)).second;
    broker.wait(5s);
    const auto answers = sent<JobResult>(broker.finish(1, attempt));
    REQUIRE(answers.size() == 1);
    CHECK(answers.front().first.peer == Peer{101});
}

TEST_CASE("registry: a still newer connection gets the answer, too, when the broker has settled") {
    Broker broker(patient(), {base::MonoTime{0s}, base::WallTime{1'700'000'000s}});
    broker.facts_tell_all = false;
    Call call;
    call.number = 1;
    call.options.sync = true;
    Call again = call;
    again.again = true;
    again.peer = 101;
    broker.ready(1, {"X"});
    CHECK(broker.submit(again).sends.empty());
    const model::Attempt attempt = only_assign(broker.submit(call)).second;
    again.peer = 102;
    CHECK(broker.submit(again).sends.empty());
    broker.wait(5s);
    const auto answers = sent<JobResult>(broker.finish(1, attempt));
    REQUIRE(answers.size() == 2);
    CHECK(answers.front().first.peer == Peer{101});
    CHECK(answers.back().first.peer == Peer{102});
}

TEST_CASE("registry: an announcement that is refused keeps no service") {
    Policy policy;
    policy.limits.services_max = 3;
    Broker broker(policy);
    broker.ready(1, {"A"});
    const auto known = [&](const char* name) {
        Call call;
        call.name = name;
        return sent<JobTaken>(broker.submit(call)).size() == 1;
    };
    for (std::uint64_t peer = 10; peer < 20; ++peer) {
        broker.wait(1ms);
        const std::string first = "first" + std::to_string(peer);
        CHECK(sent<Disconnect>(broker.ready(peer, {first, "B", "C"})).size() == 1);
        CHECK_FALSE(known(first.c_str()));
    }
    broker.wait(1ms);
    CHECK(sent<Welcome>(broker.ready(2, {"D", "E"})).size() == 1);
    CHECK(known("A"));
    CHECK(known("D"));
    CHECK_FALSE(known("B"));
}

TEST_CASE("registry: a refused announcement leaves those known that were announced before") {
    Policy policy;
    policy.limits.services_max = 2;
    Broker broker(policy);
    broker.ready(1, {"A"});
    broker.apply(Goodbye{Peer{1}, false});
    broker.ready(2, {"B"});
    broker.wait(1ms);
    CHECK(sent<Disconnect>(broker.ready(3, {"A", "B", "C"})).size() == 1);
    Call call;
    call.name = "A";
    CHECK(sent<JobTaken>(broker.submit(call)).size() == 1);
}

TEST_CASE("registry: services that pass make room for channels, too") {
    Policy policy;
    policy.limits.services_max = 4;
    Broker broker(policy);
    for (std::uint64_t peer = 1; peer <= 3; ++peer) {
        broker.ready(peer, {"passing" + std::to_string(peer)});
        broker.apply(Goodbye{Peer{peer}, false});
        broker.wait(1ms);
    }
    Ready ready = returning(9, {});
    ready.channels = {model::Label("gpu"), model::Label("eu"), model::Label()};
    CHECK(sent<Welcome>(broker.apply(ready)).size() == 1);
    broker.core.check_invariants();
}

TEST_CASE("registry: at services_max the service makes room whose workers left longest ago") {
    Policy policy;
    policy.limits.services_max = 3;
    policy.services.push_back({"configured", {}, 0});
    Broker broker(policy);
    const auto comes_and_goes = [&](std::uint64_t peer, const char* name) {
        broker.wait(1s);
        CHECK(sent<Welcome>(broker.ready(peer, {name})).size() == 1);
        broker.apply(Goodbye{Peer{peer}, false});
    };
    const auto known = [&](const char* name) {
        const auto rows = broker.core.services().rows;
        return std::ranges::any_of(rows,
                                   [&](const auto& row) { return row.service.view() == name; });
    };
    comes_and_goes(1, "A");
    comes_and_goes(2, "B");
    comes_and_goes(3, "A");
    comes_and_goes(4, "C");
    CHECK(known("A"));
    CHECK_FALSE(known("B"));
    CHECK(known("C"));
    comes_and_goes(5, "D");
    CHECK_FALSE(known("A"));
    CHECK(known("configured"));
    broker.core.check_invariants();
}
