// broker/core: the lists that jobs wait in, and their instants.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {

using model::EventKind;
using model::JobState;

// Takes a job out of whichever list it is in. Its state, and who held it, stay until it enters
// another.
void State::release(JobHandle handle) {
    const WorkerHandle freed = take_out(handle);
    if (freed.names_something()) {
        promote_ahead(workers_.map.at(freed));
    }
}

// The same, and what its worker was given ahead stays where it is. Tells whose slot became free.
WorkerHandle State::take_out(JobHandle handle) {
    Job& job = jobs_.map.at(handle);
    Service& service = services_.map.at(job.service);
    cancel_job_timer(job);
    switch (job.state) {
        case JobState::Scheduled:
            service.scheduled.remove(jobs_.map, handle);
            --scheduled_;
            break;
        case JobState::Ready: unlink_ready(handle, job, service); break;
        case JobState::Active:
            return take_active(workers_.map.at(job.worker), handle, job, service) ? job.worker
                                                                                  : WorkerHandle{};
        case JobState::Blocked:
            service.blocked.remove(jobs_.map, handle);
            --blocked_;
            break;
        case JobState::Dead:
            dead_.remove(jobs_.map, handle);
            --service.dead;
            if (Group* group = groups_.map.find(job.group())) {
                --group->dead;
            }
            break;
        case JobState::Succeeded:
        case JobState::Failed:
        case JobState::Expired:
        case JobState::Cancelled: STEWARD_ASSERT(false);
    }
    return {};
}

// True when it ran: a slot of the worker is free now.
bool State::take_active(Worker& worker, JobHandle handle, Job& job, Service& service) {
    const JobHandle next = job.place.next;
    worker.held.remove(jobs_.map, handle);
    worker.held_bytes = worker.held.empty() ? 0
                                            : worker.held_bytes - std::min(worker.held_bytes,
                                                                           job.params.bytes.size());
    if (worker.first_ahead == handle) {
        worker.first_ahead = next;
    }
    leave_gates(job, service);
    const bool has_run = std::exchange(job.running, false);
    worker.running -= has_run ? 1U : 0U;
    job.recalled = false;
    job.stopping = false;
    --service.active;
    --active_;
    return has_run;
}

void State::unlink_ready(JobHandle handle, const Job& job, Service& service) {
    refill_before_leaving(lanes_.blocks.at(job.block));
    const GroupHandle group = job.group();
    LaneList* parked = group.names_something() ? &groups_.map.at(group).parked : nullptr;
    lanes_.remove(services_.queues, jobs_.map, handle, parked);
    --service.ready;
    --ready_;
    announce(job, EventKind::Dequeued);
}

// Pre of these three: the job is in no list.

void State::block(JobHandle handle) {
    Job& job = jobs_.map.at(handle);
    job.state = JobState::Blocked;
    services_.map.at(job.service).blocked.push_back(jobs_.map, handle);
    ++blocked_;
    retake_key(handle);
    if (announcing.has(EventKind::Blocked)) {
        announce(job,
                 EventKind::Blocked,
                 "waits for " + std::to_string(job.extras->unmet) +
                     (job.extras->unmet == 1 ? " job" : " jobs"));
    }
    arm_job_timer(handle);
}

void State::schedule(JobHandle handle, base::MonoTime due) {
    Job& job = jobs_.map.at(handle);
    job.state = JobState::Scheduled;
    job.worker = {};
    job.due = due;
    services_.map.at(job.service).scheduled.push_back(jobs_.map, handle);
    ++scheduled_;
    retake_key(handle);
    if (Announce* event = announce(job, EventKind::Delayed, job.text)) {
        event->more().due = now_.wall + (job.due - now_.mono);
    }
    arm_job_timer(handle);
}

// The caller dispatches.
void State::make_ready(JobHandle handle, bool at_front) {
    Job& job = jobs_.map.at(handle);
    job.worker = {};
    line_up(handle,
            lanes_.place_for(services_.queues.at(job.queue), job),
            at_front ? LaneEnd::Front : back_for(job));
    ++services_.map.at(job.service).ready;
    retake_key(handle);
    arm_job_timer(handle);
    list_turn(job.queue);
}

// What an earlier run left waits until the broker has settled, and keeps its place then.
LaneEnd State::back_for(const Job& job) const {
    return lanes_.spills.size() == 0      ? LaneEnd::Back
           : job.due == settling_.ends_at ? LaneEnd::ById
           : spilling_.do_earlier_wait    ? LaneEnd::BeforeEarlier
                                          : LaneEnd::Back;
}

// Into a lane. The caller counts it in its service.
void State::line_up(JobHandle handle, const LaneTable::Place& place, LaneEnd end) {
    Job& job = jobs_.map.at(handle);
    job.state = JobState::Ready;
    job.ready_at = now_.mono;
    if (lanes_.push(place, jobs_.map, handle, end)) {
        spilling_.filled_blocks.push_back(job.block);
    }
    ++ready_;
    announce(job, EventKind::Enqueued);
}

// A job that is due at an instant of the calendar is watched by the wall clock, until it is due.
void State::arm_job_timer(JobHandle handle) {
    Job& job = jobs_.map.at(handle);
    const bool is_scheduled = job.state == JobState::Scheduled;
    if (is_scheduled && job.extras != nullptr && job.extras->run_at && job.due < job.expires) {
        job.timer = wall_timers_.arm(base::MonoTime{job.extras->run_at->time_since_epoch()},
                                     {Timer::Kind::Job, handle});
        job.by_wall = true;
        return;
    }
    const base::MonoTime due = is_scheduled ? std::min(job.due, job.expires) : job.expires;
    if (due != base::MonoTime::max()) {
        job.timer = timers_.arm(due, {Timer::Kind::Job, handle});
        job.by_wall = false;
    }
}

void State::cancel_job_timer(Job& job) {
    (job.by_wall ? wall_timers_ : timers_).cancel(job.timer);
    job.by_wall = false;
}

void State::on_job_timer(JobHandle handle) {
    Job& job = jobs_.map.at(handle);
    job.timer = base::TimerHeap<Timer>::kNone;
    const bool was_by_wall = std::exchange(job.by_wall, false);
    if (job.expires <= now_.mono) {
        release(handle);
        end_job(handle, JobState::Expired, "was not started in time", {});
        return;
    }
    if (job.cancelling) {  // before a restart, and its worker has not come back
        release(handle);
        end_job(handle, JobState::Cancelled, job.text, {});
        return;
    }
    STEWARD_ASSERT(job.state == JobState::Scheduled && (was_by_wall || job.due <= now_.mono));
    const QueueHandle queue = job.queue;
    release(handle);
    make_ready(handle, false);
    dispatch_queue(queue);
}

}  // namespace steward::core
