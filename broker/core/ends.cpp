// broker/core: the ends of jobs and what follows from them.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {

using model::EventKind;
using model::JobState;

namespace {

constexpr std::size_t kHistoryParamsBytesMax = 1024;

EventKind event_of(JobState end) {
    switch (end) {
        case JobState::Succeeded: return EventKind::ExecuteComplete;
        case JobState::Failed: return EventKind::Failed;
        case JobState::Dead: return EventKind::Dead;
        case JobState::Expired: return EventKind::Expired;
        case JobState::Cancelled: return EventKind::Cancelled;
        case JobState::Scheduled:
        case JobState::Ready:
        case JobState::Active:
        case JobState::Blocked: break;
    }
    STEWARD_ASSERT(false);
    return EventKind::Failed;
}

// A dead letter may be retried; and the key of a job that has ended is taken, and given up, once
// more when the facts are read.
bool needs_params_after(const Job& job, JobState end) {
    return end == JobState::Dead || (job.extras != nullptr && job.extras->unique_params);
}

}  // namespace

// Pre: the job is in no list. Tells whoever waits and forgets the job, unless it is a dead letter.
void State::end_job(JobHandle handle, JobState end, std::string text, model::Payload&& result) {
    Job& job = jobs_.map.at(handle);
    STEWARD_ASSERT(model::may_become(job.state, end));
    job.state = end;
    job.cancelling = false;
    count_end(job, end);
    unique_.release(jobs_.map, handle);
    const bool is_kept = job.result_ttl > base::Duration::zero() && end != JobState::Dead;
    const Seq seq = append(job,
                           JobEnded{job.id,
                                    end,
                                    now_.wall,
                                    text,
                                    is_kept ? result : model::Payload{},
                                    job.failures,
                                    job.losses});
    if (seq != 0 && !needs_params_after(job, end)) {
        out_->appends.back().settles = job.accepted_seq;
    }
    announce(job, event_of(end), text);
    remember(job, text);
    KeptResult kept{name_of_service(job), end, std::move(text), std::move(result)};
    keep_for_resend(job, kept);
    tell_waiters(job, kept.service, kept, seq);
    follow_end(job, end, kept.text);
    if (is_kept) {
        keep_result(job, std::move(kept), now_.wall, seq);
    }
    if (end == JobState::Dead && !job.adopted) {  // without its params nobody could retry it
        keep_dead(handle, kept.text);
    } else {
        forget_job(handle);
    }
}

void State::count_end(const Job& job, JobState end) {
    Service& service = services_.map.at(job.service);
    switch (end) {
        case JobState::Succeeded:
            ++counters.succeeded;
            ++service.succeeded;
            break;
        case JobState::Failed:
            ++counters.failed;
            ++service.failed_jobs;
            break;
        case JobState::Dead:
            ++counters.dead;
            ++service.died;
            break;
        case JobState::Expired:
            ++counters.expired;
            ++service.expired;
            break;
        case JobState::Cancelled:
            ++counters.cancelled;
            ++service.cancelled;
            break;
        case JobState::Scheduled:
        case JobState::Ready:
        case JobState::Active:
        case JobState::Blocked: STEWARD_ASSERT(false);
    }
}

void State::keep_for_resend(const Job& job, const KeptResult& end) {
    if (job.adopted) {
        const auto claim = adopted_.find(adoption_key(job.submission, job.id));
        if (claim != adopted_.end() && claim->second.job == job.id) {
            claim->second.is_over = true;
            if (job.losses == 0) {  // else its client's resend is a job like any other
                claim->second.result = end;
            }
        }
    } else if (job.sync && job.submission.session != 0) {
        submissions_.keep(job.submission, KeptResult(end), policy.limits);
    }
}

void State::keep_result(const Job& job, KeptResult&& end, base::WallTime ended_at, Seq seq) {
    Ended ended;
    ended.id = job.id;
    ended.service = std::move(end.service);
    ended.state = end.state;
    ended.sync = job.sync;
    ended.durable = job.durable;
    ended.priority = job.priority;
    ended.attempt = job.attempt;
    ended.text = end.text.empty() ? base::Blob() : base::Blob::copy(end.text);
    ended.result = std::move(end.result);
    ended.accepted_at = job.accepted_at;
    ended.started_at = job.started_at;
    ended.ended_at = ended_at;
    ended.forget_at = now_.mono + job.result_ttl;
    ended.seq = seq;
    ended.channel = services_.queues.at(job.queue).channel;
    if (job.extras != nullptr) {
        ended.context = job.extras->context;
        if (const Group* group = groups_.map.find(job.extras->group)) {
            ended.group = group->name;
        }
        if (const Batch* batch = batches_.map.find(job.extras->batch)) {
            ended.batch = batch->name;
        }
    }
    results_.add(std::move(ended), now_.mono, policy.limits);
    counters.results_dropped = results_.dropped();
}

// What others wanted of it.
void State::follow_end(const Job& job, JobState end, std::string_view text) {
    if (job.extras == nullptr) {
        return;
    }
    tell_dependents(job, end, text);
    count_in_batch(job, end);
}

// The job stays as a dead letter.
void State::keep_dead(JobHandle handle, std::string text) {
    Job& job = jobs_.map.at(handle);
    job.worker = {};
    job.text = std::move(text);
    dead_.push_back(jobs_.map, handle);
    ++services_.map.at(job.service).dead;
    if (Group* group = groups_.map.find(job.group())) {
        ++group->dead;
    }
}

// The oldest go when there are too many.
void State::drop_dead_letters() {
    while (dead_.size() > policy.limits.dead_letters_max) {
        ++counters.dead_dropped;
        discard_dead(dead_.front());
    }
}

void State::discard_dead(JobHandle handle) {
    const Job& job = jobs_.map.at(handle);
    append(job, JobDiscarded{job.id});
    announce(job, EventKind::Discarded);
    tell_dependents(job, JobState::Dead, "it was discarded");
    release(handle);
    forget_job(handle);
}

// Pre: the job is in no list and nobody waits for it.
void State::forget_job(JobHandle handle) {
    const Job& job = jobs_.map.at(handle);
    const GroupHandle group = job.group();
    if (job.extras != nullptr) {
        dependents_count_ -= job.extras->after.size();
    }
    jobs_.remove(handle);
    if (group.names_something()) {
        leave_group(group);
    }
}

// Keeps a finished job for the listings; long params are cut so that history stays small.
void State::remember(const Job& job, std::string_view text) {
    if (policy.limits.history_jobs_max == 0) {
        return;
    }
    while (history_.size() >= policy.limits.history_jobs_max) {
        history_.pop_front();
    }
    model::JobRow& row = history_.emplace_back(row_of(job));
    row.ended_at = now_.wall;
    row.text = text;
    const std::string_view params = row.params.bytes.view();
    if (params.size() > kHistoryParamsBytesMax) {
        row.params = {model::Encoding::Opaque,
                      base::Blob::copy(params.substr(0, kHistoryParamsBytesMax))};
    }
}

}  // namespace steward::core
