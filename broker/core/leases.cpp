// broker/core: what becomes of attempts: results, failures, losses, other times.
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
    const JobHandle job = held_job(workers_.map.at(worker).held.front(), worker, attempt);
    return job.names_something() ? std::optional(Held{worker, job}) : std::nullopt;
}

// `likely`: mostly it is the one that the worker has had for longest. What is held is in memory.
JobHandle State::held_job(JobHandle likely,
                          WorkerHandle worker,
                          const model::Attempt& attempt) const {
    JobHandle handle = likely;
    const Job* job = jobs_.map.find(handle);
    if (job == nullptr || job->id != attempt.job) {
        handle = jobs_.find(attempt.job);
        job = jobs_.map.find(handle);
    }
    const bool is_held = job != nullptr && job->state == JobState::Active &&
                         job->worker == worker &&
                         (attempt.number == 0 || attempt.number == job->attempt);
    return is_held ? handle : JobHandle{};
}

void State::on(Finish& finish) {
    const auto held = held_by(finish.from, finish.form, finish.attempt);
    if (!held) {
        ++counters.late_results;
        const WorkerHandle worker = workers_.find(finish.from);
        if (worker.names_something()) {
            forget_overdue(worker, finish.attempt);
            part_when_done(worker);
        }
        return;
    }
    Worker& worker = workers_.map.at(held->worker);
    measure(worker, finish.run_time);
    model::Outcome& outcome = finish.outcome;
    const Job& job = jobs_.map.at(held->job);
    count_run(job, finish.run_time);
    if (job.cancelling || outcome.verdict == model::Verdict::Succeeded) {
        succeed(worker, held->job, std::move(outcome.result));
    } else if (outcome.verdict == model::Verdict::Snoozed && !job.adopted) {
        attempt_snoozed(held->job, outcome.again_in);
    } else {
        ++worker.failed;
        attempt_failed(held->job, outcome);
    }
    go_on(held->worker);
}

// Unless it was cancelled meanwhile.
void State::succeed(Worker& worker, JobHandle handle, model::Payload&& result) {
    Job& job = jobs_.map.at(handle);
    cancel_job_timer(job);
    if (take_active(worker, handle, job, services_.map.at(job.service))) {
        promote_ahead(worker);
    }
    if (job.cancelling) {
        end_job(handle, JobState::Cancelled, job.text, {});
        return;
    }
    ++worker.succeeded;
    end_job(handle, JobState::Succeeded, {}, std::move(result));
}

// A slow job raises the measure at once, fast ones lower it slowly: a worker that may be slow is
// given less ahead.
void State::measure(Worker& worker, base::Duration run_time) const {
    if (run_time <= base::Duration::zero() && !worker.beats_while_busy) {
        return;
    }
    const base::Duration sample = std::max(run_time, base::Duration{1});
    worker.worked += sample;
    if (worker.run_time < base::Duration::zero()) {
        worker.run_time = sample;
    } else if (sample > worker.run_time) {
        worker.run_time = (worker.run_time + sample) / 2;
    } else {
        // Rounded up, or it would stay seven microseconds above those of quick jobs.
        worker.run_time -= (worker.run_time - sample + base::Duration{7}) / 8;
    }
}

// An attempt that ran has ended, in whatever way. Some workers do not measure; then it is the time
// since they were given the job.
void State::count_run(const Job& job, base::Duration measured) {
    if (job.running) {
        services_.map.at(job.service)
            .count_run(measured > base::Duration::zero() ? measured : now_.mono - job.given_at);
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
    std::vector<QueueHandle> queues;
    for (auto job = jobs.rbegin(); job != jobs.rend(); ++job) {
        queues.push_back(jobs_.map.at(*job).queue);
        give_back(*job);
    }
    dispatch_queues(queues);
    go_on(worker);
}

// The worker had not started it: the attempt does not count and its number is used again.
void State::give_back(JobHandle handle) {
    Job& job = jobs_.map.at(handle);
    if (job.adopted) {  // its params are not known: nobody else could run it
        attempt_lost(handle, "its worker gave it back");
        return;
    }
    if (job.cancelling) {
        count_run(job, {});
        release(handle);
        end_job(handle, JobState::Cancelled, job.text, {});
        return;
    }
    ++counters.recalled;
    append(job, AttemptReturned{{job.id, job.attempt}});
    announce(job, EventKind::Returned);
    release(handle);
    job.forget_said();
    --job.attempt;
    job.fate = AttemptFate::Over;
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
        promote_ahead(worker);
        feed_worker(handle);
    }
}

void State::attempt_failed(JobHandle handle, const model::Outcome& outcome) {
    Job& job = jobs_.map.at(handle);
    ++job.failures;
    Service& service = services_.map.at(job.service);
    ++service.failed;
    const bool is_over = outcome.verdict == model::Verdict::FailedForGood || job.adopted ||
                         job.failures + job.losses >= job.failures_max;
    announce(job, EventKind::ExecuteError, outcome.text);
    if (is_over) {
        release(handle);
        model::Payload result = outcome.result;
        end_job(
            handle, job.sync ? JobState::Failed : JobState::Dead, outcome.text, std::move(result));
        return;
    }
    ++service.of_attempts().retried;
    const base::Duration pause = backoff(job);
    append(job, AttemptFailed{{job.id, job.attempt}, now_.wall, now_.wall + pause, outcome.text});
    if (Announce* event = announce(job, EventKind::Retry, outcome.text)) {
        event->more().due = now_.wall + pause;
    }
    release(handle);
    job.forget_said();
    job.fate = AttemptFate::Over;
    job.text = outcome.text;
    if (job.extras != nullptr) {
        job.extras->run_at.reset();
    }
    schedule(handle, now_.mono + pause);
}

// The worker asked for another time. Its attempt's number is spent, its failures are not counted.
void State::attempt_snoozed(JobHandle handle, base::Duration again_in) {
    Job& job = jobs_.map.at(handle);
    ++counters.snoozed;
    const base::WallTime due = now_.wall + again_in;
    append(job, AttemptSnoozed{{job.id, job.attempt}, due});
    if (Announce* event = announce(job, EventKind::Snoozed)) {
        event->more().due = due;
    }
    release(handle);
    job.forget_said();
    job.fate = AttemptFate::Over;
    if (job.extras != nullptr) {
        job.extras->run_at.reset();
    }
    schedule(handle, now_.mono + again_in);
}

// The worker is gone: the job goes back to the front of its queue, unless it has used up its lives.
// The caller dispatches afterwards.
void State::attempt_lost(JobHandle handle, std::string_view why) {
    Job& job = jobs_.map.at(handle);
    ++job.losses;
    ++counters.lost;
    count_run(job, {});
    Service& service = services_.map.at(job.service);
    ++service.of_attempts().lost;
    announce(job, EventKind::DelegateError, why);
    if (job.cancelling) {
        release(handle);
        end_job(handle, JobState::Cancelled, job.text, {});
        return;
    }
    const bool is_over = job.adopted || job.failures + job.losses >= job.losses_max;
    if (is_over) {
        std::string text = "lost its worker ";
        text += std::to_string(job.losses);
        text += job.losses == 1 ? " time, the last because " : " times, the last because ";
        text += why;
        release(handle);
        end_job(handle, job.sync ? JobState::Failed : JobState::Dead, text, {});
        return;
    }
    ++service.of_attempts().retried;
    append(job, AttemptFailed{{job.id, job.attempt}, now_.wall, now_.wall, std::string(why), true});
    announce(job, EventKind::Retry, why);
    release(handle);
    job.forget_said();
    job.fate = AttemptFate::Lost;
    make_ready(handle, true);
}

// Doubles with each failure up to the limit; a quarter up or down at random, so that jobs which
// failed together do not come back together.
base::Duration State::backoff(const Job& job) {
    const JobExtras* extras = job.extras.get();
    const base::Duration most =
        extras != nullptr ? extras->backoff_max.value_or(policy.backoff_max) : policy.backoff_max;
    base::Duration pause =
        extras != nullptr ? extras->backoff.value_or(policy.backoff_first) : policy.backoff_first;
    for (std::uint32_t i = 1; i < job.failures && pause < most; ++i) {
        pause *= 2;
    }
    pause = std::min(pause, most);
    const auto half = static_cast<std::uint64_t>(pause.count() / 2);
    const std::uint64_t jitter = prng_.below(half + 1);
    return pause - pause / 4 + base::Duration{static_cast<std::int64_t>(jitter)};
}

}  // namespace steward::core
