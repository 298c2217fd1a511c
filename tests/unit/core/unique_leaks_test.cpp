// Unique keys again: whatever becomes of a job, its key is free afterwards.
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using model::JobState;
using model::Verdict;

namespace {

Call with_key() {
    Call call;
    call.options.unique = "k";
    return call;
}

// The key is free: a submission with it is a new job, in the core and in one that reads its facts.
void check_free(Broker& broker) {
    const auto core = restored(broker);
    Submit submit;
    submit.from = at(100, 1);
    submit.spec = {service("X"), {}, with_key().options};
    Effects effects;
    core->apply(broker.now, std::move(submit), effects);
    REQUIRE(sent<JobTaken>(effects).size() == 1);
    CHECK_FALSE(sent<JobTaken>(effects).front().second->is_duplicate);

    broker.submit(with_key());
    REQUIRE(sent<JobTaken>(broker.effects).size() == 1);
    CHECK_FALSE(sent<JobTaken>(broker.effects).front().second->is_duplicate);
}

}  // namespace

TEST_CASE("unique keys are free after success") {
    Broker broker(patient_knowing({"X"}));
    broker.ready(1, {"X"});
    broker.finish(1, only_assign(broker.submit(with_key())).second);
    check_free(broker);
}

TEST_CASE("unique keys are free after death, and a dead letter that is retried has to ask") {
    Broker broker(patient_knowing({"X"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(with_key()));
    broker.finish(1, job.second, Verdict::FailedForGood);
    check_free(broker);
    const auto other = only_assign(broker.effects);
    // The key is another's: the dead letter stays one.
    CHECK(changed(broker.operate(RetryDead{only_job(job.second.job), 0})) == 0);
    CHECK(state_of(broker, job.second.job) == JobState::Dead);
    broker.finish(1, other.second);
    CHECK(changed(broker.operate(RetryDead{only_job(job.second.job), 0})) == 1);
    CHECK(state_of(broker, job.second.job) == JobState::Active);
    broker.submit(with_key());
    CHECK(sent<JobTaken>(broker.effects).front().second->is_duplicate);
    CHECK(taken_id(broker.effects) == job.second.job);
}

TEST_CASE("unique keys are free after the failure of a sync job") {
    Broker broker(patient_knowing({"X"}));
    broker.ready(1, {"X"});
    Call call = with_key();
    call.options.sync = true;
    broker.finish(1, only_assign(broker.submit(call)).second, Verdict::Failed);
    check_free(broker);
}

TEST_CASE("unique keys are free after a cancellation, of whatever state") {
    for (const char* how : {"ready", "scheduled", "blocked", "active"}) {
        CAPTURE(how);
        Broker broker(patient_knowing({"X"}));
        Call call = with_key();
        if (how == std::string("scheduled")) {
            call.options.delay = 1min;
        } else if (how == std::string("blocked")) {
            call.options.after = {taken_id(broker.submit(Call{}))};
        } else if (how == std::string("active")) {
            broker.ready(1, {"X"});
        }
        const model::JobId id = taken_id(broker.submit(call));
        REQUIRE(model::name_of(state_of(broker, id)) == how);
        broker.operate(CancelJobs{only_job(id), 0});
        broker.wait(5s);
        REQUIRE(state_of(broker, id) == JobState::Cancelled);
        check_free(broker);
    }
}

TEST_CASE("unique keys are free after expiry") {
    Broker broker(patient_knowing({"X"}));
    broker.submit(with_key().with([](auto& o) { o.expires_in = 1s; }));
    broker.wait(1s);
    check_free(broker);
}

TEST_CASE("unique keys are free after a purge") {
    Broker broker(patient_knowing({"X"}));
    broker.submit(with_key());
    PurgeQueue purge;
    purge.which.service = "X";
    CHECK(changed(broker.operate(purge)) == 1);
    check_free(broker);
}

TEST_CASE("unique keys are free after a dead letter was discarded, also for want of room") {
    Policy policy = patient_knowing({"X"});
    policy.limits.dead_letters_max = 1;
    Broker broker(policy);
    broker.ready(1, {"X"});
    for (int i = 0; i < 3; ++i) {
        broker.finish(1, only_assign(broker.submit(with_key())).second, Verdict::FailedForGood);
    }
    DiscardDead all;
    all.which.service = "X";
    CHECK(changed(broker.operate(all)) == 1);
    check_free(broker);
}

TEST_CASE("unique keys are free when a job that it waited for has died") {
    Broker broker(patient_knowing({"X"}));
    const model::JobId parent = taken_id(broker.submit(Call{}));
    broker.submit(with_key().with([&](auto& o) { o.after = {parent}; }));
    broker.operate(CancelJobs{only_job(parent), 0});
    check_free(broker);
}

TEST_CASE("unique keys are free after a job has lost its last worker") {
    Policy policy = patient_knowing({"X"});
    policy.max_losses = 1;
    Broker broker(policy);
    broker.ready(1, {"X"});
    broker.submit(with_key());
    broker.apply(PeerLost{Peer{1}});
    check_free(broker);
}

TEST_CASE("unique keys are taken after a restart, of what has not ended") {
    Broker broker(patient_knowing({"X"}));
    const model::JobId waiting = taken_id(broker.submit(with_key()));
    const auto core = restored(broker);
    Submit submit;
    submit.from = at(100, 1);
    submit.spec = {service("X"), {}, with_key().options};
    Effects effects;
    core->apply(broker.now, std::move(submit), effects);
    CHECK(taken_id(effects) == waiting);
}
