// Dead letters: retried, discarded, and bounded.
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

// Submits a job and lets it die on worker 1.
JobId die(Broker& broker, const Call& call = {}) {
    const auto job = only_assign(broker.submit(call));
    broker.finish(1, job.second, Verdict::FailedForGood);
    return job.second.job;
}

std::size_t dead(Broker& broker) {
    return ask<model::BrokerReport>(broker, QueryKind::Broker).dead;
}

RetryDead retry_of(std::string name) {
    RetryDead retry;
    retry.which.service = std::move(name);
    return retry;
}

DiscardDead discard_of(std::string name) {
    DiscardDead discard;
    discard.which.service = std::move(name);
    return discard;
}

}  // namespace

TEST_CASE("dead letters: a retried one begins anew, with all its attempts before it") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    auto running = only_assign(broker.submit(Call{}.with([](auto& o) { o.max_attempts = 2; })));
    const JobId job = running.second.job;
    broker.finish(1, running.second, Verdict::Failed);
    running = only_assign(broker.wait(10s));
    broker.finish(1, running.second, Verdict::Failed);
    REQUIRE(state_of(broker, job) == JobState::Dead);
    CHECK(status(broker, job).job.failures == 2);

    CHECK(changed(broker.operate(RetryDead{only_job(job), 0})) == 1);
    CHECK(events(broker.effects)[0] == EventKind::Retry);
    running = only_assign(broker.effects);
    CHECK(running.second.number == 3);  // numbers go on: no late result is mistaken for its own
    CHECK(status(broker, job).job.failures == 0);
    broker.finish(1, running.second, Verdict::Failed);
    CHECK(state_of(broker, job) == JobState::Scheduled);
    broker.finish(1, only_assign(broker.wait(10s)).second);
    CHECK(state_of(broker, job) == JobState::Succeeded);
}

TEST_CASE("dead letters: their lost workers are forgotten with a retry as well") {
    Policy policy = patient();
    policy.max_losses = 2;
    Broker broker(policy);
    std::uint64_t worker = 1;
    broker.ready(worker, {"X"});
    const JobId job = taken_id(broker.submit({}));
    const auto lose = [&] {
        broker.apply(PeerLost{Peer{worker}});
        broker.ready(++worker, {"X"});
    };
    lose();
    lose();
    REQUIRE(state_of(broker, job) == JobState::Dead);
    broker.operate(RetryDead{only_job(job), 0});
    lose();
    CHECK(state_of(broker, job) == JobState::Active);
    lose();
    CHECK(state_of(broker, job) == JobState::Dead);
}

TEST_CASE("dead letters: a retried one does not expire any more, and has no instant to wait for") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const Call call = Call{}.with([&](auto& o) {
        o.expires_in = 10s;
        o.run_at = broker.now.wall + 5s;
    });
    broker.submit(call);
    const auto job = only_assign(broker.wait(5s));
    broker.finish(1, job.second, Verdict::FailedForGood);
    broker.apply(PeerLost{Peer{1}});
    broker.wait(1h);
    broker.operate(RetryDead{only_job(job.second.job), 0});
    CHECK(state_of(broker, job.second.job) == JobState::Ready);
    broker.wait(1h);
    CHECK(state_of(broker, job.second.job) == JobState::Ready);
}

TEST_CASE("dead letters: retry and discard follow their filter") {
    Broker broker(patient());
    broker.ready(1, {"X", "Y"});
    const JobId in_group = die(broker, Call{}.with([](auto& o) { o.group = "g"; }));
    const JobId plain = die(broker);
    Call other;
    other.name = "Y";
    const JobId of_y = die(broker, other);
    RetryDead retry = retry_of("X");
    retry.which.group = "g";
    CHECK(changed(broker.operate(retry)) == 1);
    CHECK(state_of(broker, in_group) == JobState::Active);
    CHECK(changed(broker.operate(discard_of("X"))) == 1);
    CHECK(changed(broker.operate(discard_of("X"))) == 0);
    CHECK(dead(broker) == 1);
    CHECK(state_of(broker, of_y) == JobState::Dead);
    CHECK(refused_with(broker.operate(RetryDead{only_job(plain), 0})) == Errc::UnknownJob);
}

TEST_CASE("dead letters: what is not dead is neither retried nor discarded") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    CHECK(changed(broker.operate(RetryDead{only_job(job.second.job), 0})) == 0);
    CHECK(changed(broker.operate(DiscardDead{only_job(job.second.job), 0})) == 0);
    broker.finish(1, job.second);
    CHECK(refused_with(broker.operate(RetryDead{only_job(job.second.job), 0})) == Errc::WrongState);
    CHECK(refused_with(broker.operate(DiscardDead{only_job(job.second.job), 0})) ==
          Errc::WrongState);
    RetryDead active = retry_of("X");
    active.which.states = only(JobState::Active);
    CHECK(changed(broker.operate(active)) == 0);
}

TEST_CASE("dead letters: a discarded one is gone, with an event and a record") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const JobId job = die(broker);
    const Effects& effects = broker.operate(DiscardDead{only_job(job), 0});
    CHECK(events(effects) == std::vector{EventKind::Discarded});
    REQUIRE(effects.appends.size() == 1);
    CHECK(std::holds_alternative<JobDiscarded>(effects.appends.front().record));
    CHECK(refused_with(broker.apply(Await{at(50), job, {}})) == Errc::UnknownJob);
}

TEST_CASE("dead letters: there are as many as may be; the oldest goes for the next") {
    Policy policy = patient();
    policy.limits.dead_letters_max = 2;
    Broker broker(policy);
    broker.ready(1, {"X"});
    const JobId first = die(broker);
    const JobId second = die(broker);
    CHECK(dead(broker) == 2);
    const JobId third = die(broker);
    CHECK(dead(broker) == 2);
    CHECK(broker.core.counters().dead_dropped == 1);
    CHECK(refused_with(broker.apply(Await{at(50), first, {}})) == Errc::UnknownJob);
    CHECK(state_of(broker, second) == JobState::Dead);
    CHECK(state_of(broker, third) == JobState::Dead);
}

TEST_CASE("dead letters: none are kept when none may be") {
    Policy policy = patient();
    policy.limits.dead_letters_max = 0;
    Broker broker(policy);
    broker.ready(1, {"X"});
    die(broker);
    CHECK(dead(broker) == 0);
}

TEST_CASE("dead letters: a smaller bound holds with the next input, and after a restart") {
    Policy policy = patient();
    Broker broker(policy);
    broker.ready(1, {"X"});
    for (int i = 0; i < 3; ++i) {
        die(broker);
    }
    policy.limits.dead_letters_max = 1;
    broker.policy = policy;
    CHECK(restored(broker)->counters().dead_dropped == 2);
    broker.core.set_policy(policy);
    broker.apply(Tick{});
    CHECK(dead(broker) == 1);
}

TEST_CASE("dead letters: they do not count as jobs of their service or broker") {
    Policy policy = patient();
    policy.limits.jobs_max = 1;
    policy.limits.jobs_per_service_max = 1;
    Broker broker(policy);
    broker.ready(1, {"X"});
    die(broker);
    die(broker);
    CHECK(sent<JobTaken>(broker.submit({})).size() == 1);
    CHECK(refused_with(broker.submit({})) == Errc::QueueFull);
}

TEST_CASE("dead letters: whoever asks for the result of one is told that it is dead, and why") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const JobId job = die(broker);
    const auto results = sent<JobResult>(broker.apply(Await{at(50), job, 1h}));
    REQUIRE(results.size() == 1);
    CHECK(results.front().second->state == JobState::Dead);
    CHECK(results.front().second->text == "broke");
    // Retried it is a job again, and can be waited for.
    broker.operate(RetryDead{only_job(job), 0});
    const auto running = only_assign(broker.effects);
    CHECK(broker.apply(Await{at(50), job, 1h}).sends.empty());
    CHECK(sent<JobResult>(broker.finish(1, running.second)).size() == 1);
}

TEST_CASE("dead letters: a sync job that fails leaves none") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    broker.finish(1, only_assign(broker.call()).second, Verdict::Failed);
    CHECK(dead(broker) == 0);
}
