// broker/core: what operators ask of jobs: cancel, retry, discard, purge, edit.
#include "broker/core/walks.hpp"

namespace steward::core {

using base::Errc;
using model::EventKind;
using model::JobState;

namespace {

constexpr JobStates kWaiting =
    only(JobState::Blocked) | only(JobState::Scheduled) | only(JobState::Ready);
// Jobs that one step of a bulk request changes: a few milliseconds of work.
constexpr std::size_t kChangedMax = 4096;

}  // namespace

void State::on(Operator& request) {
    std::visit(
        [&](auto& what) {
            if constexpr (requires { what.which; }) {
                what.which.asker = request.asker;
            }
            if constexpr (requires { apply(request.from, request.asker, what); }) {
                apply(request.from, request.asker, what);
            } else {
                apply(request.from, what);
            }
        },
        request.what);
}

void State::answer_done(const Address& to, std::size_t changed, Cursor next, Seq after) {
    send(to, Done{changed, next}, after);
}

void State::apply(const Address& from, DrainBroker& /*request*/) {
    if (!draining_) {
        draining_ = true;
        drain_ends_ = now_.mono + policy.drain_limit;
        timers_.arm(drain_ends_, Timer(Timer::Kind::Drain));
        note(Severity::Info,
             "draining",
             {{"active", std::to_string(active_)}, {"ready", std::to_string(ready_)}});
    }
    answer_done(from, 1);
}

// Changes the jobs of one step: `change(handle)` says whether it did.
template <class Change>
void State::change_jobs(
    const Address& from, JobFilter& which, Cursor start, JobStates states, Change&& change) {
    which.states = which.states == 0 ? states : which.states & states;
    if (which.states == 0) {
        return answer_done(from, 0, 0, appends_.last());
    }
    std::size_t changed = 0;
    const Cursor next = visit_jobs(which, start, [&](JobHandle handle) {
        changed += change(handle) ? 1U : 0U;
        return changed < kChangedMax;
    });
    // Also when nothing was left to change: an earlier request may have changed it a moment ago.
    answer_done(from, changed, next, appends_.last());
}

// What is cancelled already may be so by this very request, which comes again when the connection
// with its answer broke: no error then.
void State::apply(const Address& from, CancelJobs& request) {
    if (request.which.jobs.size() == 1) {
        const model::JobId& id = request.which.jobs.front();
        const std::optional<Ended> ended = results_.find(id, now_.mono);
        const bool is_done =
            ended && ended->state == JobState::Cancelled && request.which.asker.sees(ended->owner);
        if (!is_done && refuse_unknown(from, request.which.asker, id)) {
            return;
        }
    }
    change_jobs(from,
                request.which,
                request.from,
                kWaiting | only(JobState::Active),
                [&](JobHandle handle) { return cancel_job(handle, "was cancelled"); });
}

void State::apply(const Address& from, PurgeQueue& request) {
    change_jobs(from, request.which, request.from, kWaiting, [&](JobHandle handle) {
        return cancel_job(handle, "its queue was purged");
    });
}

void State::apply(const Address& from, RetryDead& request) {
    if (request.which.jobs.size() == 1 &&
        refuse_unknown(from, request.which.asker, request.which.jobs.front())) {
        return;
    }
    change_jobs(from, request.which, request.from, only(JobState::Dead), [&](JobHandle handle) {
        return retry_dead(handle);
    });
}

void State::apply(const Address& from, DiscardDead& request) {
    if (request.which.jobs.size() == 1 &&
        refuse_unknown(from, request.which.asker, request.which.jobs.front())) {
        return;
    }
    change_jobs(from, request.which, request.from, only(JobState::Dead), [&](JobHandle handle) {
        discard_dead(handle);
        return true;
    });
}

// One job that is named should be there: a number of changes says too little. A refusal tells of an
// end, or that a dead letter is gone, and so it waits for the record as Done does.
bool State::refuse_unknown(const Address& from, const Asker& asker, const model::JobId& id) {
    const Job* job = jobs_.map.find(find_job(id));
    if (job != nullptr && asker.sees(job->owner)) {
        return false;
    }
    const std::optional<Ended> ended = results_.find(id, now_.mono);
    if (job != nullptr || !ended || !asker.sees(ended->owner)) {
        refuse(
            from, {}, {Errc::UnknownJob, "no job " + id.text() + " is known", {}}, appends_.last());
        return true;
    }
    refuse(from,
           ended->service.view(),
           {Errc::WrongState,
            "job " + id.text() + " has ended: it is " + std::string(model::name_of(ended->state)),
            {}},
           appends_.last());
    return true;
}

// Waiting jobs end at once; a running one's worker is told and has its grace, and whatever it says
// meanwhile, the job ends cancelled.
bool State::cancel_job(JobHandle handle, std::string_view why) {
    Job& job = jobs_.map.at(handle);
    if (job.state != JobState::Active) {
        release(handle);
        end_job(handle, JobState::Cancelled, why, {});
        return true;
    }
    if (job.cancelling) {
        return false;
    }
    append(job, JobCancelled{job.id, now_.wall});
    job.cancelling = true;
    job.text = why;
    announce(job, EventKind::Cancelling, why);
    stop_attempt(handle, why);
    return true;
}

// False: its unique key belongs to another job by now.
bool State::retry_dead(JobHandle handle) {
    Job& job = jobs_.map.at(handle);
    if (job.extras != nullptr && job.extras->is_unique() &&
        unique_.find(jobs_.map, UniqueTable::key_of(job)).names_something()) {
        return false;
    }
    release(handle);
    revive(handle);
    JobRetried fact{job.id, now_.wall};
    if (job.extras != nullptr) {
        wait_again(handle);
        fact.after = job.extras->after;
    }
    append(job, std::move(fact));
    announce(job, EventKind::Retry, "by an operator");
    job.due = now_.mono;
    begin_waiting(handle);
    return true;
}

// A dead letter begins again: its attempts are counted anew, its batch waits for it once more.
void State::revive(JobHandle handle) {
    Job& job = jobs_.map.at(handle);
    last_said_.forget(job.id);  // the next attempt begins at nothing
    job.failures = 0;
    job.losses = 0;
    job.fate = AttemptFate::Over;
    job.expires = base::MonoTime::max();
    job.text.clear();
    if (job.extras == nullptr) {
        return;
    }
    job.extras->run_at.reset();
    Batch* batch = batches_.map.find(job.extras->batch);
    if (batch != nullptr && !batch->is_ended) {
        --batch->failed;
    } else {
        job.extras->batch = {};
    }
}

void State::apply(const Address& from, const Asker& asker, EditJob& request) {
    if (refuse_unknown(from, asker, request.job)) {
        return;
    }
    const JobHandle handle = find_job(request.job);
    Job& job = jobs_.map.at(handle);
    if ((only(job.state) & kWaiting) == 0 || job.cancelling) {
        return refuse(from,
                      name_of_service(job).view(),
                      {Errc::WrongState,
                       "job " + job.id.text() + " is " + std::string(model::name_of(job.state)) +
                           "; only one that waits can be edited",
                       {}});
    }
    release(handle);
    job.priority = request.priority.value_or(job.priority);
    if (request.delay) {
        job.due = now_.mono + *request.delay;
        if (job.extras != nullptr) {
            job.extras->run_at.reset();
        }
    }
    const Seq seq = append(
        job,
        JobEdited{
            job.id, job.priority, now_.wall + (job.due - now_.mono), std::nullopt, std::nullopt});
    announce(job, EventKind::Edited);
    begin_waiting(handle);
    answer_done(from, 1, 0, seq);
}

}  // namespace steward::core
