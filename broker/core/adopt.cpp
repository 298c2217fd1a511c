// broker/core: jobs that workers bring back after a reconnect or a restart of the broker, and the
// clients that come for them.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {

using model::JobState;

namespace {

void drop_what_is_past(model::JobOptions& options) {
    options.after.clear();
    options.group = {};
    options.batch = {};
    options.unique = {};
    options.unique_params = false;
    options.delay.reset();
    options.run_at.reset();
    options.expires_in.reset();
}

}  // namespace

// Each as it was: what ran goes on running, in whatever order they are named, and an earlier
// connection of the worker begins nothing with the slots that become free until all are taken.
void State::adopt_all(WorkerHandle handle, std::vector<Ready::Running>& running) {
    std::stable_partition(running.begin(), running.end(), [&](const Ready::Running& one) {
        const Job* job = jobs_.map.find(jobs_.find(one.attempt.job));
        return job != nullptr && job->running && job->attempt == one.attempt.number;
    });
    std::vector<WorkerHandle> freed;
    for (Ready::Running& one : running) {
        adopt(handle, one, freed);
    }
    for (const WorkerHandle earlier : freed) {
        promote_ahead(workers_.map.at(earlier));
    }
}

// An attempt that the worker still has from before a reconnect or a restart of the broker.
void State::adopt(WorkerHandle handle, Ready::Running& running, std::vector<WorkerHandle>& freed) {
    const JobHandle known = find_job(running.attempt.job);
    const bool adopted = known.names_something()
                             ? name_of_service(jobs_.map.at(known)) == running.service &&
                                   adopt_known(handle, known, running.attempt, freed)
                             : adopt_unknown(handle, running);
    if (adopted) {
        ++counters.readopted;
        return;
    }
    // Another attempt has begun or the job has ended: this one is void, but occupies its slot.
    Worker& worker = workers_.map.at(handle);
    const bool is_new = std::ranges::find(worker.overdue, running.attempt) == worker.overdue.end();
    if (is_new && worker.overdue.size() < worker.concurrency) {
        worker.overdue.push_back(running.attempt);
    }
    send(worker.address, StopAttempt{running.attempt, "the attempt is no longer wanted"});
}

bool State::adopt_known(WorkerHandle handle,
                        JobHandle job_handle,
                        model::Attempt attempt,
                        std::vector<WorkerHandle>& freed) {
    Job& job = jobs_.map.at(job_handle);
    if (job.state == JobState::Dead || job.state == JobState::Blocked) {
        return false;
    }
    if (job.state == JobState::Active) {
        if (job.attempt != attempt.number) {
            return false;
        }
        if (job.worker == handle) {
            return true;  // announced twice on one connection
        }
    } else if (!may_be_running(job, attempt.number)) {
        return false;
    } else if (job.fate == AttemptFate::Lost || attempt.number != job.attempt) {
        resume_attempt(job, attempt.number);
        append(job, AttemptStarted{attempt, now_.wall});
    }
    if (job.state != JobState::Active) {
        job.ready_at = kNotWaiting;
    }
    if (const WorkerHandle earlier = take_out(job_handle); earlier.names_something()) {
        freed.push_back(earlier);
    }
    job.worker = handle;
    hold(workers_.map.at(handle), job_handle, job, services_.map.at(job.service));
    if (job.cancelling) {
        stop_attempt(job_handle, job.text);
    }
    return true;
}

// Whether an attempt of a job that nobody holds may be one that its worker still has. After a
// restart that worker may know of attempts whose facts did not reach the disk.
bool State::may_be_running(const Job& job, std::uint32_t attempt) const {
    if (attempt == 0 || attempt < job.attempt) {
        return false;
    }
    if (attempt == job.attempt) {
        return job.fate != AttemptFate::Over;
    }
    return job.id.epoch != epoch_ && attempt - job.attempt <= kAttemptsUnwrittenMax;
}

// It goes on. If it was counted as lost, it was not.
void State::resume_attempt(Job& job, std::uint32_t attempt) {
    job.losses -= job.fate == AttemptFate::Lost && attempt == job.attempt ? 1U : 0U;
    job.attempt = attempt;
    job.fate = AttemptFate::Open;
}

// From an earlier run of the broker: known by its attempt only, until its client resends it.
bool State::adopt_unknown(WorkerHandle handle, Ready::Running& running) {
    const auto key = adoption_key(running.submission, running.attempt.job);
    const auto earlier = adopted_.find(key);
    const bool has_ended = running.attempt.job.epoch == epoch_ ||
                           submissions_.has_seen(running.submission) ||
                           (earlier != adopted_.end() &&
                            earlier->second.job == running.attempt.job && earlier->second.is_over);
    if (has_ended || running.attempt.number == 0 ||
        waiting_and_running() >= policy.limits.jobs_max ||
        adopted_.size() >= policy.limits.in_flight_max) {
        return false;
    }
    const ServiceHandle service = service_for(running.service);
    const QueueHandle queue = service.names_something() ? queue_for(service, {}) : QueueHandle{};
    if (!queue.names_something()) {
        return false;
    }
    Job job;
    job.id = running.attempt.job;
    job.attempt = running.attempt.number;
    job.submission = running.submission;
    job.service = service;
    job.queue = queue;
    job.accepted_at = now_.wall;
    job.expires = base::MonoTime::max();
    job.time_limit = policy.time_limit;
    job.failures_max = policy.max_attempts_sync;
    job.losses_max = policy.max_losses;
    job.adopted = true;
    adopted_.insert_or_assign(key, Adopted{job.id, false, std::nullopt});
    job.worker = handle;
    const JobHandle added = jobs_.add(std::move(job));
    hold(workers_.map.at(handle), added, jobs_.map.at(added), services_.map.at(service));
    return true;
}

// The client of an adopted job has come back with what it asked for. The job runs already: groups,
// batches, keys, instants and others to wait for have no part in it any more. The rest has, for
// there may be another attempt. What is durable is told to its client only once it is: an earlier
// run had no time for that.
void State::make_own(JobHandle handle, Submit& submit) {
    model::JobOptions& options = submit.spec.options;
    Job& job = jobs_.map.at(handle);
    apply_defaults(options, services_.map.at(job.service));
    drop_what_is_past(options);
    if (const QueueHandle queue = queue_for(job.service, options.channel);
        queue.names_something()) {
        job.queue = queue;
    } else {
        options.channel = {};
    }
    const Job wanted = new_job(options, job.queue);
    job.adopted = false;
    jobs_.set_owner(handle, submit.asker.owner);
    job.sync = options.sync;
    job.durable = wanted.durable;
    job.priority = wanted.priority;
    job.time_limit = wanted.time_limit;
    job.result_ttl = wanted.result_ttl;
    job.failures_max = wanted.failures_max;
    job.losses_max = wanted.losses_max;
    job.waiter = options.sync ? submit.from : Address{};
    job.meta = options.meta;
    if (wanted.extras != nullptr) {
        JobExtras& extras = job.more();
        extras.context = wanted.extras->context;
        extras.memory_limit = wanted.extras->memory_limit;
        extras.backoff = wanted.extras->backoff;
        extras.backoff_max = wanted.extras->backoff_max;
    }
    if (job.durable) {
        job.accepted_seq = appends_.put(JobAccepted{job.id,
                                                    submit.submission,
                                                    job.accepted_at,
                                                    submit.spec,
                                                    {},
                                                    {},
                                                    {},
                                                    jobs_.owners.at(job.owner).name});
        appends_.put(AttemptStarted{{job.id, job.attempt}, now_.wall});
    }
    jobs_.set_params(handle, std::move(submit.spec.params));
}

// A worker came back with this very job before its client did.
bool State::claim_adopted(Submit& submit) {
    const auto found = adopted_.find(submit.submission);
    if (found == adopted_.end()) {
        return false;
    }
    Adopted adopted = std::move(found->second);
    adopted_.erase(found);
    const JobHandle handle = jobs_.find(adopted.job);
    if (!handle.names_something() && !adopted.result) {
        return false;
    }
    Submission& submission =
        *submissions_.open(submit.submission, now_.mono, policy.limits).submission;
    submission.job = adopted.job;
    if (handle.names_something()) {
        make_own(handle, submit);
        const Job& job = jobs_.map.at(handle);
        submission.accepted_seq = job.accepted_seq;
        submission.durable = job.durable;
    } else if (submit.spec.options.sync) {
        submissions_.keep(submit.submission, std::move(*adopted.result), policy.limits);
    }
    return answer_resend(submit, submission);
}

}  // namespace steward::core
