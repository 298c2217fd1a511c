// Who follows a job: what comes to him on the way to its end, from when on, and within which
// bounds.
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using base::Errc;
using model::Verdict;

namespace {

Await follow(std::uint64_t peer, const model::JobId& job, base::Duration wait = 1h) {
    return {at(peer, peer), job, wait, true};
}

Effects& report(Broker& broker, const model::Attempt& attempt, std::uint64_t done) {
    Progress progress;
    progress.from = Peer{1};
    progress.attempt = attempt;
    progress.done = done;
    progress.total = 9;
    progress.text = "step " + std::to_string(done);
    return broker.apply(std::move(progress));
}

Effects& part(Broker& broker, const model::Attempt& attempt, std::string_view data) {
    Partial partial;
    partial.from = Peer{1};
    partial.attempt = attempt;
    partial.data = {model::Encoding::Json, base::Blob::copy(data)};
    return broker.apply(std::move(partial));
}

}  // namespace

TEST_CASE(
    "following: parts and progress come to who follows, under his number, and to nobody else") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    CHECK(broker.apply(follow(50, job.second.job)).sends.empty());
    broker.apply(Await{at(51, 51), job.second.job, 1h});

    const auto parts = sent<JobPartial>(part(broker, job.second, "[1]"));
    REQUIRE(parts.size() == 1);
    CHECK(parts.front().first == at(50, 50));
    CHECK(parts.front().second->data.bytes.view() == "[1]");
    const auto steps = sent<JobProgress>(report(broker, job.second, 3));
    REQUIRE(steps.size() == 1);
    CHECK(steps.front().first == at(50, 50));
    CHECK(steps.front().second->text == "step 3");

    CHECK(sent<JobResult>(broker.finish(1, job.second)).size() == 2);
    CHECK(part(broker, job.second, "[2]").sends.empty());
}

TEST_CASE("following: who comes late hears at once how far the job is, and no part of before") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    part(broker, job.second, "[1]");
    report(broker, job.second, 2);
    report(broker, job.second, 3);
    const Effects& effects = broker.apply(follow(50, job.second.job));
    REQUIRE(effects.sends.size() == 1);
    const auto steps = sent<JobProgress>(effects);
    REQUIRE(steps.size() == 1);
    CHECK(steps.front().first == at(50, 50));
    CHECK(steps.front().second->done == 3);
    CHECK(steps.front().second->total == 9);
    CHECK(steps.front().second->text == "step 3");
    // Who only waits is told nothing of it.
    CHECK(broker.apply(Await{at(51), job.second.job, 1h}).sends.empty());
}

TEST_CASE(
    "following: a progress of 0 of 0 with a text is one; what an attempt left behind is none") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(Call{}.with([](auto& o) { o.backoff = 1s; })));
    Progress progress;
    progress.from = Peer{1};
    progress.attempt = job.second;
    progress.text = "begins";
    broker.apply(progress);
    const auto steps = sent<JobProgress>(broker.apply(follow(50, job.second.job)));
    REQUIRE(steps.size() == 1);
    CHECK(steps.front().second->text == "begins");
    broker.finish(1, job.second, Verdict::Failed);
    CHECK(broker.apply(follow(51, job.second.job)).sends.empty());
    // Both are still there when it is tried again.
    const auto again = only_assign(broker.wait(10s));
    CHECK(again.second.number == 2);
    CHECK(sent<JobPartial>(part(broker, again.second, "[1]")).size() == 2);
}

TEST_CASE("following: it ends with the wait, and without one nothing is followed") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    report(broker, job.second, 1);
    const Effects& asked = broker.apply(follow(50, job.second.job, {}));
    CHECK(asked.sends.size() == 1);
    CHECK(sent<JobTaken>(asked).size() == 1);
    broker.apply(follow(51, job.second.job, 2s));
    CHECK(sent<JobTaken>(broker.wait(2s)).size() == 1);
    CHECK(part(broker, job.second, "[1]").sends.empty());
}

TEST_CASE("following: takes a waiter's place, and is refused where there is none") {
    Policy policy;
    policy.limits.waiters_per_job_max = 1;
    Broker broker(policy);
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    report(broker, job.second, 1);
    broker.apply(follow(50, job.second.job));
    const Effects& effects = broker.apply(follow(51, job.second.job));
    CHECK(sent<JobProgress>(effects).empty());
    CHECK(refused_with(effects) == Errc::TooManyWaiters);
}

TEST_CASE("following: a job that has ended tells its end alone") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    report(broker, job.second, 1);
    broker.finish(1, job.second);
    const Effects& effects = broker.apply(follow(50, job.second.job));
    CHECK(effects.sends.size() == 1);
    CHECK(sent<JobResult>(effects).size() == 1);
}
