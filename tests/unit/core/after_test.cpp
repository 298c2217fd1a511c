// Jobs that wait for others to succeed, and die with them.
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using base::Errc;
using model::JobId;
using model::JobState;
using model::Verdict;

namespace {

Policy known_service() {
    Policy policy = patient_knowing({"X"});
    policy.ahead = base::Duration::zero();
    return policy;
}

Call after(std::vector<JobId> parents, std::string params = "p") {
    Call call;
    call.params = std::move(params);
    call.options.after = std::move(parents);
    return call;
}

JobId add(Broker& broker, const std::string& params, std::vector<JobId> parents = {}) {
    return taken_id(broker.submit(after(std::move(parents), params)));
}

// Ends a job that runs on worker 1.
void end(Broker& broker, const JobId& id, Verdict verdict = Verdict::Succeeded) {
    broker.finish(1, {id, 0}, verdict);
}

std::string text_of(Broker& broker, const JobId& id) {
    return status(broker, id).job.text;
}

}  // namespace

TEST_CASE("after: a job is blocked until what it waits for has succeeded, and then runs") {
    Broker broker(known_service());
    const JobId parent = add(broker, "1");
    const JobId child = add(broker, "2", {parent});
    CHECK(events(broker.effects) ==
          std::vector{model::EventKind::Received, model::EventKind::Blocked});
    CHECK(state_of(broker, child) == JobState::Blocked);
    broker.ready(1, {"X"}, 5);
    CHECK(sent<Assign>(broker.effects).size() == 1);
    end(broker, parent);
    CHECK(only_assign(broker.effects).second.job == child);
}

TEST_CASE("after: in a chain each waits for the one before") {
    Broker broker(known_service());
    JobId last = add(broker, "0");
    for (int i = 1; i < 50; ++i) {
        last = add(broker, "," + std::to_string(i), {last});
    }
    broker.ready(1, {"X"}, 10);
    std::string expected = "0";
    for (int i = 1; i < 50; ++i) {
        expected += "," + std::to_string(i);
    }
    CHECK(work_off(broker, 1) == expected);
}

TEST_CASE("after: a diamond's end waits for both of its sides") {
    Broker broker(known_service());
    const JobId top = add(broker, "top");
    const JobId left = add(broker, "left", {top});
    const JobId right = add(broker, "right", {top});
    const JobId bottom = add(broker, "bottom", {left, right, top});
    broker.ready(1, {"X"}, 5);
    end(broker, top);
    CHECK(sent<Assign>(broker.effects).size() == 2);
    end(broker, right);
    CHECK(sent<Assign>(broker.effects).empty());
    CHECK(state_of(broker, bottom) == JobState::Blocked);
    end(broker, left);
    CHECK(only_assign(broker.effects).second.job == bottom);
}

TEST_CASE("after: ten thousand jobs may be waited for by one, and one by ten thousand") {
    Broker broker(known_service());
    constexpr std::size_t kMany = 10'000;
    const JobId first = taken_id(broker.submit({}));
    broker.core.set_announcing({});
    std::vector<JobId> middle;
    Effects effects;
    // Without a check of all rules after each.
    for (std::size_t i = 0; i < kMany; ++i) {
        Submit submit;
        submit.from = at(100, i);
        submit.spec = {service("X"), {}, after({first}).options};
        effects.clear();
        broker.core.apply(broker.now, std::move(submit), effects);
        middle.push_back(taken_id(effects));
    }
    const JobId last = add(broker, "last", middle);
    broker.ready(1, {"X"}, static_cast<std::uint32_t>(kMany) + 1);
    end(broker, first);
    CHECK(sent<Assign>(broker.effects).size() == kMany);
    for (const JobId& id : middle) {
        CHECK(effects.stops.empty());
        Finish finish;
        finish.from = Peer{1};
        finish.attempt = {id, 0};
        effects.clear();
        broker.core.apply(broker.now, finish, effects);
    }
    CHECK(only_assign(effects).second.job == last);
    broker.core.check_invariants();
    broker.facts_tell_all = false;  // the facts of those steps were not kept
}

TEST_CASE("after: an id twice is one wait, and it ends") {
    Broker broker(known_service());
    const JobId parent = add(broker, "1");
    const JobId child = add(broker, "2", {parent, parent});
    broker.ready(1, {"X"});
    end(broker, parent);
    CHECK(only_assign(broker.effects).second.job == child);
}

TEST_CASE("after: what has succeeded already is no reason to wait, as long as that is known") {
    Broker broker(known_service());
    broker.ready(1, {"X"});
    const JobId parent = add(broker, "1");
    end(broker, parent);
    CHECK(sent<Assign>(broker.submit(after({parent}))).size() == 1);
    broker.wait(1h - 1us);
    CHECK(sent<JobTaken>(broker.submit(after({parent}))).size() == 1);
    broker.wait(1us);
    CHECK(refused_with(broker.submit(after({parent}))) == Errc::UnknownDependency);
}

TEST_CASE("after: an id that is not known, or can never succeed, is refused") {
    Broker broker(known_service());
    CHECK(refused_with(broker.submit(after({{1, 2}}))) == Errc::UnknownDependency);
    broker.ready(1, {"X"}, 5);
    const JobId dead = add(broker, "1");
    end(broker, dead, Verdict::FailedForGood);
    CHECK(refused_with(broker.submit(after({dead}))) == Errc::UnknownDependency);
    const JobId cancelling = add(broker, "2");
    broker.operate(CancelJobs{only_job(cancelling), 0});
    CHECK(refused_with(broker.submit(after({cancelling}))) == Errc::UnknownDependency);
    end(broker, cancelling);
    CHECK(state_of(broker, cancelling) == JobState::Cancelled);
    CHECK(refused_with(broker.submit(after({cancelling}))) == Errc::UnknownDependency);
    // Of several, one is enough; and nothing was taken in.
    const JobId good = add(broker, "3");
    CHECK(refused_with(broker.submit(after({good, dead}))) == Errc::UnknownDependency);
    CHECK(ask<model::BrokerReport>(broker, QueryKind::Broker).blocked == 0);
}

TEST_CASE("after: a job dies with what it waits for, with the reason, and so do those behind it") {
    Broker broker(known_service());
    broker.ready(1, {"X"});
    const JobId parent = add(broker, "1");
    const JobId other = add(broker, "o");
    const JobId child = add(broker, "2", {other, parent});
    const JobId grandchild = add(broker, "3", {child});
    end(broker, parent, Verdict::FailedForGood);
    CHECK(state_of(broker, child) == JobState::Dead);
    CHECK(state_of(broker, grandchild) == JobState::Dead);
    CHECK(text_of(broker, child).find(parent.text()) != std::string::npos);
    CHECK(text_of(broker, child).find("broke") != std::string::npos);
    CHECK(text_of(broker, grandchild).find(child.text()) != std::string::npos);
    CHECK(status(broker, child).job.attempt == 0);
}

TEST_CASE("after: a long chain that dies tells reasons of a bounded length") {
    Broker broker(known_service());
    broker.ready(1, {"X"});
    const JobId first = add(broker, "0");
    JobId last = first;
    for (int i = 0; i < 200; ++i) {
        last = add(broker, "c", {last});
    }
    end(broker, first, Verdict::FailedForGood);
    CHECK(state_of(broker, last) == JobState::Dead);
    CHECK(text_of(broker, last).size() <= model::kTextBytesMax);
}

TEST_CASE("after: a cancelled, expired or purged job takes those that wait for it along") {
    Broker broker(known_service());
    const auto dies = [&](const JobId& parent, auto&& end_it) {
        const JobId child = add(broker, "c", {parent});
        end_it();
        CHECK(state_of(broker, child) == JobState::Dead);
    };
    const JobId cancelled = add(broker, "1");
    dies(cancelled, [&] { broker.operate(CancelJobs{only_job(cancelled), 0}); });
    const JobId expired = taken_id(broker.submit(Call{}.with([](auto& o) { o.expires_in = 1s; })));
    dies(expired, [&] { broker.wait(1s); });
    const JobId purged = add(broker, "2");
    PurgeQueue purge;
    purge.which.service = "X";
    purge.which.states = only(JobState::Ready);
    dies(purged, [&] { broker.operate(purge); });
    broker.ready(1, {"X"});
    const JobId running = add(broker, "3");
    broker.operate(CancelJobs{only_job(running), 0});
    const JobId late = add(broker, "4");
    dies(late, [&] { broker.operate(CancelJobs{only_job(late), 0}); });
}

TEST_CASE("after: a sync job that waits fails with what it waits for, and its client is told") {
    Broker broker(known_service());
    broker.ready(1, {"X"});
    const JobId parent = add(broker, "1");
    Call call = after({parent});
    call.options.sync = true;
    broker.submit(call);
    end(broker, parent, Verdict::FailedForGood);
    const auto results = sent<JobResult>(broker.effects);
    REQUIRE(results.size() == 1);
    CHECK(results.front().second->state == JobState::Failed);
    CHECK(results.front().second->text.find(parent.text()) != std::string::npos);
}

TEST_CASE("after: failures that are tried again keep others waiting, and hurt nobody") {
    Broker broker(known_service());
    broker.ready(1, {"X"});
    const JobId parent = add(broker, "1");
    const JobId child = add(broker, "2", {parent});
    end(broker, parent, Verdict::Failed);
    CHECK(state_of(broker, child) == JobState::Blocked);
    broker.wait(10s);
    end(broker, parent);
    CHECK(state_of(broker, child) == JobState::Active);
}

TEST_CASE("after: a blocked job expires, is cancelled and is edited like any that waits") {
    Broker broker(known_service());
    broker.ready(1, {"X"}, 5);
    const JobId parent = add(broker, "1");
    const JobId expires =
        taken_id(broker.submit(after({parent}).with([](auto& o) { o.expires_in = 1s; })));
    const JobId cancelled = add(broker, "3", {parent});
    const JobId edited = add(broker, "4", {parent});
    broker.wait(1s);
    CHECK(state_of(broker, expires) == JobState::Expired);
    broker.operate(CancelJobs{only_job(cancelled), 0});
    CHECK(state_of(broker, cancelled) == JobState::Cancelled);
    broker.operate(EditJob{edited, 9000, 1min});
    CHECK(state_of(broker, edited) == JobState::Blocked);
    end(broker, parent);
    CHECK(sent<Assign>(broker.effects).empty());
    CHECK(state_of(broker, edited) == JobState::Scheduled);
    CHECK(only_assign(broker.wait(1min)).second.job == edited);
}

TEST_CASE("after: a delay counts from the acceptance, and a job may wait for both") {
    Broker broker(known_service());
    broker.ready(1, {"X"}, 5);
    const JobId parent = add(broker, "1");
    const JobId child =
        taken_id(broker.submit(after({parent}).with([](auto& o) { o.delay = 10s; })));
    broker.wait(4s);
    end(broker, parent);
    CHECK(state_of(broker, child) == JobState::Scheduled);
    CHECK(sent<Assign>(broker.wait(5999ms)).empty());
    CHECK(only_assign(broker.wait(1ms)).second.job == child);
}

TEST_CASE("after: a dead parent that is retried does not bring back those that died with it") {
    Broker broker(known_service());
    broker.ready(1, {"X"}, 5);
    const JobId parent = add(broker, "1");
    const JobId child = add(broker, "2", {parent});
    end(broker, parent, Verdict::FailedForGood);
    broker.operate(RetryDead{only_job(parent), 0});
    end(broker, parent);
    CHECK(state_of(broker, parent) == JobState::Succeeded);
    CHECK(state_of(broker, child) == JobState::Dead);
    // Retried itself it has nothing to wait for any more.
    broker.operate(RetryDead{only_job(child), 0});
    CHECK(only_assign(broker.effects).second.job == child);
}

TEST_CASE("after: a whole tree that died is retried in whatever order, and runs in its own") {
    for (const bool child_first : {false, true}) {
        CAPTURE(child_first);
        Broker broker(known_service());
        broker.ready(1, {"X"}, 5);
        const JobId parent = add(broker, "1");
        const JobId child = add(broker, "2", {parent});
        const JobId grandchild = add(broker, "3", {child, parent});
        end(broker, parent, Verdict::FailedForGood);
        RetryDead retry;
        retry.which.jobs = {parent, child, grandchild};
        if (child_first) {
            std::ranges::reverse(retry.which.jobs);
        }
        CHECK(changed(broker.operate(retry)) == 3);
        CHECK(only_assign(broker.effects).second.job == parent);
        CHECK(state_of(broker, child) == JobState::Blocked);
        check_restores(broker);
        end(broker, parent);
        CHECK(only_assign(broker.effects).second.job == child);
        end(broker, child);
        CHECK(only_assign(broker.effects).second.job == grandchild);
    }
}

TEST_CASE("after: a retried job waits for a dead letter until that is retried or discarded") {
    Broker broker(known_service());
    broker.ready(1, {"X"}, 5);
    const JobId parent = add(broker, "1");
    const JobId child = add(broker, "2", {parent});
    end(broker, parent, Verdict::FailedForGood);
    broker.operate(RetryDead{only_job(child), 0});
    CHECK(state_of(broker, child) == JobState::Blocked);
    // Dies again with it.
    broker.operate(RetryDead{only_job(parent), 0});
    end(broker, parent, Verdict::FailedForGood);
    CHECK(state_of(broker, child) == JobState::Dead);
    broker.operate(RetryDead{only_job(child), 0});
    CHECK(state_of(broker, child) == JobState::Blocked);
    broker.operate(DiscardDead{only_job(parent), 0});
    CHECK(state_of(broker, child) == JobState::Dead);
    // Now nothing is left to wait for.
    broker.operate(RetryDead{only_job(child), 0});
    CHECK(state_of(broker, child) == JobState::Active);
}

TEST_CASE("after: a retried job waits for one that is not durable, and its facts say so") {
    Broker broker(known_service());
    broker.facts_tell_all = false;
    const JobId fleeting = taken_id(broker.submit(Call{}.with([](auto& o) { o.durable = false; })));
    const JobId parent = add(broker, "2");
    const JobId child = add(broker, "3", {fleeting, parent});
    broker.operate(CancelJobs{only_job(parent), 0});
    CHECK(state_of(broker, child) == JobState::Dead);
    broker.operate(RetryDead{only_job(child), 0});
    CHECK(state_of(broker, child) == JobState::Blocked);
    CHECK(std::get<JobRetried>(broker.journal.back()).after == std::vector{fleeting});
    restored(broker)->check_invariants();  // there it dies, for the other is gone
    broker.ready(1, {"X"});
    end(broker, fleeting);
    CHECK(state_of(broker, child) == JobState::Active);
    restored(broker)->check_invariants();
}

TEST_CASE("after: jobs may wait for so many others together and not for one more") {
    Policy policy = known_service();
    policy.limits.dependents_max = 5;
    Broker broker(policy);
    const JobId a = add(broker, "a");
    const JobId b = add(broker, "b");
    const JobId first = add(broker, "1", {a, b});
    add(broker, "2", {a, b});
    CHECK(refused_with(broker.submit(after({a, b}))) == Errc::TooManyJobs);
    add(broker, "3", {a});
    CHECK(refused_with(broker.submit(after({a}))) == Errc::TooManyJobs);
    broker.operate(CancelJobs{only_job(first), 0});
    add(broker, "4", {a, b});
}

TEST_CASE("after: what a durable job knows of one that is not is a fact of its own") {
    Broker broker(known_service());
    broker.ready(1, {"X"});
    const JobId parent = taken_id(broker.submit(Call{}.with([](auto& o) { o.durable = false; })));
    const JobId child = add(broker, "2", {parent});
    end(broker, parent);
    CHECK(std::holds_alternative<DependencyMet>(broker.effects.appends.front().record));
    CHECK(state_of(broker, child) == JobState::Active);
}

TEST_CASE("after: a job that waits for one that a restart has lost dies when all is settled") {
    Broker broker(known_service());
    broker.facts_tell_all = false;
    const JobId parent = taken_id(broker.submit(Call{}.with([](auto& o) { o.durable = false; })));
    const JobId child = add(broker, "2", {parent});
    Core second(broker.policy, broker.now, 1);
    for (const Record& fact : broker.journal) {
        REQUIRE(second.restore(fact));
    }
    const auto state_in_second = [&](base::Now now) {
        Query query;
        query.from = at(kOperator);
        query.kind = QueryKind::Status;
        query.which = only_job(child);
        Effects effects;
        second.apply(now, Tick{}, effects);
        second.apply(now, query, effects);
        second.check_invariants();
        return std::get<model::StatusReport>(*sent<Answer>(effects).front().second->report)
            .job.state;
    };
    base::Now later = broker.now;
    CHECK(state_in_second(later) == JobState::Blocked);
    later.mono += 3s;
    later.wall += 3s;
    CHECK(state_in_second(later) == JobState::Dead);
}

TEST_CASE("after: a death that did not reach the disk is passed on after the restart") {
    Broker broker(known_service());
    broker.facts_tell_all = false;
    broker.ready(1, {"X"});
    const JobId parent = add(broker, "1");
    const JobId child = add(broker, "2", {parent});
    end(broker, parent, Verdict::FailedForGood);
    REQUIRE(std::holds_alternative<JobEnded>(broker.journal.back()));
    broker.journal.pop_back();  // of the child
    const auto second = restored(broker);
    Query query;
    query.from = at(kOperator);
    query.kind = QueryKind::Status;
    query.which = only_job(child);
    Effects effects;
    second->apply(broker.now, query, effects);
    CHECK(std::get<model::StatusReport>(*sent<Answer>(effects).front().second->report).job.state ==
          JobState::Dead);
}

TEST_CASE("after: many that come and go do not make a parent's list grow") {
    Broker broker(known_service());
    broker.facts_tell_all = false;
    const JobId parent = add(broker, "1");
    for (int i = 0; i < 3000; ++i) {
        const JobId child = add(broker, "c", {parent});
        broker.operate(CancelJobs{only_job(child), 0});
    }
    broker.ready(1, {"X"});
    end(broker, parent);
    CHECK(sent<Assign>(broker.effects).empty());
}
