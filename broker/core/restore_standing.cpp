// broker/core: restoring the facts that only checkpoints have: how things stood.
#include "broker/core/state.hpp"

namespace steward::core {

void State::stand(Job& job, const JobStands& fact) const {
    job.attempt = fact.attempt;
    job.fate = fact.fate;
    job.cancelling = fact.is_cancelling;
    job.failures = fact.failures;
    job.losses = fact.losses;
    job.failures_max = fact.failures_max;
    job.losses_max = fact.losses_max;
    job.started_at = fact.started_at;
    job.text = fact.text;
    job.due = now_.mono + (fact.due - now_.wall);
    job.expires = fact.expires ? now_.mono + (*fact.expires - now_.wall) : base::MonoTime::max();
}

base::Expected<void> State::restore_fact(const JobStands& fact) {
    const JobHandle handle = restored_job(fact.id);
    Job* job = jobs_.map.find(handle);
    if (job == nullptr) {
        return base::fail(
            base::Errc::Malformed,
            "the journal tells how job " + fact.id.text() + " stands, which was never accepted");
    }
    release(handle);
    stand(*job, fact);
    if (fact.is_active) {  // its worker may come back for it until the broker has settled
        if (job->extras != nullptr) {
            job->extras->run_at.reset();
        }
        schedule(handle, settling_.ends_at);
        key_on_start(handle);
    } else {
        put_back(handle, job->due);
    }
    return {};
}

base::Expected<void> State::restore_fact(const ResultKept& fact) {
    shun_epoch(fact.id);
    Ended ended;
    ended.id = fact.id;
    ended.service = fact.service;
    ended.state = fact.state;
    ended.durable = true;
    ended.priority = fact.priority;
    ended.attempt = fact.attempt;
    ended.text = fact.text.empty() ? base::Blob() : base::Blob::copy(fact.text);
    ended.result = fact.result;
    ended.accepted_at = fact.accepted_at;
    ended.started_at = fact.started_at;
    ended.ended_at = fact.ended_at;
    ended.forget_at = start_.mono + (fact.forget_at - start_.wall);
    ended.channel = fact.channel;
    const auto owner = jobs_.owners.named(fact.owner.view());
    if (!owner) {
        return too_many_owners();
    }
    ended.owner = *owner;
    if (!fact.context.empty() || !fact.group.empty() || !fact.batch.empty()) {
        ended.names =
            std::make_unique<const JobNames>(JobNames{fact.context, fact.group, fact.batch});
    }
    if (!results_.find(fact.id, start_.mono)) {
        results_.add(std::move(ended), start_.mono, policy.limits);
    }
    return {};
}

base::Expected<void> State::restore_fact(const SubmissionsSeen& fact) {
    for (const SubmissionsSeen::One& one : fact.seen) {
        shun_epoch(one.job);
    }
    submissions_.restore(fact, start_.mono, policy.limits);
    return {};
}

base::Expected<void> State::restore_fact(const BatchStands& fact) {
    const BatchHandle handle = restored_batch(fact.owner, fact.name);
    if (!handle.names_something()) {
        return base::fail(base::Errc::Malformed,
                          "the journal tells how a batch stands that was never opened");
    }
    Batch& batch = batches_.map.at(handle);
    batch.total = fact.total;
    batch.succeeded = fact.succeeded;
    batch.failed = fact.failed;
    batch.is_closed = fact.is_closed;
    batch.followed_by = fact.followed_by;
    if (!fact.ended_at && batch.is_complete()) {
        consequences_.complete_batches.push_back(
            handle);  // those that it waited for were not durable
    }
    if (fact.ended_at && !batch.is_ended) {
        end_batch(handle);
        batch.ended_at = *fact.ended_at;
        batch.forget_at -= age_of(*fact.ended_at);
    }
    return {};
}

base::Expected<void> State::restore_fact(const ScheduleRan& fact) {
    schedules_.note_run(fact.name, fact.instant, fact.job);
    return {};
}

}  // namespace steward::core
