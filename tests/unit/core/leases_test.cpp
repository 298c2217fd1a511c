#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using model::EventKind;
using model::JobState;
using model::Verdict;

TEST_CASE(
    "leases: a job whose worker is lost goes to another, at the front, with its attempt counted") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto first = only_assign(broker.call());
    broker.call();
    broker.ready(2, {"X"});  // takes the second job
    const auto lost = broker.apply(PeerLost{Peer{1}}).sends.size();
    CHECK(lost == 0);
    broker.call();
    const auto [worker, attempt] = only_assign(broker.ready(3, {"X"}));
    CHECK(worker == 3);
    CHECK(attempt.job == first.second.job);
    CHECK(attempt.number == 2);
}

TEST_CASE("leases: a late result of a lost attempt is ignored and counted") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto first = only_assign(broker.call());
    broker.ready(2, {"X"});
    const auto second = only_assign(broker.wait(15s));
    CHECK(second.first == 2);
    CHECK(broker.core.counters().workers_purged >= 1);
    CHECK(sent<JobResult>(broker.finish(1, first.second)).empty());
    CHECK(sent<RegisterAgain>(broker.effects).size() == 1);
    CHECK(broker.core.counters().late_results == 1);
    broker.ready(2, {"X"});
    CHECK(broker.core.counters().late_results == 1);
}

TEST_CASE("leases: a result twice, for another's job, or for no job at all changes nothing") {
    Broker broker;
    broker.ready(1, {"X"});
    broker.ready(2, {"X"});
    const auto job = only_assign(broker.call());
    CHECK(sent<JobResult>(broker.finish(2, job.second)).empty());
    CHECK(sent<JobResult>(broker.finish(1, {{1, 2}, 1})).empty());
    CHECK(sent<JobResult>(broker.finish(1, {job.second.job, 2})).empty());
    CHECK(sent<JobResult>(broker.finish(1, job.second)).size() == 1);
    CHECK(sent<JobResult>(broker.finish(1, job.second)).empty());
    CHECK(broker.core.counters().late_results == 4);
}

TEST_CASE("leases: attempt number 0 stands for whichever attempt the worker holds") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.call());
    CHECK(sent<JobResult>(broker.finish(1, {job.second.job, 0})).size() == 1);
}

TEST_CASE("leases: a failed async job is tried again after a pause that doubles, then dead") {
    Broker broker;
    broker.ready(1, {"X"});
    auto running = only_assign(broker.submit({}));
    base::Duration pause = 1s;
    for (int attempt = 1; attempt < 5; ++attempt) {
        broker.finish(1, running.second, Verdict::Failed);
        CHECK(events(broker.effects) ==
              std::vector{EventKind::ExecuteError, EventKind::Retry, EventKind::Delayed});
        broker.apply(Heartbeat{Peer{1}, 0, true});
        CHECK(sent<Assign>(broker.wait(pause * 3 / 4 - 1ms)).empty());
        broker.apply(Heartbeat{Peer{1}, 0, true});
        running = only_assign(broker.wait(pause / 2 + 2ms));
        pause *= 2;
    }
    CHECK(running.second.number == 5);
    broker.finish(1, running.second, Verdict::Failed);
    CHECK(events(broker.effects) == std::vector{EventKind::ExecuteError, EventKind::Dead});
    CHECK(broker.core.counters().dead == 1);
}

TEST_CASE("leases: a failed sync job tells its client at once, with the reason") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.call());
    const auto results = sent<JobResult>(broker.finish(1, job.second, Verdict::Failed));
    REQUIRE(results.size() == 1);
    CHECK(results.front().second->state == JobState::Failed);
    CHECK(results.front().second->text == "broke");
}

TEST_CASE("leases: a failure for good is not tried again") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    broker.finish(1, job.second, Verdict::FailedForGood);
    CHECK(events(broker.effects) == std::vector{EventKind::ExecuteError, EventKind::Dead});
}

TEST_CASE("leases: a job that keeps losing its workers ends, it does not loop") {
    Broker broker;
    broker.ready(1, {"X"});
    broker.call();
    for (std::uint64_t worker = 2; worker <= 5; ++worker) {
        broker.ready(worker, {"X"});
        CHECK(sent<JobResult>(broker.apply(PeerLost{Peer{worker - 1}})).empty());
    }
    const auto results = sent<JobResult>(broker.apply(PeerLost{Peer{5}}));
    REQUIRE(results.size() == 1);
    CHECK(results.front().second->state == JobState::Failed);
    CHECK(results.front().second->text.find("5 times") != std::string::npos);
}

TEST_CASE("leases: partial answers and progress reach the client of a sync job") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.call());
    Partial partial;
    partial.from = Peer{1};
    partial.attempt = job.second;
    partial.data = {model::Encoding::Opaque, base::Blob::copy("piece")};
    const auto partials = sent<JobPartial>(broker.apply(partial));
    REQUIRE(partials.size() == 1);
    CHECK(partials.front().second->data.bytes.view() == "piece");
    Progress progress;
    progress.from = Peer{1};
    progress.attempt = job.second;
    progress.done = 1;
    progress.total = 4;
    const auto updates = sent<JobProgress>(broker.apply(progress));
    REQUIRE(updates.size() == 1);
    CHECK(updates.front().second->total == 4);
    broker.finish(1, job.second);
    CHECK(sent<JobPartial>(broker.apply(partial)).empty());
}

TEST_CASE("leases: an attempt past its time limit is told to stop and fails after the grace") {
    Broker broker;
    broker.ready(1, {"X"}, 2);
    Call call;
    call.options.sync = true;
    call.options.time_limit = 2s;
    const auto job = only_assign(broker.submit(call));
    CHECK(sent<StopAttempt>(broker.wait(1999ms)).empty());
    CHECK(sent<StopAttempt>(broker.wait(1ms)).size() == 1);
    broker.apply(Heartbeat{Peer{1}, 0, true});
    const auto results = sent<JobResult>(broker.wait(5s));
    REQUIRE(results.size() == 1);
    CHECK(results.front().second->text == "ran longer than its time limit");
    // The worker is still at it: one of its two slots stays taken until it reports.
    broker.call();
    CHECK(sent<Assign>(broker.effects).size() == 1);
    CHECK(sent<Assign>(broker.call()).empty());
    CHECK(sent<Assign>(broker.finish(1, job.second)).size() == 1);
}

TEST_CASE("leases: facts of one run rebuild its waiting jobs in another") {
    Broker first;
    first.ready(1, {"X"});
    std::vector<Record> records;
    const auto keep = [&] {
        for (Append& append : first.effects.appends) {
            records.push_back(std::move(append.record));
        }
    };
    const auto running = only_assign(first.submit({}));
    keep();
    Call waiting;
    waiting.params = "waits";
    first.submit(waiting);
    keep();
    first.finish(1, running.second);
    keep();

    Core second({}, first.now, 1);
    for (const Record& record : records) {
        REQUIRE(second.restore(record));
    }
    second.check_invariants();
    Effects effects;
    Ready ready;
    ready.from = at(9);
    ready.services = {service("X")};
    base::Now later = first.now;
    later.mono += 4s;
    second.apply(later, Tick{}, effects);
    second.apply(later, std::move(ready), effects);
    const auto assigns = sent<Assign>(effects);
    REQUIRE(assigns.size() == 1);
    CHECK(assigns.front().second->params.bytes.view() == "waits");
    REQUIRE(second.restore(records.front()));  // that job had ended, so its id is free again
    CHECK(second.restore(records.front()).error().code == base::Errc::Malformed);
}
