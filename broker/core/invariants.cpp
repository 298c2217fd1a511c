// broker/core: the rules that hold after every input. A broken one aborts with its text; the
// simulator checks them after each step.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {

using model::JobState;

namespace {

void rule(bool holds, const char* text) {
    if (!holds) {
        base::assertion_failed(text, __FILE__, 0);
    }
}

}  // namespace

void State::check_invariants() const {
    check_jobs();
    check_services();
    check_workers();
    rule(durable_seq_ <= last_seq_, "no more is durable than was appended");
    rule(history_.size() <= policy.limits.history_jobs_max, "the history has its limit");
    rule(submissions_.sessions() <= policy.limits.sessions_max, "sessions have their limit");
    rule(submissions_.kept_bytes() <= policy.limits.held_results_bytes_max,
         "kept results have their limit");
}

// Every job is in exactly one list, the one its state says, and the counts are true.
void State::check_jobs() const {
    std::size_t scheduled = 0;
    std::size_t ready = 0;
    std::size_t active = 0;
    for (std::uint32_t slot = 0; slot < jobs_.map.slots(); ++slot) {
        const JobHandle handle = jobs_.map.handle_at(slot);
        if (!handle.names_something()) {
            continue;
        }
        const Job& job = jobs_.map.at(handle);
        rule(!model::is_final(job.state), "a job that has ended is forgotten");
        rule(job.place.linked, "every job is in a list");
        rule(jobs_.find(job.id) == handle, "every job is found by its id");
        scheduled += job.state == JobState::Scheduled ? 1U : 0U;
        ready += job.state == JobState::Ready ? 1U : 0U;
        active += job.state == JobState::Active ? 1U : 0U;
        rule((job.state == JobState::Active) == job.worker.names_something(),
             "a job has a worker while it is active and only then");
        rule(job.state != JobState::Active || job.attempt > 0, "an active job has an attempt");
        rule(job.state == JobState::Active || (!job.running && !job.stopping),
             "only an active job runs");
    }
    rule(scheduled == scheduled_, "scheduled jobs are counted");
    rule(ready == ready_, "ready jobs are counted");
    rule(active == active_, "active jobs are counted");
    rule(jobs_.map.size() == scheduled + ready + active, "every job is counted");
}

// Nobody who could run a waiting job is idle.
void State::check_services() const {
    std::size_t jobs = 0;
    for (std::uint32_t slot = 0; slot < services_.map.slots(); ++slot) {
        const ServiceHandle handle = services_.map.handle_at(slot);
        if (!handle.names_something()) {
            continue;
        }
        const Service& service = services_.map.at(handle);
        jobs += service.jobs();
        std::size_t workers = 0;
        for (const CrewHandle crew_handle : service.crews) {
            const Crew& crew = workers_.crews.at(crew_handle);
            rule(std::ranges::binary_search(crew.services, handle), "a service's crews serve it");
            rule(service.ready.empty() || crew.free.empty(), "nobody who could run a job is idle");
            workers += crew.workers;
        }
        rule(workers == service.workers, "a service's workers are counted");
    }
    rule(jobs == jobs_.map.size(), "every job is some service's");
}

// What a worker holds is held by it alone, runs in its slots, and stands where its crew looks.
void State::check_workers() const {
    for (std::uint32_t slot = 0; slot < workers_.map.slots(); ++slot) {
        const WorkerHandle handle = workers_.map.handle_at(slot);
        if (!handle.names_something()) {
            continue;
        }
        const Worker& worker = workers_.map.at(handle);
        std::size_t running = 0;
        std::size_t held = 0;
        bool ahead = false;
        for (JobHandle at = worker.held.front(); at.names_something();) {
            const Job& job = jobs_.map.at(at);
            rule(job.worker == handle, "what a worker holds is held by it alone");
            ahead = ahead || at == worker.first_ahead;
            rule(job.running != ahead, "what is held runs first and waits behind");
            running += job.running ? 1U : 0U;
            ++held;
            at = job.place.next;
        }
        rule(held == worker.held.size(), "held jobs are counted");
        rule(running == worker.running && running <= worker.concurrency,
             "a worker runs no more than its concurrency");
        rule(ahead == worker.first_ahead.names_something(), "the first held ahead is known");
        rule(worker.overdue.size() <= worker.concurrency, "overdue attempts occupy slots");
        rule(worker.turn.linked == (worker.room != Worker::Room::None),
             "a worker with room stands where its crew looks");
        rule(worker.room != Worker::Room::Free || held < worker.slots(), "free means a free slot");
        rule(worker.timer != base::TimerHeap<Timer>::kNone, "every worker is watched");
        rule(workers_.find(worker.address.peer) == handle, "every worker is found by its peer");
    }
}

}  // namespace steward::core
