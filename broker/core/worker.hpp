// broker/core: workers, and crews: workers that serve the same queues. Knows no policy.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/queue_turns.hpp"
#include "broker/core/service.hpp"

namespace steward::core {

struct Worker {
    Address address;
    std::string name;
    CrewHandle crew;
    std::uint32_t concurrency = 1;
    std::uint32_t credit_max = 1;
    base::Duration silence_max{};  // after so long without a sign it is dead
    bool beats_while_busy = false;
    bool can_be_asked = false;
    bool unique_ready = false;
    bool leaving = false;  // takes no more jobs

    JobList held;             // in the order given; those at the front run
    std::size_t running = 0;  // how many of them do, as far as the broker can tell
    // Attempts that were ended for taking too long and may still occupy a slot of the worker, until
    // it reports them. At most `concurrency`.
    std::vector<model::Attempt> overdue;
    JobHandle first_ahead;        // the first that is held but does not run
    std::size_t held_bytes = 0;   // params of what is held, about: an adopted job gets its own late
    base::Duration run_time{-1};  // smoothed measure of one job; negative: nothing measured yet
    base::MonoTime busy_since{};  // it has held something ever since
    base::Duration worked{};      // of that time, by its own measure of the jobs that ended

    base::MonoTime last_heard{};
    base::WallTime last_heard_at{};
    base::WallTime since{};
    base::MonoTime next_beat{};      // when the broker's next heartbeat is due
    base::MonoTime next_deadline{};  // no running attempt ends before this; max(): none runs
    std::uint32_t timer = UINT32_MAX;
    std::uint32_t recall_timer = UINT32_MAX;

    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;

    /// Jobs it can run at once as things stand.
    [[nodiscard]] std::size_t slots() const {
        return concurrency - std::min<std::size_t>(overdue.size(), concurrency);
    }

    base::Links<Worker> turn;  // in its crew's `free` or `ahead`, as `room` says
    enum class Room : std::uint8_t { None, Ahead, Free } room = Room::None;
    std::uint64_t turn_number = 0;  // when it took its place there: smaller has waited longer
};

using WorkerMap = base::SlotMap<Worker>;
using WorkerList = base::LinkedList<Worker, &Worker::turn>;

/// Workers that serve exactly the same queues wait in one place; a queue asks its crews.
struct Crew {
    Crew(std::vector<QueueHandle> served, std::vector<ServiceHandle> of)
        : queues(std::move(served)), services(std::move(of)), turns(queues.size()) {}

    std::vector<QueueHandle> queues;      // sorted, unique
    std::vector<ServiceHandle> services;  // sorted, unique: whose queues they are
    WorkerList free;                      // have an idle slot; longest-waiting first
    WorkerList ahead;                     // busy, but may be given more ahead of time
    std::size_t workers = 0;
    QueueTurns turns;  // unused while there is one queue
    // Smoothed: how long a worker that was idle holds jobs beyond the time that it works on them.
    base::Duration hand_over{};
    WorkerHandle given_last;  // a job
    base::MonoTime given_last_at{};

    /// None of its workers has room for a job.
    [[nodiscard]] bool is_full() const { return free.empty() && ahead.empty(); }
};

/// To whom jobs go that come in together, while nothing else happens.
struct Row {
    CrewHandle full;       // none of its workers has room
    CrewHandle crew;       // the only one of the last job's queue; names nothing: there are others
    WorkerHandle worker;   // who got that job
    std::size_t left = 0;  // so many more for that crew are that worker's …
    std::size_t most = 0;  // … while it holds fewer than so many
};

class WorkerTable {
public:
    [[nodiscard]] WorkerHandle find(Peer peer) const {
        const auto found = by_peer_.find(peer);
        return found == by_peer_.end() ? WorkerHandle{} : found->second;
    }

    WorkerHandle add(const Address& address) {
        const WorkerHandle handle = map.emplace();
        map.at(handle).address = address;
        by_peer_.emplace(address.peer, handle);
        return handle;
    }

    void remove(WorkerHandle handle) {
        const Worker& worker = map.at(handle);
        STEWARD_ASSERT(worker.held.empty() && !worker.turn.linked);
        by_peer_.erase(worker.address.peer);
        map.erase(handle);
    }

    WorkerMap map;
    base::SlotMap<Crew> crews;
    std::map<std::vector<QueueHandle>, CrewHandle> crew_of;  // by sorted queues

private:
    std::unordered_map<Peer, WorkerHandle> by_peer_;  // looked up, never walked
};

}  // namespace steward::core
