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
void State::end_job(JobHandle handle,
                    JobState end,
                    std::string_view text,
                    model::Payload&& result) {
    Job& job = jobs_.map.at(handle);
    Service& service = services_.map.at(job.service);
    STEWARD_ASSERT(model::may_become(job.state, end));
    job.state = end;
    job.cancelling = false;
    count_end(service, end);
    const bool is_kept = job.result_ttl > base::Duration::zero() && end != JobState::Dead;
    const Seq seq = job.durable
                        ? append_end(job, text, is_kept ? model::Payload(result) : model::Payload())
                        : 0;
    announce(job, event_of(end), text);
    if (job.extras != nullptr) {
        unique_.release(jobs_.map, handle);
    }
    if (job.sync || job.adopted || job.extras != nullptr) {
        const KeptResult kept{service.name, end, std::string(text), result};
        keep_for_resend(job, kept);
        tell_waiters(job, kept.service, kept, seq);
        follow_end(job, end, text);
    }
    // Without its params nobody could retry it.
    const bool is_letter = end == JobState::Dead && !job.adopted;
    if (!job.sync && (is_kept || is_letter) && job.has_said()) {
        keep_said(job, is_letter ? base::Duration::max() : job.result_ttl);
    }
    if (is_kept) {
        keep_result(job, service, text, std::move(result), now_.wall, seq);
    }
    remember(handle, service, text, is_letter);
    if (is_letter) {
        keep_dead(handle, std::string(text));
    } else {
        forget_job(handle);
    }
}

// `result`: none when it is not kept.
Seq State::append_end(const Job& job, std::string_view text, model::Payload&& result) {
    const Seq settles = needs_params_after(job, job.state) ? 0 : job.accepted_seq;
    const bool is_small =
        job.params.bytes.size() + job.meta.size() <= Appends::kNeighbourBytesMax &&
        result.bytes.size() <= Appends::kNeighbourBytesMax;
    if (is_small && job.state == JobState::Succeeded && text.empty() && job.failures == 0 &&
        job.losses == 0) {
        return appends_.put_succeeded(job.id, now_.wall, std::move(result), settles);
    }
    auto& fact = appends_.put<JobEnded>();
    fact.id = job.id;
    fact.state = job.state;
    fact.at = now_.wall;
    fact.text = text;
    fact.result = std::move(result);
    fact.failures = job.failures;
    fact.losses = job.losses;
    appends_.settle(settles);
    return appends_.last();
}

void State::count_end(Service& service, JobState end) {
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

std::unique_ptr<const JobNames> State::names_of(const Job& job) const {
    if (job.extras == nullptr) {
        return nullptr;
    }
    JobNames names = names_of_few(job);
    return names.empty() ? nullptr : std::make_unique<const JobNames>(std::move(names));
}

// Pre: it has extras.
JobNames State::names_of_few(const Job& job) const {
    JobNames names;
    names.context = job.extras->context;
    if (const Group* group = groups_.map.find(job.extras->group)) {
        names.group = group->name;
    }
    if (const Batch* batch = batches_.map.find(job.extras->batch)) {
        names.batch = batch->name;
    }
    return names;
}

void State::keep_result(const Job& job,
                        const Service& service,
                        std::string_view text,
                        model::Payload&& result,
                        base::WallTime ended_at,
                        Seq seq) {
    results_.add({.id = job.id,
                  .service = service.name,
                  .state = job.state,
                  .sync = job.sync,
                  .durable = job.durable,
                  .owner = job.owner,
                  .priority = job.priority,
                  .attempt = job.attempt,
                  .text = base::Blob::copy(text),
                  .result = std::move(result),
                  .accepted_at = job.accepted_at,
                  .started_at = job.started_at,
                  .ended_at = ended_at,
                  .forget_at = now_.mono + job.result_ttl,
                  .seq = seq,
                  .channel = services_.queues.at(job.queue).channel,
                  .names = names_of(job)},
                 now_.mono,
                 policy.limits);
    counters.results_dropped = results_.dropped();
}

// What it has said, for who follows it when it is over, as long as its end can be asked for and no
// longer than `result_ttl`. Its client may have had no time to follow it before.
void State::keep_said(Job& job, base::Duration result_ttl) {
    LastSaid said;
    said.job = job.id;
    said.forget_at = now_.mono + std::min(policy.parts_ttl, result_ttl);
    said.progress_done = job.progress_done;
    said.progress_total = job.progress_total;
    if (job.extras != nullptr) {
        said.progress_text = std::move(job.extras->progress_text);
        said.parts = std::move(job.extras->parts);
    }
    last_said_.add(std::move(said), now_.mono, policy.limits);
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
    job.forget_said();
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
    last_said_.forget(job.id);
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

// Keeps a finished job for the listings. Long params are cut so that history stays small.
void State::remember(JobHandle handle,
                     const Service& service,
                     std::string_view text,
                     bool is_letter) {
    Past* const past = history_.add(policy.limits.history_jobs_max);
    if (past == nullptr) {
        return;
    }
    const Job& job = jobs_.map.at(handle);
    const Worker* worker = workers_.map.find(job.worker);
    past->id = job.id;
    past->service = service.name;
    past->channel = services_.queues.at(job.queue).channel;
    past->names = names_of(job);
    past->state = job.state;
    past->sync = job.sync;
    past->owner = job.owner;
    past->priority = job.priority;
    past->attempt = job.attempt;
    past->failures = job.failures;
    past->losses = job.losses;
    past->client = job.waiter.peer;
    past->worker = worker != nullptr ? worker->address.peer : Peer{};
    past->accepted_at = job.accepted_at;
    past->started_at = job.started_at;
    past->ended_at = now_.wall;
    past->text = base::Blob::copy(text);
    if (job.params.bytes.size() > kHistoryParamsBytesMax) {
        past->params = {
            model::Encoding::Opaque,
            base::Blob::copy(job.params.bytes.view().substr(0, kHistoryParamsBytesMax))};
    } else {
        past->params = is_letter ? job.params : jobs_.take_params(handle);
    }
}

}  // namespace steward::core
