#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using base::Errc;

TEST_CASE("submit: an async job is acknowledged after its record, and given to a free worker") {
    Broker broker;
    broker.ready(1, {"X"});
    const Effects& effects = broker.submit({});
    const auto taken = sent<JobTaken>(effects);
    REQUIRE(taken.size() == 1);
    REQUIRE(effects.appends.size() == 2);
    CHECK(std::holds_alternative<JobAccepted>(effects.appends[0].record));
    CHECK(std::holds_alternative<AttemptStarted>(effects.appends[1].record));
    CHECK(effects.sends[0].after == effects.appends[0].seq);
    const auto [worker, attempt] = only_assign(effects);
    CHECK(worker == 1);
    CHECK(attempt.number == 1);
    CHECK(attempt.job == taken.front().second->job);
    CHECK(events(effects) == std::vector{model::EventKind::Received,
                                         model::EventKind::Enqueued,
                                         model::EventKind::Dequeued,
                                         model::EventKind::DelegateStart,
                                         model::EventKind::ExecuteStart});
}

TEST_CASE("submit: a sync job writes nothing and is answered with its result") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto [worker, attempt] = only_assign(broker.call());
    CHECK(broker.effects.appends.empty());
    CHECK(sent<JobTaken>(broker.effects).empty());
    const auto results = sent<JobResult>(broker.finish(worker, attempt));
    REQUIRE(results.size() == 1);
    CHECK(results.front().first == at(100, 1));
    CHECK(results.front().second->state == model::JobState::Succeeded);
    CHECK(results.front().second->result.bytes.view() == "r");
}

TEST_CASE("submit: an unknown service is refused at once, once settled, or held, as was asked") {
    Broker broker;
    CHECK(refused_with(broker.submit({})) == Errc::UnknownService);

    Call native;
    native.unknown = UnknownService::RefuseOnceSettled;
    CHECK(broker.submit(native).sends.empty());
    CHECK(refused_with(broker.wait(4s)) == Errc::UnknownService);
    CHECK(refused_with(broker.submit(native)) == Errc::UnknownService);

    Call mdp;
    mdp.unknown = UnknownService::Hold;
    mdp.session = 0;
    mdp.options.sync = true;
    CHECK(broker.submit(mdp).sends.empty());
    const auto results = sent<JobResult>(broker.wait(6min));
    REQUIRE(results.size() == 1);
    CHECK(results.front().second->state == model::JobState::Expired);
}

TEST_CASE("submit: what waits for an unknown service goes on when a worker announces it") {
    Broker broker;
    Call native;
    native.unknown = UnknownService::RefuseOnceSettled;
    broker.submit(native);
    const auto [worker, attempt] = only_assign(broker.ready(1, {"X"}));
    CHECK(worker == 1);
    CHECK(attempt.number == 1);
}

TEST_CASE("submit: a service that was announced once stays known when its workers are gone") {
    Broker broker;
    broker.ready(1, {"X"});
    broker.apply(Goodbye{Peer{1}, false});
    CHECK(sent<JobTaken>(broker.submit({})).size() == 1);
}

TEST_CASE("submit: a service named by the configuration is known from the start") {
    Policy policy;
    policy.services.push_back({"X", {}, 0});
    Broker broker(policy);
    CHECK(sent<JobTaken>(broker.submit({})).size() == 1);
}

TEST_CASE("submit: resent under its number, an async job is acknowledged again and not doubled") {
    Broker broker;
    broker.ready(1, {"X"});
    const model::JobId first = sent<JobTaken>(broker.submit({})).front().second->job;
    Call again;
    again.number = 1;
    again.again = true;
    again.peer = 101;
    const Effects& effects = broker.submit(again);
    const auto taken = sent<JobTaken>(effects);
    REQUIRE(taken.size() == 1);
    CHECK(taken.front().first.peer == Peer{101});
    CHECK(taken.front().second->job == first);
    CHECK(sent<Assign>(effects).empty());
    CHECK(broker.core.counters().accepted == 1);
}

TEST_CASE("submit: a resent sync job answers its client at the new address, also after its end") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto [worker, attempt] = only_assign(broker.call());
    Call again;
    again.number = 1;
    again.again = true;
    again.peer = 101;
    again.options.sync = true;
    CHECK(broker.submit(again).sends.empty());
    const auto results = sent<JobResult>(broker.finish(worker, attempt));
    REQUIRE(results.size() == 1);
    CHECK(results.front().first.peer == Peer{101});

    again.peer = 102;
    const auto repeated = sent<JobResult>(broker.submit(again));
    REQUIRE(repeated.size() == 1);
    CHECK(repeated.front().first.peer == Peer{102});
    CHECK(repeated.front().second->result.bytes.view() == "r");
    CHECK(broker.core.counters().started == 1);
}

// The older connection's bytes may be read last, and that connection has gone.
TEST_CASE("submit: of a sync job that was resent several times the last two resends are told") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.call());
    Call again;
    again.number = 1;
    again.again = true;
    again.options.sync = true;
    for (const std::uint64_t connection : {101U, 102U, 103U, 103U}) {
        again.peer = connection;
        CHECK(broker.submit(again).sends.empty());
    }
    Partial partial;
    partial.from = Peer{1};
    partial.attempt = job.second;
    CHECK(sent<JobPartial>(broker.apply(partial)).size() == 2);
    again.again = false;  // the first one, come late
    again.peer = 100;
    CHECK(broker.submit(again).sends.empty());
    const auto results = sent<JobResult>(broker.finish(1, job.second));
    REQUIRE(results.size() == 2);
    CHECK(results.front().first.peer == Peer{103});
    CHECK(results.back().first.peer == Peer{102});
    CHECK(broker.core.counters().started == 1);
}

TEST_CASE(
    "submit: what a client has acknowledged is forgotten, and its numbers are not taken again") {
    Broker broker;
    broker.ready(1, {"X"});
    broker.submit({});
    broker.apply(Acknowledge{7, 2});
    Call again;
    again.number = 1;
    CHECK(broker.submit(again).sends.empty());
    CHECK(broker.core.counters().accepted == 1);
}

TEST_CASE("submit: a client may have in_flight_max submissions open and not one more") {
    Policy policy;
    policy.limits.in_flight_max = 3;
    Broker broker(policy);
    broker.ready(1, {"X"});
    broker.apply(Acknowledge{7, 1});
    for (int i = 0; i < 3; ++i) {
        CHECK(sent<JobTaken>(broker.submit({})).size() == 1);
    }
    CHECK(refused_with(broker.submit({})) == Errc::TooManyInFlight);
    broker.apply(Acknowledge{7, 2});
    Call fourth;
    fourth.number = 4;
    CHECK(sent<JobTaken>(broker.submit(fourth)).size() == 1);
}

TEST_CASE("submit: queues, jobs and payload bytes are held to their limits") {
    Policy policy;
    policy.services = {{"X", {}, 0}, {"Y", {}, 0}};
    policy.limits.jobs_per_service_max = 2;
    policy.limits.jobs_max = 3;
    Broker broker(policy);
    broker.submit({});
    broker.submit({});
    CHECK(refused_with(broker.submit({})) == Errc::QueueFull);
    Call other;
    other.name = "Y";
    CHECK(sent<JobTaken>(broker.submit(other)).size() == 1);
    CHECK(refused_with(broker.submit(other)) == Errc::TooManyJobs);

    Policy small;
    small.services.push_back({"X", {}, 0});
    small.limits.payload_bytes_total_max = 10;
    Broker tight(small);
    Call ten;
    ten.params = "0123456789";
    CHECK(sent<JobTaken>(tight.submit(ten)).size() == 1);
    Call one;
    one.params = "x";
    CHECK(refused_with(tight.submit(one)) == Errc::TooManyJobs);
}

TEST_CASE("submit: services nobody needs make room for new ones") {
    Policy policy;
    policy.limits.services_max = 2;
    Broker broker(policy);
    Call held;
    held.unknown = UnknownService::Hold;
    held.options.expires_in = 1s;
    held.name = "A";
    broker.submit(held);
    held.name = "B";
    broker.submit(held);
    held.name = "C";
    CHECK(refused_with(broker.submit(held)) == Errc::TooManyServices);
    broker.wait(2s);
    CHECK(sent<Refused>(broker.submit(held)).empty());
}

TEST_CASE("submit: a delayed job starts when it is due, an expired one never") {
    Broker broker;
    broker.ready(1, {"X"});
    Call call;
    call.options.delay = 10s;
    CHECK(sent<Assign>(broker.submit(call)).empty());
    CHECK(sent<Assign>(broker.wait(9999ms)).empty());
    const auto [worker, attempt] = only_assign(broker.wait(1ms));

    Call late;
    late.options.expires_in = 5s;
    broker.submit(late);
    broker.apply(Heartbeat{Peer{1}, 0, true});
    const Effects& effects = broker.wait(5s);
    CHECK(events(effects) == std::vector{model::EventKind::Dequeued, model::EventKind::Expired});
    CHECK(sent<Assign>(broker.finish(worker, attempt)).empty());
}

TEST_CASE("submit: higher priority runs first, equal ones in the order of their submission") {
    Broker broker;
    broker.ready(1, {"X"});
    auto running = only_assign(broker.submit({}));
    const auto submit_with = [&](std::int32_t priority, std::string params) {
        Call call;
        call.options.priority = priority;
        call.params = std::move(params);
        broker.submit(call);
    };
    submit_with(model::kPriorityNormal, "third");
    submit_with(model::kPriorityHigh, "first");
    submit_with(model::kPriorityHigh, "second");
    submit_with(model::kPriorityLow, "fourth");
    for (const std::string_view expected : {"first", "second", "third", "fourth"}) {
        const auto assigns = sent<Assign>(broker.finish(1, running.second));
        REQUIRE(assigns.size() == 1);
        CHECK(assigns.front().second->params.bytes.view() == expected);
        running.second = assigns.front().second->attempt;
    }
}

TEST_CASE("submit: a draining broker refuses, runs what waits, and stops") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto first = only_assign(broker.call());
    broker.call();
    CHECK(broker.operate(DrainBroker{}).stops.empty());
    CHECK(refused_with(broker.submit({})) == Errc::Draining);
    const auto second = only_assign(broker.finish(1, first.second));
    CHECK(broker.effects.stops.empty());
    const Effects& effects = broker.finish(1, second.second);
    REQUIRE(effects.stops.size() == 1);
    CHECK_FALSE(effects.stops.front().failed);
    CHECK(sent<Disconnect>(effects).size() == 1);
}

TEST_CASE("submit: a drain ends at its limit although work goes on") {
    Broker broker;
    broker.ready(1, {"X"});
    broker.call();
    broker.operate(DrainBroker{});
    CHECK(broker.wait(9999ms).stops.empty());
    CHECK(broker.wait(1ms).stops.size() == 1);
}
