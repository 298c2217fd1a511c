// broker/core: workers coming, living, leaving and being lost; jobs they bring back.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {

using model::JobState;

namespace {

// How far ahead of the journal a worker's attempt number can be believed to be.
constexpr std::uint32_t kAttemptsUnwrittenMax = 16;

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
    if (ready.services.empty() || ready.services.size() > model::kServicesPerWorkerMax) {
        return "a worker announces 1 to " + std::to_string(model::kServicesPerWorkerMax) +
               " services; this one " + std::to_string(ready.services.size());
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
            for (const ServiceHandle service : lose_held(known, "it announced itself anew")) {
                dispatch_service(service);
            }
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
    const CrewHandle crew = crew_for(ready.services);
    if (!crew.names_something()) {
        if (known.names_something()) {
            drop_worker(known, "its services are too many");
        }
        send(ready.from,
             Disconnect{"the broker knows " + std::to_string(policy.limits.services_max) +
                        " services, as many as [limits] services_max allows"});
        return;
    }
    const WorkerHandle handle = known.names_something() ? known : workers_.add(ready.from);
    Worker& worker = workers_.map.at(handle);
    worker.address = ready.from;
    worker.name = std::move(ready.name);
    // What runs, runs: an announcement cannot take back slots that are in use.
    worker.concurrency = std::max(ready.concurrency, static_cast<std::uint32_t>(worker.running));
    worker.credit_max = std::max(ready.credit_max, worker.concurrency);
    const base::Duration promised = ready.heartbeat_interval > base::Duration::zero()
                                        ? ready.heartbeat_interval
                                        : policy.heartbeat_interval;
    worker.silence_max = promised * policy.heartbeat_tries;
    worker.beats_while_busy = ready.beats_while_busy;
    worker.unique_ready = ready.unique_ready;
    worker.leaving = false;
    worker.since = now_.wall;
    worker.next_beat = now_.mono + policy.heartbeat_interval;
    worker.next_deadline = base::MonoTime::max();
    refresh(worker);
    join_crew(handle, crew);
    note(Severity::Info,
         "worker_ready",
         {{"service", std::string(ready.services.front().view())},
          {"services", std::to_string(ready.services.size())},
          {"library", worker.name}},
         ready.from.peer);
    send(ready.from, Welcome{policy.heartbeat_interval});
    for (Ready::Running& running : ready.running) {
        adopt(handle, running);
    }
    arm_worker_timer(handle);
    for (const model::ServiceName& name : ready.services) {
        admit_waiting_for(name);
    }
    feed_worker(handle);
}

// The crew of exactly these services, made if need be; names nothing when there are too many
// services.
CrewHandle State::crew_for(const std::vector<model::ServiceName>& names) {
    std::vector<ServiceHandle> services;
    services.reserve(names.size());
    for (const model::ServiceName& name : names) {
        const ServiceHandle service = service_for(name);
        if (!service.names_something()) {
            return {};
        }
        services_.map.at(service).announced = true;
        services.push_back(service);
    }
    std::ranges::sort(services);
    services.erase(std::unique(services.begin(), services.end()), services.end());
    const auto found = workers_.crew_of.find(services);
    if (found != workers_.crew_of.end()) {
        return found->second;
    }
    const CrewHandle handle = workers_.crews.emplace(services);
    Crew& crew = workers_.crews.at(handle);
    workers_.crew_of.emplace(std::move(services), handle);
    for (std::size_t i = 0; i < crew.services.size(); ++i) {
        Service& service = services_.map.at(crew.services[i]);
        service.crews.push_back(handle);
        if (!service.ready.empty()) {
            crew.turns.list(i, jobs_.map.at(service.ready.front()).priority);
        }
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
    }
    if (--crew.workers == 0) {
        for (const ServiceHandle service : crew.services) {
            std::erase(services_.map.at(service).crews, crew_handle);
        }
        workers_.crew_of.erase(crew.services);
        workers_.crews.erase(crew_handle);
    }
}

// An attempt that the worker still runs from before a reconnect or a restart of the broker.
void State::adopt(WorkerHandle handle, Ready::Running& running) {
    const JobHandle known = jobs_.find(running.attempt.job);
    const bool adopted = known.names_something() ? adopt_known(handle, known, running.attempt)
                                                 : adopt_unknown(handle, running);
    if (adopted) {
        ++counters.readopted;
        return;
    }
    // Another attempt has begun or the job has ended: this one is void, but occupies its slot.
    Worker& worker = workers_.map.at(handle);
    if (worker.overdue.size() < worker.concurrency) {
        worker.overdue.push_back(running.attempt);
    }
    send(worker.address, StopAttempt{running.attempt, "the attempt is no longer wanted"});
}

bool State::adopt_known(WorkerHandle handle, JobHandle job_handle, const model::Attempt& attempt) {
    Job& job = jobs_.map.at(job_handle);
    if (job.state == JobState::Active) {
        if (job.attempt != attempt.number) {
            return false;
        }
        if (job.worker == handle) {
            return true;  // announced twice on one connection
        }
    } else {
        // After a restart the worker may know of attempts whose facts did not reach the disk.
        if (attempt.number < job.attempt || attempt.number - job.attempt > kAttemptsUnwrittenMax ||
            attempt.number == 0) {
            return false;
        }
        job.attempt = attempt.number;
        job.losses -= job.losses > 0 ? 1U : 0U;  // it was not lost after all
    }
    release(job_handle);
    hold(handle, job_handle);
    return true;
}

// From an earlier run of the broker: known by its attempt only, until its client resends it.
bool State::adopt_unknown(WorkerHandle handle, Ready::Running& running) {
    const auto key = adoption_key(running.submission, running.attempt.job);
    const auto earlier = adopted_.find(key);
    const bool has_ended = running.attempt.job.epoch == epoch_ ||
                           submissions_.has_seen(running.submission) ||
                           (earlier != adopted_.end() &&
                            earlier->second.job == running.attempt.job && earlier->second.is_over);
    if (has_ended || running.attempt.number == 0 || jobs_.map.size() >= policy.limits.jobs_max ||
        adopted_.size() >= policy.limits.in_flight_max) {
        return false;
    }
    const ServiceHandle service = service_for(running.service);
    if (!service.names_something()) {
        return false;
    }
    Job job;
    job.id = running.attempt.job;
    job.attempt = running.attempt.number;
    job.submission = running.submission;
    job.service = service;
    job.accepted_at = now_.wall;
    job.expires = base::MonoTime::max();
    job.time_limit = policy.time_limit;
    job.failures_max = policy.max_attempts_sync;
    job.losses_max = policy.max_losses;
    job.adopted = true;
    adopted_.insert_or_assign(key, Adopted{job.id, false, std::nullopt});
    hold(handle, jobs_.add(std::move(job)));
    return true;
}

void State::on(Goodbye& goodbye) {
    const WorkerHandle handle = workers_.find(goodbye.from);
    if (!handle.names_something()) {
        return;
    }
    Worker& worker = workers_.map.at(handle);
    refresh(worker);
    if (goodbye.finishing && !worker.held.empty()) {
        worker.leaving = true;
        take_turn(handle, false);
        return;
    }
    drop_worker(handle, "it said goodbye");
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

// Ends all leases of a worker. The services concerned want a dispatch afterwards.
std::vector<ServiceHandle> State::lose_held(WorkerHandle handle, std::string_view why) {
    Worker& worker = workers_.map.at(handle);
    std::vector<ServiceHandle> services;
    while (!worker.held.empty()) {  // from the back, so that at the front they stand in their order
        const JobHandle job = worker.held.back();
        services.push_back(jobs_.map.at(job).service);
        attempt_lost(job, why);
    }
    worker.overdue.clear();
    std::ranges::sort(services);
    services.erase(std::unique(services.begin(), services.end()), services.end());
    return services;
}

void State::drop_worker(WorkerHandle handle, std::string_view why) {
    leave_crew(handle);
    const std::size_t held = workers_.map.at(handle).held.size();
    const auto services = lose_held(handle, why);
    Worker& worker = workers_.map.at(handle);
    note(held > 0 ? Severity::Warning : Severity::Info,
         "worker_gone",
         {{"why", std::string(why)}, {"held", std::to_string(held)}},
         worker.address.peer);
    timers.cancel(worker.timer);
    timers.cancel(worker.recall_timer);
    workers_.remove(handle);
    for (const ServiceHandle service : services) {
        dispatch_service(service);
    }
}

void State::arm_worker_timer(WorkerHandle handle) {
    Worker& worker = workers_.map.at(handle);
    timers.cancel(worker.timer);
    const base::MonoTime silent = worker.last_heard + worker.silence_max;
    const base::MonoTime due =
        std::min({worker.next_beat, worker.next_deadline, std::max(silent, now_.mono)});
    worker.timer = timers.arm(due, {Timer::Kind::Worker, {}, handle});
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
        worker.next_beat = now_.mono + policy.heartbeat_interval;
        send(worker.address, HeartbeatOut{});
    }
    arm_worker_timer(handle);
    feed_worker(handle);
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
        if (job.running && job.deadline <= now_.mono && !job.stopping) {
            job.stopping = true;
            job.deadline = now_.mono + policy.stop_grace;
            send(worker.address,
                 StopAttempt{{job.id, job.attempt}, "the attempt has reached its time limit"});
        } else if (job.running && job.deadline <= now_.mono) {
            if (worker.overdue.size() < worker.concurrency) {
                worker.overdue.push_back({job.id, job.attempt});
            }
            attempt_failed(handle_now,
                           {model::Verdict::Failed, "ran longer than its time limit", {}});
            continue;
        }
        if (job.running) {
            worker.next_deadline = std::min(worker.next_deadline, job.deadline);
        }
    }
}

}  // namespace steward::core
