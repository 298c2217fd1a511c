// broker/core: rebuilding durable jobs from the journal's facts. Each fact moves a job exactly as
// the handler that wrote it did; nothing is announced, sent or appended.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {
namespace {

base::Unexpected contradiction(const model::JobId& id, std::string_view what) {
    std::string text = "the journal says of job ";
    text += id.text();
    text += " that it ";
    text += what;
    return base::fail(base::Errc::Malformed, std::move(text));
}

}  // namespace

base::Expected<void> State::restore(const Record& record) {
    Effects nobody_is_told;
    begin(start_, nobody_is_told);
    const bool was_announcing = std::exchange(announcing, false);
    base::Expected<void> result;
    if (const auto* accepted = std::get_if<JobAccepted>(&record)) {
        result = restore_accepted(*accepted);
    } else if (const auto* started = std::get_if<AttemptStarted>(&record)) {
        result = restore_started(*started);
    } else if (const auto* failed = std::get_if<AttemptFailed>(&record)) {
        result = restore_failed(*failed);
    } else if (const auto* returned = std::get_if<AttemptReturned>(&record)) {
        result = restore_returned(*returned);
    } else if (const auto* ended = std::get_if<JobEnded>(&record)) {
        result = restore_ended(*ended);
    }
    announcing = was_announcing;
    return result;
}

base::Expected<void> State::restore_accepted(const JobAccepted& fact) {
    if (jobs_.find(fact.id).names_something()) {
        return contradiction(fact.id, "was accepted twice");
    }
    const ServiceHandle service = service_for(fact.spec.service);
    if (!service.names_something()) {
        return base::fail(base::Errc::TooManyServices, "more services than services_max allows");
    }
    const base::Duration age = start_.wall - fact.at;
    const model::JobOptions& options = fact.spec.options;
    Job job = new_job(options, service);
    job.id = fact.id;
    job.submission = fact.submission;
    job.accepted_at = fact.at;
    job.due -= age;
    if (job.expires != base::MonoTime::max()) {
        job.expires -= age;
    }
    job.params = fact.spec.params;
    if (job.submission.session != 0) {
        submissions_.acknowledge(job.submission.session, 0, start_.mono, policy.limits);
        const auto found = submissions_.open(job.submission, start_.mono, policy.limits);
        if (found.submission != nullptr) {
            found.submission->job = job.id;
        }
    }
    // An attempt may have begun whose fact did not reach the disk: its worker has until the broker
    // has settled to come back with it.
    const base::MonoTime due = std::max(job.due, settled_at_);
    schedule(jobs_.add(std::move(job)), due);
    return {};
}

base::Expected<void> State::restore_started(const AttemptStarted& fact) {
    const JobHandle handle = jobs_.find(fact.attempt.job);
    Job* job = jobs_.map.find(handle);
    if (job == nullptr || job->attempt + 1 != fact.attempt.number) {
        return contradiction(fact.attempt.job, "was started out of turn");
    }
    // Its worker may come back for it until the broker has settled.
    job->attempt = fact.attempt.number;
    job->started_at = fact.at;
    release(handle);
    schedule(handle, settled_at_);
    return {};
}

base::Expected<void> State::restore_failed(const AttemptFailed& fact) {
    const JobHandle handle = jobs_.find(fact.attempt.job);
    Job* job = jobs_.map.find(handle);
    if (job == nullptr || job->attempt != fact.attempt.number) {
        return contradiction(fact.attempt.job, "failed in an attempt that was not started");
    }
    ++job->failures;
    release(handle);
    schedule(handle, std::max(settled_at_, start_.mono + (fact.due - start_.wall)));
    return {};
}

base::Expected<void> State::restore_returned(const AttemptReturned& fact) {
    const JobHandle handle = jobs_.find(fact.attempt.job);
    Job* job = jobs_.map.find(handle);
    if (job == nullptr || job->attempt != fact.attempt.number || job->attempt == 0) {
        return contradiction(fact.attempt.job, "gave back an attempt that was not started");
    }
    --job->attempt;
    return {};
}

base::Expected<void> State::restore_ended(const JobEnded& fact) {
    const JobHandle handle = jobs_.find(fact.id);
    if (!handle.names_something()) {
        return contradiction(fact.id, "ended without having been accepted");
    }
    release(handle);
    jobs_.remove(handle);
    return {};
}

}  // namespace steward::core
