// Cancelling: waiting jobs end at once, running ones when their worker says so or its grace is
// over.
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using base::Errc;
using model::EventKind;
using model::JobId;
using model::JobState;
using model::Verdict;

namespace {

CancelJobs these(std::vector<JobId> jobs) {
    CancelJobs cancel;
    cancel.which.jobs = std::move(jobs);
    return cancel;
}

std::size_t cancel(Broker& broker, const JobId& job) {
    return changed(broker.operate(these({job})));
}

}  // namespace

TEST_CASE("cancel: a waiting job ends at once, whatever it waits for") {
    Broker broker(patient_knowing({"X", "Y"}));
    const JobId ready = taken_id(broker.submit({}));
    const JobId scheduled = taken_id(broker.submit(Call{}.with([](auto& o) { o.delay = 1h; })));
    const JobId blocked = taken_id(broker.submit(Call{}.with([&](auto& o) { o.after = {ready}; })));
    for (const JobId& job : {blocked, scheduled, ready}) {
        CHECK(cancel(broker, job) == 1);
        CHECK(state_of(broker, job) == JobState::Cancelled);
        CHECK(status(broker, job).job.text == "was cancelled");
    }
    CHECK(sent<Assign>(broker.ready(1, {"X"})).empty());
    CHECK(broker.core.counters().cancelled == 3);
}

TEST_CASE("cancel: the answer waits for the record, and so does the event") {
    Broker broker(patient_knowing({"X", "Y"}));
    const JobId job = taken_id(broker.submit({}));
    const Effects& effects = broker.operate(these({job}));
    REQUIRE(effects.appends.size() == 1);
    CHECK(effects.sends.front().after == effects.appends.front().seq);
    CHECK(effects.announces.back().kind == EventKind::Cancelled);
    CHECK(effects.announces.back().after == effects.appends.front().seq);
}

TEST_CASE("cancel: only what waited in its queue has left it") {
    Broker broker(patient_knowing({"X", "Y"}));
    const JobId ready = taken_id(broker.submit({}));
    const JobId scheduled = taken_id(broker.submit(Call{}.with([](auto& o) { o.delay = 1h; })));
    broker.operate(these({ready}));
    CHECK(events(broker.effects) == std::vector{EventKind::Dequeued, EventKind::Cancelled});
    broker.operate(these({scheduled}));
    CHECK(events(broker.effects) == std::vector{EventKind::Cancelled});
}

TEST_CASE("cancel: who waits for the job is told") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.call();
    const JobId job = ask<model::JobReport>(broker, QueryKind::Jobs).rows.front().id;
    broker.apply(Await{at(50), job, 1h});
    const auto results = sent<JobResult>(broker.operate(these({job})));
    CHECK(results.size() == 2);
    for (const auto& [to, result] : results) {
        CHECK(result->state == JobState::Cancelled);
        CHECK(result->text == "was cancelled");
    }
}

TEST_CASE("cancel: a running job's worker is told to stop, and the job ends when it does") {
    for (const Verdict verdict : {Verdict::Failed, Verdict::FailedForGood, Verdict::Succeeded}) {
        Broker broker(patient_knowing({"X", "Y"}));
        broker.ready(1, {"X"});
        const auto job = only_assign(broker.submit({}));
        CHECK(cancel(broker, job.second.job) == 1);
        const auto stops = sent<StopAttempt>(broker.effects);
        REQUIRE(stops.size() == 1);
        CHECK(stops.front().second->attempt == job.second);
        CHECK(events(broker.effects) == std::vector{EventKind::Cancelling});
        CHECK(state_of(broker, job.second.job) == JobState::Active);
        broker.finish(1, job.second, verdict);
        // Also when it has succeeded meanwhile: cancelled never completes.
        CHECK(events(broker.effects) == std::vector{EventKind::Cancelled});
        CHECK(state_of(broker, job.second.job) == JobState::Cancelled);
        CHECK(sent<Assign>(broker.submit({})).size() == 1);
    }
}

TEST_CASE("cancel: one that wants another time instead does not get it") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    cancel(broker, job.second.job);
    Finish snooze;
    snooze.from = Peer{1};
    snooze.attempt = job.second;
    snooze.outcome.verdict = Verdict::Snoozed;
    snooze.outcome.again_in = 1s;
    broker.apply(snooze);
    CHECK(state_of(broker, job.second.job) == JobState::Cancelled);
}

TEST_CASE("cancel: after the grace the job ends, and a late result of it is ignored") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    cancel(broker, job.second.job);
    broker.wait(4999ms);
    CHECK(state_of(broker, job.second.job) == JobState::Active);
    broker.wait(1ms);
    CHECK(state_of(broker, job.second.job) == JobState::Cancelled);
    // Its worker is still at it: the slot is not free.
    CHECK(sent<Assign>(broker.submit({})).empty());
    const std::uint64_t late = broker.core.counters().late_results;
    CHECK(sent<Assign>(broker.finish(1, job.second)).size() == 1);
    CHECK(broker.core.counters().late_results == late + 1);
    CHECK(state_of(broker, job.second.job) == JobState::Cancelled);
}

TEST_CASE("cancel: an attempt's time limit does not give a cancelled job a second grace") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(Call{}.with([](auto& o) { o.time_limit = 2s; })));
    broker.wait(2s);
    REQUIRE(sent<StopAttempt>(broker.effects).size() == 1);
    broker.wait(1s);
    CHECK(cancel(broker, job.second.job) == 1);
    broker.wait(3999ms);
    CHECK(state_of(broker, job.second.job) == JobState::Active);
    broker.wait(1ms);
    CHECK(state_of(broker, job.second.job) == JobState::Cancelled);
}

TEST_CASE("cancel: a job whose worker is lost meanwhile ends, and is not given to another") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    broker.ready(2, {"X"});
    cancel(broker, job.second.job);
    CHECK(sent<Assign>(broker.apply(PeerLost{Peer{1}})).empty());
    CHECK(state_of(broker, job.second.job) == JobState::Cancelled);
}

TEST_CASE("cancel: twice is once, and the second answer is no earlier than the first's record") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    CHECK(cancel(broker, job.second.job) == 1);
    const Seq recorded = broker.effects.appends.front().seq;
    CHECK(cancel(broker, job.second.job) == 0);
    CHECK(sent<StopAttempt>(broker.effects).empty());
    CHECK(broker.effects.appends.empty());
    CHECK(broker.effects.sends.front().after >= recorded);
}

// The connection with the answer may have broken: then the wish comes again.
TEST_CASE("cancel: what is cancelled already is no error, and answered no earlier") {
    Broker broker(patient_knowing({"X", "Y"}));
    const JobId waiting = taken_id(broker.submit({}));
    CHECK(cancel(broker, waiting) == 1);
    const Seq recorded = broker.effects.appends.front().seq;
    CHECK(cancel(broker, waiting) == 0);
    CHECK(broker.effects.appends.empty());
    CHECK(broker.effects.announces.empty());
    CHECK(broker.effects.sends.front().after >= recorded);

    broker.ready(1, {"X"});
    const auto running = only_assign(broker.submit({}));
    CHECK(cancel(broker, running.second.job) == 1);
    broker.finish(1, running.second, Verdict::Failed);
    CHECK(cancel(broker, running.second.job) == 0);
    CHECK(state_of(broker, running.second.job) == JobState::Cancelled);
    // It still cannot be edited, and was no dead letter.
    CHECK(refused_with(broker.operate(EditJob{waiting, 1, {}})) == Errc::WrongState);
    RetryDead retry;
    retry.which.jobs = {waiting};
    CHECK(refused_with(broker.operate(std::move(retry))) == Errc::WrongState);
}

TEST_CASE("cancel: who is refused because the job has ended can rely on that") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    broker.finish(1, job.second);
    REQUIRE(!broker.effects.appends.empty());
    const Seq recorded = broker.effects.appends.back().seq;
    CHECK(refused_with(broker.operate(these({job.second.job}))) == Errc::WrongState);
    CHECK(broker.effects.sends.front().after >= recorded);
}

TEST_CASE("cancel: what the worker says of its progress does not become the reason") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    cancel(broker, job.second.job);
    Progress progress;
    progress.from = Peer{1};
    progress.attempt = job.second;
    progress.done = 1;
    progress.total = 2;
    progress.text = "half of it";
    broker.apply(progress);
    broker.finish(1, job.second, Verdict::Failed);
    CHECK(status(broker, job.second.job).job.text == "was cancelled");
}

TEST_CASE("cancel: a job given ahead ends when its worker gives it back") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.facts_tell_all = false;
    broker.ready(1, {"X"}, 1, 10);
    for (int i = 0; i < 3; ++i) {
        broker.finish(1, only_assign(broker.call()).second);  // it is fast
    }
    const auto running = only_assign(broker.submit({}));
    const auto ahead = only_assign(broker.submit({}));
    CHECK(cancel(broker, ahead.second.job) == 1);
    CHECK(sent<StopAttempt>(broker.effects).size() == 1);
    broker.apply(Return{Peer{1}, 0, {ahead.second}});
    CHECK(state_of(broker, ahead.second.job) == JobState::Cancelled);
    CHECK(state_of(broker, running.second.job) == JobState::Active);
}

TEST_CASE("cancel: a job given ahead ends after the grace, running by then or not") {
    for (const bool comes_to_run : {false, true}) {
        Broker broker(patient_knowing({"X", "Y"}));
        broker.facts_tell_all = false;
        broker.ready(1, {"X"}, 1, 10);
        for (int i = 0; i < 3; ++i) {
            broker.finish(1, only_assign(broker.call()).second);
        }
        const auto running = only_assign(broker.submit({}));
        const auto ahead = only_assign(broker.submit({}));
        cancel(broker, ahead.second.job);
        broker.wait(1s);
        if (comes_to_run) {
            broker.finish(1, running.second);
        }
        broker.wait(3999ms);
        CHECK(state_of(broker, ahead.second.job) == JobState::Active);
        broker.wait(1ms);
        CHECK(state_of(broker, ahead.second.job) == JobState::Cancelled);
    }
}

TEST_CASE("cancel: a job that is not known or has ended is refused, and says why") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"});
    CHECK(refused_with(broker.operate(these({{1, 2}}))) == Errc::UnknownJob);
    const auto job = only_assign(broker.submit({}));
    broker.finish(1, job.second);
    CHECK(refused_with(broker.operate(these({job.second.job}))) == Errc::WrongState);
    CHECK(sent<Refused>(broker.effects).front().second->error.message.find("succeeded") !=
          std::string::npos);
    // Of several, those that can be are.
    const auto other = only_assign(broker.submit({}));
    CHECK(changed(broker.operate(these({{1, 2}, job.second.job, other.second.job}))) == 1);
}

TEST_CASE("cancel: a dead letter is not cancelled") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    broker.finish(1, job.second, Verdict::FailedForGood);
    CHECK(cancel(broker, job.second.job) == 0);
    CHECK(state_of(broker, job.second.job) == JobState::Dead);
}

TEST_CASE("cancel: filters by service, context, group, batch and state must all hold") {
    Broker broker(patient_knowing({"X", "Y"}));
    OpenBatch open;
    open.name = "b";
    broker.operate(open);
    const auto add = [&](std::string name, const char* context, const char* group, bool batch) {
        Call call;
        call.name = std::move(name);
        call.options.context = context;
        call.options.group = group;
        call.options.batch = batch ? "b" : "";
        return taken_id(broker.submit(call));
    };
    const JobId plain = add("X", "", "", false);
    const JobId in_context = add("X", "c", "", false);
    const JobId in_group = add("X", "c", "g", false);
    const JobId in_batch = add("Y", "c", "g", true);
    const auto would = [&](JobFilter filter) {
        return ask<model::ListReport>(broker, QueryKind::List, std::move(filter)).rows.size();
    };
    JobFilter filter;
    filter.context = "c";
    CHECK(would(filter) == 3);
    filter.group = "g";
    CHECK(would(filter) == 2);
    filter.batch = "b";
    CHECK(would(filter) == 1);
    filter.service = "X";
    CHECK(would(filter) == 0);
    CHECK(changed(broker.operate(CancelJobs{filter, 0})) == 0);
    filter = {};
    filter.service = "nobody";
    CHECK(changed(broker.operate(CancelJobs{filter, 0})) == 0);
    filter = {};
    filter.group = "g";
    filter.service = "X";
    CHECK(changed(broker.operate(CancelJobs{filter, 0})) == 1);
    CHECK(state_of(broker, in_group) == JobState::Cancelled);
    filter = {};
    filter.batch = "b";
    filter.states = only(JobState::Active);
    CHECK(changed(broker.operate(CancelJobs{filter, 0})) == 0);
    filter.states = 0;
    CHECK(changed(broker.operate(CancelJobs{filter, 0})) == 1);
    CHECK(state_of(broker, in_batch) == JobState::Cancelled);
    filter = {};
    filter.context = plain.text();  // a job without a context has its id as one
    CHECK(changed(broker.operate(CancelJobs{filter, 0})) == 1);
    CHECK(state_of(broker, plain) == JobState::Cancelled);
    CHECK(state_of(broker, in_context) == JobState::Ready);
}

TEST_CASE("cancel: of very many jobs some are cancelled at a time, until all are") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.facts_tell_all = false;
    constexpr std::size_t kMany = 10'000;
    Effects effects;
    for (std::size_t i = 0; i < kMany; ++i) {
        Submit submit;
        submit.from = at(100, i);
        submit.spec.service = service("X");
        effects.clear();
        broker.core.apply(broker.now, std::move(submit), effects);
    }
    std::size_t sum = 0;
    Cursor from = 0;
    std::size_t steps = 0;
    do {
        CancelJobs step;
        step.which.service = "X";
        step.from = from;
        const auto answers = sent<Done>(broker.operate(step));
        REQUIRE(answers.size() == 1);
        CHECK(answers.front().second->changed <= 4096);
        sum += answers.front().second->changed;
        from = answers.front().second->next;
        ++steps;
    } while (from != 0 && steps < 100);
    CHECK(sum == kMany);
    CHECK(steps <= 4);  // those in the store and those in memory are steps of their own
}

TEST_CASE("cancel: a cursor of any number hurts nobody") {
    Broker broker(patient_knowing({"X", "Y"}));
    broker.submit({});
    for (const Cursor from : {Cursor{1}, Cursor{2000}, Cursor{UINT32_MAX}, Cursor{UINT64_MAX}}) {
        CancelJobs step;
        step.which.service = "X";
        step.from = from;
        CHECK(changed(broker.operate(step)) == 0);
        CHECK(ask<model::ListReport>(broker, QueryKind::List, {}, from).rows.empty());
        CHECK(ask<model::GroupReport>(broker, QueryKind::Groups, {}, from).rows.empty());
        CHECK(ask<model::BatchReport>(broker, QueryKind::Batches, {}, from).rows.empty());
    }
}
