// Operators change what waits: a queue is purged, a job's priority and instant are edited.
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using base::Errc;
using model::EventKind;
using model::JobId;
using model::JobState;

namespace {

Policy known_services() {
    Policy policy = patient_knowing({"X", "Y"});
    policy.ahead = base::Duration::zero();
    return policy;
}

PurgeQueue purge_of(std::string name) {
    PurgeQueue purge;
    purge.which.service = std::move(name);
    return purge;
}

JobId queue(Broker& broker, std::string params, model::JobOptions options = {}) {
    Call call;
    call.params = std::move(params);
    call.options = std::move(options);
    return taken_id(broker.submit(call));
}

}  // namespace

TEST_CASE("purge: what waits for a service is thrown away, what runs and what is dead is not") {
    Broker broker(known_services());
    broker.ready(1, {"X"});
    const auto dead = only_assign(broker.submit({}));
    broker.finish(1, dead.second, model::Verdict::FailedForGood);
    const auto running = only_assign(broker.submit({}));
    const JobId ready = queue(broker, "r");
    model::JobOptions options;
    options.delay = 1h;
    const JobId scheduled = queue(broker, "s", options);
    options = {};
    options.after = {running.second.job};
    const JobId blocked = queue(broker, "b", options);
    Call other;
    other.name = "Y";
    const JobId of_y = taken_id(broker.submit(other));

    CHECK(changed(broker.operate(purge_of("X"))) == 3);
    for (const JobId& job : {ready, scheduled, blocked}) {
        CHECK(state_of(broker, job) == JobState::Cancelled);
        CHECK(status(broker, job).job.text == "its queue was purged");
    }
    CHECK(state_of(broker, running.second.job) == JobState::Active);
    CHECK(state_of(broker, dead.second.job) == JobState::Dead);
    CHECK(state_of(broker, of_y) == JobState::Ready);
    CHECK(changed(broker.operate(purge_of("X"))) == 0);
    CHECK(changed(broker.operate(purge_of("nobody"))) == 0);
}

TEST_CASE("purge: narrower filters purge less") {
    Broker broker(known_services());
    model::JobOptions options;
    options.group = "g";
    queue(broker, "1", options);
    options.delay = 1h;
    queue(broker, "2", options);
    queue(broker, "3");
    PurgeQueue purge = purge_of("X");
    purge.which.group = "g";
    purge.which.states = only(JobState::Scheduled) | only(JobState::Active);
    CHECK(changed(broker.operate(purge)) == 1);
    purge.which.states = only(JobState::Active);
    CHECK(changed(broker.operate(purge)) == 0);
    purge.which.states = 0;
    CHECK(changed(broker.operate(purge)) == 1);
}

TEST_CASE("edit: a waiting job's priority changes its place") {
    Broker broker(known_services());
    queue(broker, "1");
    const JobId second = queue(broker, "2");
    const JobId third = queue(broker, "3");
    const Effects& effects = broker.operate(EditJob{third, model::kPriorityHigh, {}});
    CHECK(changed(effects) == 1);
    CHECK(events(effects) ==
          std::vector{EventKind::Dequeued, EventKind::Edited, EventKind::Enqueued});
    REQUIRE(effects.appends.size() == 1);
    CHECK(effects.sends.front().after == effects.appends.front().seq);
    broker.operate(EditJob{second, INT32_MIN, {}});
    CHECK(status(broker, third).job.priority == model::kPriorityHigh);
    check_restores(broker);
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "312");
}

TEST_CASE("edit: a delay counts from now; none lets it run at once") {
    Broker broker(known_services());
    broker.ready(1, {"X"}, 5);
    model::JobOptions options;
    options.delay = 1h;
    const JobId job = queue(broker, "1", options);
    broker.wait(1min);
    broker.operate(EditJob{job, {}, 10s});
    CHECK(status(broker, job).job.due_at == broker.now.wall + 10s);
    CHECK(sent<Assign>(broker.wait(9999ms)).empty());
    CHECK(sent<Assign>(broker.wait(1ms)).size() == 1);

    const JobId other = queue(broker, "2", options);
    CHECK(sent<Assign>(broker.operate(EditJob{other, {}, 0s})).size() == 1);
}

TEST_CASE("edit: a job that is ready can be put off, and does not expire for that") {
    Broker broker(known_services());
    const JobId job = queue(broker, "1");
    broker.operate(EditJob{job, {}, 1min});
    CHECK(state_of(broker, job) == JobState::Scheduled);
    check_restores(broker);
    broker.wait(1min);
    CHECK(state_of(broker, job) == JobState::Ready);
}

TEST_CASE("edit: the expiry of a job stays what it is") {
    Broker broker(known_services());
    model::JobOptions options;
    options.expires_in = 10s;
    const JobId job = queue(broker, "1", options);
    broker.operate(EditJob{job, 5, 1min});
    check_restores(broker);
    broker.wait(10s);
    CHECK(state_of(broker, job) == JobState::Expired);
}

TEST_CASE("edit: a job of the calendar that is put off is not of the calendar any more") {
    Broker broker(known_services());
    broker.ready(1, {"X"});
    model::JobOptions options;
    options.run_at = broker.now.wall + 1h;
    const JobId job = queue(broker, "1", options);
    broker.operate(EditJob{job, {}, 10s});
    broker.now.wall -= 3h;  // somebody sets the clock back
    CHECK(sent<Assign>(broker.wait(10s)).size() == 1);
    CHECK(state_of(broker, job) == JobState::Active);
}

TEST_CASE("edit: a job that waits for its next attempt can be hurried") {
    Broker broker(known_services());
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    broker.finish(1, job.second, model::Verdict::Failed);
    CHECK(only_assign(broker.operate(EditJob{job.second.job, {}, 0s})).second.number == 2);
}

TEST_CASE("edit: what runs, is dead, has ended or is not known cannot be edited") {
    Broker broker(known_services());
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    CHECK(refused_with(broker.operate(EditJob{job.second.job, 1, {}})) == Errc::WrongState);
    broker.finish(1, job.second, model::Verdict::FailedForGood);
    CHECK(refused_with(broker.operate(EditJob{job.second.job, 1, {}})) == Errc::WrongState);
    broker.operate(RetryDead{only_job(job.second.job), 0});
    broker.finish(1, {job.second.job, 0});
    CHECK(refused_with(broker.operate(EditJob{job.second.job, 1, {}})) == Errc::WrongState);
    CHECK(refused_with(broker.operate(EditJob{{1, 2}, 1, {}})) == Errc::UnknownJob);
}

TEST_CASE("edit: a paused service's jobs can be edited, and stay where they are") {
    Broker broker(known_services());
    broker.ready(1, {"X"});
    broker.operate(SetModes{{{"X", Mode::Paused}}});
    const JobId job = queue(broker, "1");
    CHECK(sent<Assign>(broker.operate(EditJob{job, 9000, 0s})).empty());
    CHECK(state_of(broker, job) == JobState::Ready);
}

TEST_CASE("edit: a job moves with its group's turns") {
    Broker broker(known_services());
    model::JobOptions options;
    options.group = "g";
    options.group_limit = 1;
    queue(broker, "1", options);
    const JobId second = queue(broker, "2", options);
    const auto running = only_assign(broker.ready(1, {"X"}, 5));
    // Its lane is parked: the other one has the group's only place.
    broker.operate(EditJob{second, 9000, {}});
    CHECK(sent<Assign>(broker.effects).empty());
    CHECK(only_assign(broker.finish(1, running.second)).second.job == second);
}
