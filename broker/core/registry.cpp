// broker/core: workers coming, living, leaving and being lost; jobs they bring back.
#include <algorithm>
#include <utility>

#include "broker/core/state.hpp"

namespace steward::core {

using model::JobState;

namespace {

// Heartbeats are sent for many workers at one instant, up to a sixteenth of the interval early: an
// idle broker that has many is not woken for each.
base::MonoTime next_beat(base::MonoTime now, const Policy& policy) {
    const base::Duration together = policy.heartbeat_interval / 16;
    const base::MonoTime due = now + policy.heartbeat_interval;
    return together > base::Duration::zero() ? due - due.time_since_epoch() % together : due;
}

// As it announced itself.
void describe(Worker& worker, Ready& ready, const Policy& policy) {
    worker.address = ready.from;
    worker.name = std::move(ready.name);
    // What runs, runs: an announcement cannot take back slots that are in use.
    worker.concurrency = std::max(
        ready.concurrency, static_cast<std::uint32_t>(worker.running + worker.overdue.size()));
    worker.credit_max = std::max(ready.credit_max, worker.concurrency);
    const base::Duration promised = ready.heartbeat_interval > base::Duration::zero()
                                        ? ready.heartbeat_interval
                                        : policy.heartbeat_interval;
    worker.silence_max = promised * policy.heartbeat_tries;
    worker.beats_while_busy = ready.beats_while_busy;
    worker.can_be_asked = ready.can_be_asked;
    worker.unique_ready = ready.unique_ready;
    worker.leaving = false;
}

}  // namespace

// The worker that speaks; a stranger is told to announce itself.
WorkerHandle State::worker_of(Peer from, std::uint32_t form) {
    const WorkerHandle handle = workers_.find(from);
    if (!handle.names_something()) {
        ++counters.strangers;
        send({from, 0, form}, RegisterAgain{});
        return {};
    }
    refresh(workers_.map.at(handle));
    return handle;
}

void State::refresh(Worker& worker) const {
    worker.last_heard = now_.mono;
    worker.last_heard_at = now_.wall;
}

void State::on(Heartbeat& heartbeat) {
    if (heartbeat.from_worker) {
        worker_of(heartbeat.from, heartbeat.form);
    } else {
        send({heartbeat.from, 0, heartbeat.form}, HeartbeatOut{});
    }
}

std::optional<std::string> State::announcement_fault(const Ready& ready, bool is_full) const {
    for (const model::ServiceName& name : ready.services) {
        if (name.is_reserved()) {
            return "the service name \"" + std::string(name.view()) + "\" belongs to the broker";
        }
    }
    if (is_full) {
        return "the broker serves " + std::to_string(workers_.map.size()) +
               " workers, as many as [limits] workers_max allows";
    }
    const std::size_t channels = std::max<std::size_t>(ready.channels.size(), 1);
    if (ready.services.empty() || channels > model::kChannelsPerWorkerMax ||
        ready.services.size() * channels > model::kServicesPerWorkerMax) {
        return "a worker announces 1 to " + std::to_string(model::kServicesPerWorkerMax) +
               " services times channels, and at most " +
               std::to_string(model::kChannelsPerWorkerMax) + " channels; this one " +
               std::to_string(ready.services.size()) + " times " + std::to_string(channels);
    }
    if (ready.concurrency == 0 || ready.credit_max < ready.concurrency) {
        return "a worker's concurrency is at least 1 and its credit_max not less than that";
    }
    return std::nullopt;
}

void State::on(Ready& ready) {
    const WorkerHandle known = workers_.find(ready.from.peer);
    if (known.names_something()) {
        if (ready.unique_ready) {
            drop_worker(known, "it announced itself twice");
            send(ready.from, Disconnect{"a second READY on one connection (RFC 7)"});
            return;
        }
        // On one connection nothing is lost or overtaken, so a native worker still has what it was
        // given. A ZMWS worker that starts anew has forgotten it.
        if (!ready.beats_while_busy) {
            dispatch_queues(lose_held(known, "it announced itself anew"));
        }
        leave_crew(known);
    }
    const bool is_full =
        !known.names_something() && workers_.map.size() >= policy.limits.workers_max;
    if (const auto fault = announcement_fault(ready, is_full)) {
        if (known.names_something()) {
            drop_worker(known, *fault);
        }
        send(ready.from, Disconnect{*fault});
        return;
    }
    const CrewHandle crew = crew_for(ready);
    if (!crew.names_something()) {
        if (known.names_something()) {
            drop_worker(known, "its services are too many");
        }
        send(ready.from,
             Disconnect{"the broker knows " + std::to_string(policy.limits.services_max) +
                        " services and channels of services, as many as [limits] services_max "
                        "allows"});
        return;
    }
    const WorkerHandle handle = known.names_something() ? known : workers_.add(ready.from);
    Worker& worker = workers_.map.at(handle);
    describe(worker, ready, policy);
    worker.since = now_.wall;
    worker.next_beat = next_beat(now_.mono, policy);
    worker.next_deadline = worker.held.empty() ? base::MonoTime::max() : now_.mono;
    refresh(worker);
    join_crew(handle, crew);
    note(Severity::Info,
         "worker_ready",
         {{"service", std::string(ready.services.front().view())},
          {"services", std::to_string(ready.services.size())},
          {"library", worker.name}},
         ready.from.peer);
    send(ready.from, Welcome{policy.heartbeat_interval, policy.stop_grace});
    adopt_all(handle, ready.running);
    arm_worker_timer(handle);
    for (const model::ServiceName& name : ready.services) {
        admit_waiting_for(name);
    }
    feed_worker(handle);
}

// The crew of exactly these services on these channels, made if need be; names nothing when there
// are too many.
CrewHandle State::crew_for(const Ready& ready) {
    std::vector<model::Label> channels = ready.channels;
    if (channels.empty()) {
        channels.emplace_back();
    }
    std::vector<QueueHandle> queues;
    std::vector<ServiceHandle> services;
    std::vector<ServiceHandle> first_announced;
    // Who is refused has announced nothing: what was made for him may be forgotten again.
    const auto refuse = [&] {
        for (const ServiceHandle service : first_announced) {
            services_.map.at(service).announced = false;
        }
        return CrewHandle{};
    };
    for (const model::ServiceName& name : ready.services) {
        const ServiceHandle service = service_for(name);
        if (!service.names_something()) {
            return refuse();
        }
        services_.map.at(service).used_at = now_.mono;  // it is not to make room for the next
        if (!std::exchange(services_.map.at(service).announced, true)) {
            first_announced.push_back(service);
        }
        services.push_back(service);
    }
    // Not before all services are there, and before any queue is looked at: to make room, queues
    // that nobody serves may go.
    services_.make_room_for_queues(services, channels, policy.limits.services_max, now_.mono);
    for (const ServiceHandle service : services) {
        for (const model::Label& channel : channels) {
            const QueueHandle queue = queue_for(service, channel);
            if (!queue.names_something()) {
                return refuse();
            }
            queues.push_back(queue);
        }
    }
    const auto tidy = [](auto& handles) {
        std::ranges::sort(handles);
        handles.erase(std::unique(handles.begin(), handles.end()), handles.end());
    };
    tidy(queues);
    tidy(services);
    const auto found = workers_.crew_of.find(queues);
    if (found != workers_.crew_of.end()) {
        return found->second;
    }
    const CrewHandle handle = workers_.crews.emplace(queues, std::move(services));
    workers_.crew_of.emplace(std::move(queues), handle);
    std::uint32_t index = 0;
    for (const QueueHandle queue : workers_.crews.at(handle).queues) {
        services_.queues.at(queue).crews.add({handle, index++});
        list_turn(queue);
    }
    return handle;
}

void State::join_crew(WorkerHandle handle, CrewHandle crew_handle) {
    workers_.map.at(handle).crew = crew_handle;
    Crew& crew = workers_.crews.at(crew_handle);
    ++crew.workers;
    for (const ServiceHandle service : crew.services) {
        ++services_.map.at(service).workers;
    }
    for (const QueueHandle queue : crew.queues) {
        ++services_.queues.at(queue).workers;
    }
}

void State::leave_crew(WorkerHandle handle) {
    Worker& worker = workers_.map.at(handle);
    const CrewHandle crew_handle = worker.crew;
    if (!crew_handle.names_something()) {
        return;
    }
    Crew& crew = workers_.crews.at(crew_handle);
    if (worker.room != Worker::Room::None) {
        (worker.room == Worker::Room::Free ? crew.free : crew.ahead).remove(workers_.map, handle);
        worker.room = Worker::Room::None;
    }
    worker.crew = {};
    for (const ServiceHandle service : crew.services) {
        --services_.map.at(service).workers;
        services_.map.at(service).used_at = now_.mono;
    }
    for (const QueueHandle queue : crew.queues) {
        --services_.queues.at(queue).workers;
    }
    if (--crew.workers == 0) {
        for (const QueueHandle queue : crew.queues) {
            services_.queues.at(queue).crews.remove(crew_handle);
        }
        workers_.crew_of.erase(crew.queues);
        workers_.crews.erase(crew_handle);
    }
}

void State::on(Goodbye& goodbye) {
    const WorkerHandle handle = workers_.find(goodbye.from);
    if (!handle.names_something()) {
        return;
    }
    Worker& worker = workers_.map.at(handle);
    refresh(worker);
    if (!goodbye.finishing) {
        drop_worker(handle, "it said goodbye");
        return;
    }
    worker.leaving = true;
    take_turn(handle, false);
    part_when_done(handle);
}

// A job that crossed the goodbye comes back by itself: only when nothing is held is nothing on its
// way, and the worker may end.
bool State::part_when_done(WorkerHandle handle) {
    const Worker& worker = workers_.map.at(handle);
    if (!worker.leaving || !worker.held.empty() || !worker.overdue.empty()) {
        return false;
    }
    send(worker.address, Disconnect{"goodbye"});
    drop_worker(handle, "it said goodbye and holds nothing");
    return true;
}

void State::on(Misbehaved& misbehaved) {
    const WorkerHandle handle = workers_.find(misbehaved.from.peer);
    if (handle.names_something()) {
        drop_worker(handle, misbehaved.why);
    }
    send(misbehaved.from, Disconnect{misbehaved.why});
}

void State::on(PeerLost& lost) {
    const WorkerHandle handle = workers_.find(lost.peer);
    if (handle.names_something()) {
        drop_worker(handle, "its connection is gone");
    }
}

// Ends all leases of a worker. The queues concerned want a dispatch afterwards.
std::vector<QueueHandle> State::lose_held(WorkerHandle handle, std::string_view why) {
    Worker& worker = workers_.map.at(handle);
    std::vector<QueueHandle> queues;
    while (!worker.held.empty()) {  // from the back, so that at the front they stand in their order
        const JobHandle job = worker.held.back();
        queues.push_back(jobs_.map.at(job).queue);
        attempt_lost(job, why);
    }
    worker.overdue.clear();
    return queues;
}

void State::drop_worker(WorkerHandle handle, std::string_view why) {
    leave_crew(handle);
    const std::size_t held = workers_.map.at(handle).held.size();
    const std::vector<QueueHandle> queues = lose_held(handle, why);
    Worker& worker = workers_.map.at(handle);
    note(held > 0 ? Severity::Warning : Severity::Info,
         "worker_gone",
         {{"why", std::string(why)}, {"held", std::to_string(held)}},
         worker.address.peer);
    timers_.cancel(worker.timer);
    timers_.cancel(worker.recall_timer);
    drop_questions(worker.address.peer);
    workers_.remove(handle);
    dispatch_queues(queues);
}

void State::arm_worker_timer(WorkerHandle handle) {
    Worker& worker = workers_.map.at(handle);
    timers_.cancel(worker.timer);
    const base::MonoTime silent = worker.last_heard + worker.silence_max;
    const base::MonoTime due =
        std::min({worker.next_beat, worker.next_deadline, std::max(silent, now_.mono)});
    worker.timer = timers_.arm(due, {Timer::Kind::Worker, handle});
}

void State::on_worker_timer(WorkerHandle handle) {
    Worker& worker = workers_.map.at(handle);
    worker.timer = base::TimerHeap<Timer>::kNone;
    stop_overdue(handle);
    // A single-threaded worker of an old dialect is silent while it works: its connection tells
    // whether it lives (an unroutable heartbeat), and the time limit ends what hangs.
    const bool may_be_silent = !worker.beats_while_busy && !worker.held.empty();
    if (may_be_silent) {
        worker.last_heard = now_.mono;
    } else if (now_.mono - worker.last_heard >= worker.silence_max) {
        ++counters.workers_purged;
        drop_worker(handle, "it was silent for too long");
        return;
    }
    if (now_.mono >= worker.next_beat) {
        worker.next_beat = next_beat(now_.mono, policy);
        send(worker.address, HeartbeatOut{});
    }
    arm_worker_timer(handle);
    feed_worker(handle);
}

// Tells the worker to stop an attempt: it has its grace from now on.
void State::stop_attempt(JobHandle handle, std::string_view why) {
    Job& job = jobs_.map.at(handle);
    Worker& worker = workers_.map.at(job.worker);
    if (!job.stopping) {
        job.stopping = true;
        job.deadline = now_.mono + policy.stop_grace;
    }
    send(worker.address, StopAttempt{{job.id, job.attempt}, std::string(why)});
    if (job.deadline < worker.next_deadline) {
        worker.next_deadline = job.deadline;
        arm_worker_timer(job.worker);
    }
}

// Tells the worker to stop what has run too long; ends the attempt when the grace is over too.
void State::stop_overdue(WorkerHandle handle) {
    Worker& worker = workers_.map.at(handle);
    if (worker.next_deadline > now_.mono) {
        return;
    }
    worker.next_deadline = base::MonoTime::max();
    for (JobHandle at = worker.held.front(); at.names_something();) {
        const JobHandle handle_now = at;
        Job& job = jobs_.map.at(handle_now);
        at = job.place.next;
        const bool is_watched = job.running || job.stopping;
        if (is_watched && job.deadline <= now_.mono && !job.stopping) {
            job.stopping = true;
            job.deadline = now_.mono + policy.stop_grace;
            send(worker.address,
                 StopAttempt{{job.id, job.attempt}, "the attempt has reached its time limit"});
        } else if (is_watched && job.deadline <= now_.mono) {
            end_overdue(handle_now);
            continue;
        }
        if (is_watched) {
            worker.next_deadline = std::min(worker.next_deadline, job.deadline);
        }
    }
}

// The grace is over. The worker may go on with it: its slot is not free until it says so.
void State::end_overdue(JobHandle handle) {
    const Job& job = jobs_.map.at(handle);
    Worker& worker = workers_.map.at(job.worker);
    if (job.running && worker.overdue.size() < worker.concurrency) {
        worker.overdue.push_back({job.id, job.attempt});
    }
    count_run(job, {});
    if (job.cancelling) {
        release(handle);
        end_job(handle, JobState::Cancelled, job.text, {});
    } else {
        attempt_failed(handle, {model::Verdict::Failed, "ran longer than its time limit", {}});
    }
}

}  // namespace steward::core
