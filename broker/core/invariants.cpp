// broker/core: the rules that hold after every input. A broken one aborts with its text; the
// simulator checks them after each step.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {

using model::JobState;

void State::check_invariants() const {
    check_jobs();
    check_services();
    check_workers();
    STEWARD_ASSERT(durable_seq_ <= last_seq_);
    STEWARD_ASSERT(history_.size() <= policy.limits.history_jobs_max);
    STEWARD_ASSERT(submissions_.sessions() <= policy.limits.sessions_max);
    STEWARD_ASSERT(submissions_.kept_bytes() <= policy.limits.held_results_bytes_max);
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
        STEWARD_ASSERT(!model::is_final(job.state));
        STEWARD_ASSERT(job.place.linked);
        STEWARD_ASSERT(jobs_.find(job.id) == handle);
        scheduled += job.state == JobState::Scheduled ? 1U : 0U;
        ready += job.state == JobState::Ready ? 1U : 0U;
        active += job.state == JobState::Active ? 1U : 0U;
        STEWARD_ASSERT((job.state == JobState::Active) == job.worker.names_something());
        STEWARD_ASSERT(job.state != JobState::Active || job.attempt > 0);
        STEWARD_ASSERT(job.state == JobState::Active || (!job.running && !job.stopping));
    }
    STEWARD_ASSERT(scheduled == scheduled_);
    STEWARD_ASSERT(ready == ready_);
    STEWARD_ASSERT(active == active_);
    STEWARD_ASSERT(jobs_.map.size() == scheduled + ready + active);
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
            STEWARD_ASSERT(std::ranges::binary_search(crew.services, handle));
            STEWARD_ASSERT(service.ready.empty() || crew.free.empty());
            workers += crew.workers;
        }
        STEWARD_ASSERT(workers == service.workers);
    }
    STEWARD_ASSERT(jobs == jobs_.map.size());
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
            STEWARD_ASSERT(job.worker == handle);
            ahead = ahead || at == worker.first_ahead;
            STEWARD_ASSERT(job.running != ahead);
            running += job.running ? 1U : 0U;
            ++held;
            at = job.place.next;
        }
        STEWARD_ASSERT(held == worker.held.size());
        STEWARD_ASSERT(running == worker.running && running <= worker.concurrency);
        STEWARD_ASSERT(ahead == worker.first_ahead.names_something());
        STEWARD_ASSERT(worker.overdue.size() <= worker.concurrency);
        STEWARD_ASSERT(worker.turn.linked == (worker.room != Worker::Room::None));
        STEWARD_ASSERT(worker.room != Worker::Room::Free || held < worker.slots());
        STEWARD_ASSERT(worker.timer != base::TimerHeap<Timer>::kNone);
        STEWARD_ASSERT(workers_.find(worker.address.peer) == handle);
    }
}

}  // namespace steward::core
