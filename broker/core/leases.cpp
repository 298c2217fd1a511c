// broker/core: what becomes of attempts: results, failures, losses, and the ends of jobs.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {

using model::EventKind;
using model::JobState;

// The attempt a worker speaks of, if the lease is that worker's. Number 0 stands for whichever
// attempt of the job it holds: the ZMWS dialects name only the job.
std::optional<State::Held> State::held_by(Peer from,
                                          std::uint32_t form,
                                          const model::Attempt& attempt) {
    const WorkerHandle worker = worker_of(from, form);
    if (!worker.names_something()) {
        return std::nullopt;
    }
    const JobHandle handle = jobs_.find(attempt.job);
    const Job* job = jobs_.map.find(handle);
    const bool is_held = job != nullptr && job->state == JobState::Active &&
                         job->worker == worker &&
                         (attempt.number == 0 || attempt.number == job->attempt);
    return is_held ? std::optional(Held{worker, handle}) : std::nullopt;
}

void State::on(Finish& finish) {
    const auto held = held_by(finish.from, finish.form, finish.attempt);
    if (!held) {
        ++counters.late_results;
        const WorkerHandle worker = workers_.find(finish.from);
        if (worker.names_something()) {
            forget_overdue(worker, finish.attempt);
        }
        return;
    }
    Worker& worker = workers_.map.at(held->worker);
    if (finish.run_time > base::Duration::zero() || worker.beats_while_busy) {
        // A slow job raises the measure at once, fast ones lower it slowly: a worker that may be
        // slow is given less ahead.
        const base::Duration sample = std::max(finish.run_time, base::Duration{1});
        if (worker.run_time < base::Duration::zero()) {
            worker.run_time = sample;
        } else if (sample > worker.run_time) {
            worker.run_time = (worker.run_time + sample) / 2;
        } else {
            worker.run_time -= (worker.run_time - sample) / 8;
        }
    }
    model::Outcome& outcome = finish.outcome;
    if (outcome.verdict == model::Verdict::Succeeded) {
        ++worker.succeeded;
        release(held->job);
        end_job(held->job, JobState::Succeeded, {}, std::move(outcome.result));
    } else {
        ++worker.failed;
        attempt_failed(held->job, outcome);
    }
    if (worker.leaving && worker.held.empty()) {
        drop_worker(held->worker, "it said goodbye and has finished");
        return;
    }
    feed_worker(held->worker);
}

void State::on(Partial& partial) {
    const auto held = held_by(partial.from, partial.form, partial.attempt);
    if (!held) {
        ++counters.late_results;
        return;
    }
    const Job& job = jobs_.map.at(held->job);
    if (job.sync && job.waiter.peer.value != 0) {
        send(job.waiter,
             JobPartial{job.id,
                        services_.map.at(job.service).name,
                        std::move(partial.data),
                        job.params.encoding});
    }
}

void State::on(Progress& progress) {
    const auto held = held_by(progress.from, progress.form, progress.attempt);
    if (!held) {
        ++counters.late_results;
        return;
    }
    Job& job = jobs_.map.at(held->job);
    job.progress_done = progress.done;
    job.progress_total = progress.total;
    job.text = std::move(progress.text);
    announce(job, EventKind::Progress, job.text);
    if (job.sync && job.waiter.peer.value != 0) {
        send(job.waiter, JobProgress{job.id, progress.done, progress.total, job.text});
    }
}

void State::on(Return& returned) {
    const WorkerHandle worker = worker_of(returned.from, returned.form);
    if (!worker.names_something()) {
        return;
    }
    // In the order in which they were given, whatever order they are named in.
    std::vector<JobHandle> jobs;
    for (const model::Attempt& attempt : returned.attempts) {
        if (const auto held = held_by(returned.from, returned.form, attempt)) {
            jobs.push_back(held->job);
        }
    }
    std::ranges::sort(jobs, {}, [&](JobHandle job) { return jobs_.map.at(job).id; });
    jobs.erase(std::unique(jobs.begin(), jobs.end()), jobs.end());
    std::vector<ServiceHandle> services;
    for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) {
        services.push_back(jobs_.map.at(*job).service);
        give_back(*job);
    }
    for (const ServiceHandle service : services) {
        dispatch_service(service);
    }
    feed_worker(worker);
}

// The worker had not started it: the attempt does not count and its number is used again.
void State::give_back(JobHandle handle) {
    Job& job = jobs_.map.at(handle);
    if (job.adopted) {  // its params are not known: nobody else could run it
        attempt_lost(handle, "its worker gave it back");
        return;
    }
    ++counters.recalled;
    append(job, AttemptReturned{{job.id, job.attempt}});
    release(handle);
    --job.attempt;
    make_ready(handle, true);
}

// An overdue attempt was reported after all: the slot it occupied is free again.
void State::forget_overdue(WorkerHandle handle, const model::Attempt& attempt) {
    Worker& worker = workers_.map.at(handle);
    const auto overdue = std::ranges::find_if(worker.overdue, [&](const model::Attempt& one) {
        return one.job == attempt.job && (attempt.number == 0 || attempt.number == one.number);
    });
    if (overdue != worker.overdue.end()) {
        worker.overdue.erase(overdue);
        promote_ahead(handle);
        feed_worker(handle);
    }
}

// Takes a job out of whichever list it is in. Its state, and who held it, stay until it enters
// another.
void State::release(JobHandle handle) {
    Job& job = jobs_.map.at(handle);
    Service& service = services_.map.at(job.service);
    timers.cancel(job.timer);
    switch (job.state) {
        case JobState::Scheduled:
            service.scheduled.remove(jobs_.map, handle);
            --scheduled_;
            break;
        case JobState::Ready:
            service.ready.remove(jobs_.map, handle);
            --ready_;
            break;
        case JobState::Active: {
            Worker& worker = workers_.map.at(job.worker);
            const JobHandle next = job.place.next;
            worker.held.remove(jobs_.map, handle);
            if (worker.first_ahead == handle) {
                worker.first_ahead = next;
            }
            if (std::exchange(job.running, false)) {
                --worker.running;
                promote_ahead(job.worker);
            }
            job.recalled = false;
            job.stopping = false;
            --service.active;
            --active_;
            break;
        }
        case JobState::Succeeded:
        case JobState::Failed:
        case JobState::Dead:
        case JobState::Expired:
        case JobState::Cancelled: STEWARD_ASSERT(false);
    }
}

void State::attempt_failed(JobHandle handle, const model::Outcome& outcome) {
    Job& job = jobs_.map.at(handle);
    ++job.failures;
    ++services_.map.at(job.service).failed;
    const bool is_over = outcome.verdict == model::Verdict::FailedForGood || job.adopted ||
                         job.failures + job.losses >= job.failures_max;
    if (!is_over || !job.sync) {  // a sync job's end is announced by the same word
        announce(job, EventKind::Failed, outcome.text);
    }
    if (is_over) {
        release(handle);
        model::Payload result = outcome.result;
        end_job(
            handle, job.sync ? JobState::Failed : JobState::Dead, outcome.text, std::move(result));
        return;
    }
    const base::Duration pause = backoff(job.failures);
    append(job, AttemptFailed{{job.id, job.attempt}, now_.wall, now_.wall + pause, outcome.text});
    release(handle);
    job.text = outcome.text;
    schedule(handle, now_.mono + pause);
}

// The worker is gone: the job goes back to the front of its queue, unless it has used up its lives.
// The caller dispatches afterwards.
void State::attempt_lost(JobHandle handle, std::string_view why) {
    Job& job = jobs_.map.at(handle);
    ++job.losses;
    ++counters.lost;
    announce(job, EventKind::Lost, why);
    const bool is_over = job.adopted || job.failures + job.losses >= job.losses_max;
    if (is_over) {
        std::string text = "lost its worker ";
        text += std::to_string(job.losses);
        text += job.losses == 1 ? " time, the last because " : " times, the last because ";
        text += why;
        release(handle);
        end_job(handle, job.sync ? JobState::Failed : JobState::Dead, std::move(text), {});
        return;
    }
    append(job, AttemptFailed{{job.id, job.attempt}, now_.wall, now_.wall, std::string(why)});
    release(handle);
    make_ready(handle, true);
}

// Doubles with each failure up to the limit; a quarter up or down at random, so that jobs which
// failed together do not come back together.
base::Duration State::backoff(std::uint32_t failures) {
    base::Duration pause = policy.backoff_first;
    for (std::uint32_t i = 1; i < failures && pause < policy.backoff_max; ++i) {
        pause *= 2;
    }
    pause = std::min(pause, policy.backoff_max);
    const auto half = static_cast<std::uint64_t>(pause.count() / 2);
    const std::uint64_t jitter = prng_.below(half + 1);
    return pause - pause / 4 + base::Duration{static_cast<std::int64_t>(jitter)};
}

// Pre: the job is in no list.
void State::schedule(JobHandle handle, base::MonoTime due) {
    Job& job = jobs_.map.at(handle);
    job.state = JobState::Scheduled;
    job.worker = {};
    job.due = due;
    services_.map.at(job.service).scheduled.push_back(jobs_.map, handle);
    ++scheduled_;
    announce(job, EventKind::Scheduled, job.text);
    arm_job_timer(handle);
}

// Pre: the job is in no list. The caller dispatches.
void State::make_ready(JobHandle handle, bool at_front) {
    Job& job = jobs_.map.at(handle);
    Service& service = services_.map.at(job.service);
    job.state = JobState::Ready;
    job.worker = {};
    job.ready_at = now_.mono;
    if (at_front) {
        service.ready.push_front(jobs_.map, handle);
    } else {
        service.ready.push_back(jobs_.map, handle);
    }
    ++ready_;
    announce(job, EventKind::Ready);
    arm_job_timer(handle);
    list_turn(job.service);
}

void State::arm_job_timer(JobHandle handle) {
    Job& job = jobs_.map.at(handle);
    const base::MonoTime due =
        job.state == JobState::Scheduled ? std::min(job.due, job.expires) : job.expires;
    if (due != base::MonoTime::max()) {
        job.timer = timers.arm(due, {Timer::Kind::Job, handle, {}});
    }
}

void State::on_job_timer(JobHandle handle) {
    Job& job = jobs_.map.at(handle);
    job.timer = base::TimerHeap<Timer>::kNone;
    if (job.expires <= now_.mono) {
        release(handle);
        end_job(handle, JobState::Expired, "was not started in time", {});
        return;
    }
    STEWARD_ASSERT(job.state == JobState::Scheduled);
    const ServiceHandle service = job.service;
    release(handle);
    make_ready(handle, false);
    dispatch_service(service);
}

// Pre: the job is in no list. Tells whoever waits and forgets the job.
void State::end_job(JobHandle handle, JobState end, std::string text, model::Payload&& result) {
    Job& job = jobs_.map.at(handle);
    STEWARD_ASSERT(model::may_become(job.state, end));
    job.state = end;
    Service& service = services_.map.at(job.service);
    EventKind kind = EventKind::Succeeded;
    switch (end) {
        case JobState::Succeeded:
            ++counters.succeeded;
            ++service.succeeded;
            break;
        case JobState::Failed:
            ++counters.failed;
            kind = EventKind::Failed;
            break;
        case JobState::Dead:
            ++counters.dead;
            kind = EventKind::Dead;
            break;
        case JobState::Expired:
            ++counters.expired;
            kind = EventKind::Expired;
            break;
        case JobState::Cancelled: kind = EventKind::Cancelled; break;
        case JobState::Scheduled:
        case JobState::Ready:
        case JobState::Active: STEWARD_ASSERT(false);
    }
    const Seq seq = append(job, JobEnded{job.id, end, now_.wall, text});
    announce(job, kind, text);
    remember(job, text);
    const bool can_resend = job.sync && job.submission.session != 0;
    if (job.adopted) {
        const auto claim = adopted_.find(adoption_key(job.submission, job.id));
        if (claim != adopted_.end() && claim->second.job == job.id) {
            claim->second.is_over = true;
            if (job.losses == 0) {  // else its client's resend is a job like any other
                claim->second.result = KeptResult{service.name, end, text, result};
            }
        }
    } else if (can_resend) {
        submissions_.keep(job.submission, {service.name, end, text, result}, policy.limits);
    }
    if (job.sync && job.waiter.peer.value != 0) {
        send(
            job.waiter,
            JobResult{
                job.id, service.name, end, std::move(text), std::move(result), job.params.encoding},
            seq);
    }
    jobs_.remove(handle);
}

}  // namespace steward::core
