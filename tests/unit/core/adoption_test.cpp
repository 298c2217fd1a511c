// Attempts that workers bring back: which are believed, and what a later restart knows of them.
#include "broker/core/job.hpp"
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using model::JobState;
using model::Verdict;

namespace {

Ready returning(std::uint64_t peer, const model::Attempt& attempt) {
    Ready ready;
    ready.from = at(peer);
    ready.name = "test";
    ready.services = {service("X")};
    ready.heartbeat_interval = 10'000h;
    ready.beats_while_busy = true;
    ready.running = {{attempt, {7, 1}, service("X")}};
    return ready;
}

// The broker dies with `facts` on disk and starts again an hour later.
class Second : public Broker {
public:
    Second(const Policy& settings, std::vector<Record> facts) : Broker(settings, later()) {
        for (Record& fact : facts) {
            REQUIRE(core.restore(fact));
            journal.push_back(std::move(fact));
        }
        core.check_invariants();
    }

private:
    static base::Now later() { return {base::MonoTime{5000s}, base::WallTime{1'700'003'600s}}; }
};

}  // namespace

TEST_CASE("adoption: an attempt whose fact did not reach the disk is believed, and becomes one") {
    std::vector<Record> facts;
    model::Attempt attempt;
    {
        Broker first(patient());
        first.ready(1, {"X"});
        attempt = only_assign(first.submit({})).second;
        facts = {first.journal.front()};  // of the start the disk knows nothing
    }
    Second second(patient(), facts);
    second.apply(returning(2, attempt));
    CHECK(state_of(second, attempt.job) == JobState::Active);
    CHECK(second.core.counters().readopted == 1);
    second.finish(2, attempt, Verdict::Failed);
    CHECK(status(second, attempt.job).job.failures == 1);
    check_restores(second);  // and a third start reads it all
}

TEST_CASE("adoption: a durable job that no fact tells of is safe before its client is told of it") {
    model::Attempt attempt;
    {
        Broker first(patient());
        first.facts_tell_all = false;
        first.ready(1, {"X"});
        attempt = only_assign(first.submit({})).second;
    }
    Second second(patient(), {});  // the broker died before anything was on the disk
    second.apply(returning(2, attempt));
    CHECK(second.journal.empty());
    Call again;
    again.number = 1;
    again.again = true;
    const Effects& effects = second.submit(again);
    REQUIRE(effects.sends.size() == 1);
    CHECK(std::get<JobTaken>(effects.sends.front().what).job == attempt.job);
    CHECK(effects.sends.front().after != 0);
    CHECK(second.journal.size() == 2);
    CHECK(status(second, attempt.job).job.state == JobState::Active);
    check_restores(second);
    second.finish(2, attempt);
    CHECK(status(second, attempt.job).job.state == JobState::Succeeded);
}

TEST_CASE("adoption: another attempt of it is what its client asked for") {
    model::Attempt attempt;
    const Call asked = Call{}.with([](auto& o) {
        o.channel = model::Label("gpu");
        o.context = model::Label("order");
        o.time_limit = 2s;
        o.memory_limit = 1U << 20U;
    });
    {
        Broker first(patient());
        first.facts_tell_all = false;
        Ready special;
        special.from = at(1);
        special.services = {service("X")};
        special.channels = {model::Label("gpu")};
        special.heartbeat_interval = 10'000h;
        first.apply(special);
        attempt = only_assign(first.submit(asked)).second;
    }
    Second second(patient(), {});
    second.apply(returning(2, attempt));
    Call again = asked;
    again.number = 1;
    again.again = true;
    second.submit(again);
    check_restores(second);
    CHECK(sent<Assign>(second.apply(PeerLost{Peer{2}})).empty());
    CHECK(sent<Assign>(second.ready(3, {"X"})).empty());  // does not serve the channel
    CHECK(status(second, attempt.job).job.channel == "gpu");
    Ready special;
    special.from = at(4);
    special.services = {service("X")};
    special.channels = {model::Label("gpu")};
    special.heartbeat_interval = 10'000h;
    special.beats_while_busy = true;
    const Effects& effects = second.apply(special);
    const auto assigns = sent<Assign>(effects);
    REQUIRE(assigns.size() == 1);
    CHECK(assigns.front().second->time_limit == 2s);
}

TEST_CASE("adoption: an attempt as far ahead as can be is believed, one further is not") {
    for (const std::uint32_t ahead : {kAttemptsUnwrittenMax, kAttemptsUnwrittenMax + 1}) {
        std::vector<Record> facts;
        model::Attempt attempt;
        {
            Broker first(patient());
            first.ready(1, {"X"});
            attempt = only_assign(first.submit({})).second;
            facts = first.journal;
        }
        Second second(patient(), facts);
        attempt.number += ahead;
        second.apply(returning(2, attempt));
        const bool is_believed = ahead == kAttemptsUnwrittenMax;
        CHECK(sent<StopAttempt>(second.effects).empty() == is_believed);
        CHECK((state_of(second, attempt.job) == JobState::Active) == is_believed);
        second.wait(3s);
    }
}

TEST_CASE("adoption: within one run of the broker nobody knows of attempts that it does not") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    auto attempt = only_assign(broker.submit({})).second;
    broker.apply(PeerLost{Peer{1}});
    attempt.number = 2;
    broker.apply(returning(2, attempt));
    CHECK(sent<StopAttempt>(broker.effects).size() == 1);
}

TEST_CASE("adoption: a worker that comes back was not lost, one before it may have been") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const auto first = only_assign(broker.submit({}));
    broker.apply(PeerLost{Peer{1}});
    const auto second = only_assign(broker.ready(2, {"X"}));
    broker.apply(PeerLost{Peer{2}});
    CHECK(status(broker, first.second.job).job.losses == 2);
    broker.apply(returning(3, second.second));
    CHECK(status(broker, first.second.job).job.losses == 1);
    check_restores(broker);
}

TEST_CASE("adoption: after a restart a worker that comes back does not undo an earlier loss") {
    std::vector<Record> facts;
    model::Attempt attempt;
    {
        Broker first(patient());
        first.ready(1, {"X"});
        first.submit({});
        first.apply(PeerLost{Peer{1}});
        attempt = only_assign(first.ready(2, {"X"})).second;
        facts = first.journal;
    }
    Second second(patient(), facts);
    second.apply(returning(3, attempt));
    CHECK(status(second, attempt.job).job.losses == 1);
    CHECK(second.effects.appends.empty());
}

TEST_CASE("adoption: an attempt that failed for its time limit is over, also when it comes back") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const Call call = Call{}.with([](auto& o) { o.time_limit = 2s; });
    const auto job = only_assign(broker.submit(call));
    broker.wait(7s);
    REQUIRE(state_of(broker, job.second.job) == JobState::Scheduled);
    broker.apply(PeerLost{Peer{1}});
    broker.apply(returning(2, job.second));
    CHECK(sent<StopAttempt>(broker.effects).size() == 1);
    CHECK(state_of(broker, job.second.job) == JobState::Scheduled);
    // It still occupies the worker's only slot.
    CHECK(sent<Assign>(broker.wait(10s)).empty());
    CHECK(only_assign(broker.finish(2, job.second)).second.number == 2);
}

TEST_CASE("adoption: an attempt that was given back is over") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    broker.apply(Goodbye{Peer{1}, true});
    broker.apply(Return{Peer{1}, 0, {job.second}});
    broker.apply(returning(2, job.second));
    CHECK(sent<StopAttempt>(broker.effects).size() == 1);
    CHECK(state_of(broker, job.second.job) == JobState::Ready);
}

TEST_CASE("adoption: what an operator has retried begins anew") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    broker.finish(1, job.second, Verdict::FailedForGood);
    broker.apply(PeerLost{Peer{1}});
    broker.operate(RetryDead{only_job(job.second.job), 0});
    broker.apply(returning(2, job.second));
    CHECK(sent<StopAttempt>(broker.effects).size() == 1);
}

TEST_CASE("adoption: a cancelled job that comes back after a restart is told to stop") {
    std::vector<Record> facts;
    model::Attempt attempt;
    {
        Broker first(patient());
        first.ready(1, {"X"});
        attempt = only_assign(first.submit({})).second;
        first.operate(CancelJobs{only_job(attempt.job), 0});
        facts = first.journal;
    }
    Second second(patient(), facts);
    CHECK(state_of(second, attempt.job) == JobState::Scheduled);  // its worker may come
    second.apply(returning(2, attempt));
    CHECK(sent<StopAttempt>(second.effects).size() == 1);
    second.finish(2, attempt);
    CHECK(state_of(second, attempt.job) == JobState::Cancelled);
}

TEST_CASE("adoption: a cancelled job whose worker does not come back ends when all is settled") {
    std::vector<Record> facts;
    model::JobId job;
    {
        Broker first(patient());
        first.ready(1, {"X"});
        job = only_assign(first.submit({})).second.job;
        first.operate(CancelJobs{only_job(job), 0});
        facts = first.journal;
    }
    Second second(patient(), facts);
    second.ready(2, {"X"});
    CHECK(sent<Assign>(second.wait(2999ms)).empty());
    CHECK(state_of(second, job) == JobState::Scheduled);
    CHECK(sent<Assign>(second.wait(1ms)).empty());
    CHECK(state_of(second, job) == JobState::Cancelled);
}

TEST_CASE("adoption: a job whose instant has come waits for its worker like any other") {
    std::vector<Record> facts;
    {
        Broker first(patient());
        first.ready(1, {"X"});
        first.submit(Call{}.with([&](auto& o) { o.run_at = first.now.wall + 10s; }));
        first.wait(11s);
        facts = {first.journal.front()};
    }
    Second second(patient(), facts);
    second.ready(2, {"X"});
    CHECK(sent<Assign>(second.wait(2999ms)).empty());
    CHECK(sent<Assign>(second.wait(1ms)).size() == 1);
}

TEST_CASE("a worker that announces itself again keeps the time limits of what it runs") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    broker.submit(Call{}.with([](auto& o) { o.time_limit = 2s; }));
    broker.wait(1s);
    broker.ready(1, {"X", "Y"});
    CHECK(sent<StopAttempt>(broker.wait(999ms)).empty());
    CHECK(sent<StopAttempt>(broker.wait(1ms)).size() == 1);
}

TEST_CASE("a worker that announces itself again does not get back slots that are in use") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 3);
    std::vector<model::Attempt> attempts;
    for (int i = 0; i < 3; ++i) {
        const Call call = Call{}.with([](auto& o) {
            o.time_limit = 1s;
            o.max_attempts = 1;
        });
        attempts.push_back(only_assign(broker.submit(call)).second);
    }
    broker.wait(6s);  // all are given up, and still occupy their slots
    broker.ready(1, {"X"}, 1);
    CHECK(sent<Assign>(broker.submit({})).empty());
    CHECK(sent<Assign>(broker.finish(1, attempts[0])).size() == 1);
}

TEST_CASE("a worker that announces a void attempt twice has its slot back once that has ended") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 2);
    const auto known = only_assign(broker.submit({})).second;
    broker.finish(1, known, model::Verdict::Succeeded, 10s);  // slow: nothing is given ahead
    Ready ready;
    ready.from = at(1);
    ready.name = "test";
    ready.concurrency = 2;
    ready.credit_max = 2;
    ready.services = {service("X")};
    ready.beats_while_busy = true;
    ready.running = {{{{known.job.epoch, 999}, 1}, {}, service("X")}};
    broker.apply(ready);
    broker.apply(ready);
    broker.finish(1, ready.running.front().attempt, model::Verdict::Succeeded, 10s);
    CHECK(sent<Assign>(broker.submit({})).size() == 1);
    CHECK(sent<Assign>(broker.submit({})).size() == 1);
}

TEST_CASE("a worker's new services may need the room of those that nobody needs any more") {
    Policy policy = patient();
    policy.limits.services_max = 2;
    Broker broker(policy);
    Call held;
    held.name = "old";
    held.unknown = UnknownService::Hold;
    held.options.expires_in = 1s;
    held.options.durable = false;
    broker.submit(held);
    broker.wait(2s);
    CHECK(sent<Welcome>(broker.ready(1, {"A", "B"})).size() == 1);
    CHECK(sent<Assign>(broker.call("A")).size() == 1);
    CHECK(sent<Disconnect>(broker.ready(2, {"A", "B", "C"})).size() == 1);
}

TEST_CASE(
    "adoption: a call whose result went with the broker runs again, and both that resent hear it") {
    std::vector<Record> facts;
    Call call;
    call.number = 1;
    call.options.sync = true;
    call.options.durable = true;
    {
        Broker first(patient());
        first.ready(1, {"X"});
        const auto job = only_assign(first.submit(call));
        first.finish(1, job.second);
        facts = first.journal;
    }
    Second second(patient(), facts);
    second.ready(1, {"X"});
    call.again = true;
    for (const std::uint64_t connection : {101U, 102U}) {
        call.peer = connection;
        CHECK(second.submit(call).sends.empty());  // until the broker has settled
    }
    const auto job = only_assign(second.wait(5s));
    const auto answers = sent<JobResult>(second.finish(1, job.second));
    REQUIRE(answers.size() == 2);
    CHECK(answers.front().first.peer == Peer{102});
    CHECK(answers.back().first.peer == Peer{101});  // the other may have been read late
}
