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

// Calls `visit(handle, element)` for all elements.
template <class Map, class Visit>
void for_each(const Map& map, Visit&& visit) {
    for (std::uint32_t slot = 0; slot < map.slots(); ++slot) {
        const auto handle = map.handle_at(slot);
        if (handle.names_something()) {
            visit(handle, map.at(handle));
        }
    }
}

}  // namespace

void State::check_invariants() const {
    check_jobs();
    check_services();
    check_workers();
    check_batches();
    check_owners();
    if (!consequences_.wait) {
        check_queues();
        check_gates();
    }
    rule(consequences_.wait || !has_consequences(), "consequences have been settled");
    rule(durable_seq_ <= appends_.last(), "no more is durable than was appended");
    rule(history_.size() <= policy.limits.history_jobs_max, "the history has its limit");
    rule(submissions_.sessions() <= policy.limits.sessions_max, "sessions have their limit");
    rule(submissions_.kept_bytes() <= policy.limits.held_results_bytes_max,
         "kept results have their limit");
    rule(results_.size() <= policy.limits.results_max &&
             results_.bytes() <= policy.limits.results_bytes_max,
         "results have their limits");
    rule(consequences_.wait || dead_.size() <= policy.limits.dead_letters_max,
         "dead letters have their limit");
}

// Every job is in exactly one list, the one its state says, and the counts are true.
void State::check_jobs() const {
    std::size_t count[model::kJobStates] = {};
    std::size_t keys = 0;
    std::size_t waiters = 0;
    std::size_t dependents = 0;
    std::size_t parts = 0;
    for_each(jobs_.map, [&](JobHandle handle, const Job& job) {
        ++count[static_cast<std::size_t>(job.state)];
        rule(!model::is_final(job.state) || job.state == JobState::Dead,
             "a job that has ended is forgotten, unless it is a dead letter");
        rule(job.place.linked, "every job is in a list");
        rule(jobs_.find(job.id) == handle, "every job is found by its id");
        rule((job.state == JobState::Active) == job.worker.names_something(),
             "a job has a worker while it is active and only then");
        rule((job.state == JobState::Ready) == job.block.names_something(),
             "a job has a block while it is ready and only then");
        rule(job.state != JobState::Active || job.attempt > 0, "an active job has an attempt");
        rule(job.state == JobState::Active || (!job.running && !job.stopping),
             "only an active job runs");
        rule(job.service == services_.queues.at(job.queue).service,
             "a job's queue is its service's");
        rule(!job.has_progress() || job.state == JobState::Active,
             "a job has progress while an attempt may run and no longer");
        rule(job.state == JobState::Dead || last_said_.find(job.id, now_.mono) == nullptr,
             "of a job that goes on nothing is kept as said last");
        if (job.extras == nullptr) {
            return;
        }
        const JobExtras& extras = *job.extras;
        keys += extras.holds_key ? 1U : 0U;
        waiters += extras.waiters.size();
        dependents += extras.after.size();
        parts += extras.parts != nullptr ? extras.parts->bytes() : 0;
        rule(extras.parts == nullptr || job.state == JobState::Active,
             "a job has parts while an attempt may run and no longer");
        rule(!extras.holds_key || unique_.find(jobs_.map, UniqueTable::key_of(job)) == handle,
             "a unique key leads to the one job that has it");
        rule(!extras.holds_key || job.state != JobState::Dead, "a dead letter has no unique key");
        rule((job.state == JobState::Blocked) == (extras.unmet > 0 && job.state != JobState::Dead),
             "a job waits for others as long as some have not succeeded");
        rule(job.state != JobState::Dead || extras.waiters.empty(), "nobody waits for the dead");
        if (job.state == JobState::Blocked) {
            rule(std::ranges::none_of(extras.after,
                                      [&](const model::JobId& id) { return is_stored(id); }),
                 "what others wait for is in memory");
        }
    });
    const auto of = [&](JobState state) { return count[static_cast<std::size_t>(state)]; };
    rule(of(JobState::Scheduled) == scheduled_, "scheduled jobs are counted");
    rule(of(JobState::Ready) + spilling_.stored_jobs == ready_, "ready jobs are counted");
    rule(of(JobState::Active) == active_, "active jobs are counted");
    rule(of(JobState::Blocked) == blocked_, "blocked jobs are counted");
    rule(of(JobState::Dead) == dead_.size(), "dead letters are counted");
    rule(keys == unique_.size(), "no unique key is left behind");
    rule(waiters == waiters_.size(), "every waiter waits for a job");
    rule(parts + last_said_.bytes() == jobs_.parts.bytes, "parts that are kept are counted");
    rule(dependents == dependents_count_, "what jobs wait for is counted");
}

// Each owner has what is his, in memory, packed or in the store.
void State::check_owners() const {
    struct Share {
        std::size_t jobs = 0;
        std::size_t bytes = 0;
    };

    std::vector<Share> shares(jobs_.owners.size());
    for_each(jobs_.map, [&](JobHandle /*handle*/, const Job& job) {
        ++shares.at(job.owner).jobs;
        shares.at(job.owner).bytes += job.params.bytes.size();
    });
    std::vector<bool> is_packed(shares.size());
    for_each(lanes_.blocks, [&](BlockHandle /*handle*/, const Block& block) {
        if (block.spill != nullptr) {
            const OwnerId owner = lanes_.map.at(block.lane).owner;
            shares[owner].jobs += block.spill->stored;
            is_packed[owner] = is_packed[owner] || block.spill->packed != nullptr;
        }
    });
    for (std::size_t id = 1; id < shares.size(); ++id) {
        const Owner& owner = jobs_.owners.at(static_cast<OwnerId>(id));
        rule(shares[id].jobs == owner.jobs, "an owner's jobs are counted");
        rule(shares[id].bytes <= owner.bytes && (is_packed[id] || shares[id].bytes == owner.bytes),
             "the bytes of an owner's params are counted");
    }
}

// What waits and may start has no idle worker; what is parked has found a gate closed.
void State::check_queues() const {
    std::size_t ready = 0;
    std::size_t with_jobs = 0;
    for_each(services_.queues, [&](QueueHandle handle, const Queue& queue) {
        std::size_t size = 0;
        bool may_start = false;
        const auto check_level = [&](const Level& level) {
            std::size_t jobs = 0;
            std::size_t turning = 0;
            lanes_.each_lane(level, [&](LaneHandle at, const Lane& lane) {
                rule(lane.queue == handle && lane.level == &level,
                     "a lane is of its level's queue and priority");
                const bool has_first = lanes_.first_job(at).names_something();
                check_blocks(at);
                rule(lane.size > 0, "a lane has jobs");
                jobs += lane.size;
                turning += lane.turn.linked && !lane.parked ? 1U : 0U;
                rule(has_first == lane.turn.linked,
                     "a lane with a first job in memory waits for its turn, and no other");
                rule(has_first || lane.size == 0 || stopped_ ||
                         waits(*lanes_.blocks.at(lane.blocks.front()).spill),
                     "a lane with jobs has its first in memory");
                const Group* group = groups_.map.find(lane.group);
                rule(!lane.parked || !group->gate.is_open(now_.mono),
                     "what is parked waits for its group's gate");
                may_start = may_start || (has_first && !lane.parked &&
                                          (group == nullptr || group->gate.is_open(now_.mono)));
                return true;
            });
            rule(jobs == level.jobs, "a level's jobs are counted");
            rule(turning == level.turns.size(), "a level's turns are its lanes'");
            size += jobs;
        };
        std::optional<std::int32_t> above;
        queue.levels.each([&](const Level& level) {
            rule(!above || level.priority < *above, "a queue's levels come highest first");
            rule(queue.levels.is_in_place(level),
                 "a level is open while one of its lanes may start");
            above = level.priority;
            check_level(level);
            return true;
        });
        rule(size == queue.size, "a queue's jobs are counted");
        ready += size;
        with_jobs += size > 0 ? 1U : 0U;
        const Service& service = services_.map.at(queue.service);
        may_start = may_start && starts_jobs(mode_of(service));
        for (const LimitHandle limit : service.limits) {
            may_start = may_start && limits_.map.at(limit).gate.is_open(now_.mono);
        }
        std::size_t workers = 0;
        for (const ServingCrew& serving : queue.crews) {
            const Crew& crew = workers_.crews.at(serving.crew);
            rule(serving.index < crew.queues.size() && crew.queues[serving.index] == handle,
                 "a queue's crews serve it");
            rule(!may_start || crew.free.empty(), "nobody who could run a job is idle");
            workers += crew.workers;
        }
        rule(workers == queue.workers, "a queue's workers are counted");
    });
    rule(ready == ready_, "every ready job is in a queue");
    rule(with_jobs == lanes_.with_jobs, "queues with jobs are counted");
}

void State::check_blocks(LaneHandle handle) const {
    const Lane& lane = lanes_.map.at(handle);
    std::size_t jobs = 0;
    std::size_t spilled = 0;
    for (BlockHandle at = lane.blocks.front(); at.names_something();) {
        const Block& block = lanes_.blocks.at(at);
        rule(block.lane == handle, "a block is of its lane");
        rule(block.size > 0 || lane.blocks.size() == 1, "only a lane's last block may be empty");
        std::size_t stored = 0;
        if (block.spill != nullptr) {
            ++spilled;
            stored = block.spill->stored;
            for (std::size_t i = 0; i < block.spill->entries.size(); ++i) {
                const bool is_known = jobs_.find(block.spill->entries.id(i)).names_something();
                rule(block.spill->places[i] != Spill::Place::Stored || !is_known,
                     "a job is in the store or in memory");
                rule(block.spill->places[i] != Spill::Place::InMemory || is_known,
                     "what a block has in memory is there");
            }
        }
        rule(block.size == block.jobs.size() + stored, "a block's jobs are counted");
        jobs += block.size;
        at = block.of_lane.next;
    }
    rule(jobs == lane.size, "a lane's jobs are those of its blocks");
    rule(spilled == lane.spilled, "a lane's spilled blocks are counted");
}

void State::check_services() const {
    std::size_t jobs = 0;
    for_each(services_.map, [&](ServiceHandle handle, const Service& service) {
        jobs += service.jobs() + service.dead;
        std::size_t ready = 0;
        for (const QueueHandle queue : service.queues) {
            rule(services_.queues.at(queue).service == handle, "a service's queues are its own");
            ready += services_.queues.at(queue).size;
        }
        rule(ready == service.ready, "a service's ready jobs are those of its queues");
    });
    rule(jobs == jobs_.map.size() + spilling_.stored_jobs, "every job is some service's");
}

// Gates count what runs, hold to their bound, and wake whoever only waits for time.
void State::check_gates() const {
    struct Count {
        std::size_t jobs = 0;
        std::size_t active = 0;
        std::size_t dead = 0;
    };

    std::unordered_map<std::uint32_t, Count> of_group;
    for_each(jobs_.map, [&](JobHandle, const Job& job) {
        if (job.group().names_something()) {
            Count& count = of_group[job.group().slot];
            ++count.jobs;
            count.active += job.state == JobState::Active ? 1U : 0U;
            count.dead += job.state == JobState::Dead ? 1U : 0U;
        }
    });
    for_each(lanes_.blocks, [&](BlockHandle, const Block& block) {
        const GroupHandle group = lanes_.map.at(block.lane).group;
        if (block.spill != nullptr && group.names_something()) {
            of_group[group.slot].jobs += block.spill->stored;
        }
    });
    const auto check_watch = [&](const auto& gated) {
        const bool waits_for_time = !gated.parked.empty() && gated.gate.has_room();
        rule(!waits_for_time || gated.timer != base::TimerHeap<Timer>::kNone,
             "a gate that time opens has a timer");
    };
    for_each(groups_.map, [&](GroupHandle handle, const Group& group) {
        const Count& count = of_group[handle.slot];
        rule(count.jobs == group.jobs && count.active == group.gate.active &&
                 count.dead == group.dead,
             "a group's jobs are counted");
        rule(group.jobs > 0 || group.is_set || group.timer != base::TimerHeap<Timer>::kNone,
             "a group that nobody names is forgotten");
        check_watch(group);
    });
    for_each(limits_.map, [&](LimitHandle handle, const Limit& limit) {
        std::size_t active = 0;
        for_each(services_.map, [&](ServiceHandle, const Service& service) {
            const auto times = std::ranges::count(service.limits, handle);
            rule(times <= 1, "a limit counts a service once");
            active += times == 1 ? service.active : 0U;
        });
        rule(active == limit.gate.active, "what runs under a limit is counted");
        check_watch(limit);
    });
}

// A batch that has not ended waits for those of its jobs that have not.
void State::check_batches() const {
    std::unordered_map<std::uint32_t, std::size_t> waits_for;
    std::size_t packed = 0;
    for_each(jobs_.map, [&](JobHandle, const Job& job) {
        if (job.extras != nullptr && job.state != JobState::Dead) {
            ++waits_for[job.extras->batch.slot];
        }
    });
    for_each(lanes_.blocks, [&](BlockHandle at, const Block& block) {
        for (std::size_t i = 0; block.spill != nullptr && i < block.spill->places.size(); ++i) {
            if (block.spill->places[i] == Spill::Place::Stored) {
                const auto job = read_stored(at, i);
                rule(job && job->id == block.spill->entries.id(i), "a stored job can be read back");
                rule(may_leave(*job), "nobody needs a stored job in memory");
                packed += block.spill->packed != nullptr ? job->params.bytes.size() : 0;
                ++waits_for[job->extras != nullptr ? job->extras->batch.slot : BatchHandle{}.slot];
            }
        }
    });
    rule(packed == jobs_.packed_bytes, "the params of packed jobs are counted");
    for_each(batches_.map, [&](BatchHandle handle, const Batch& batch) {
        rule(batch.is_ended ||
                 waits_for[handle.slot] + batch.succeeded + batch.failed == batch.total,
             "a batch's jobs are counted");
        rule(batch.is_ended || !batch.is_complete() || consequences_.wait,
             "a batch whose jobs have all ended has ended");
    });
    rule(batches_.open.size() + batches_.ended.size() == batches_.map.size(),
         "every batch is open or ended");
}

// What a worker holds is held by it alone, runs in its slots, and stands where its crew looks.
void State::check_workers() const {
    for_each(workers_.map, [&](WorkerHandle handle, const Worker& worker) {
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
    });
    for_each(questions_, [&](QuestionMap::HandleType /*handle*/, const OpenQuestion& question) {
        rule(workers_.find(question.worker).names_something(), "who is asked is there");
        rule(question.timer != base::TimerHeap<Timer>::kNone, "every question ends");
    });
    rule(questions_.size() <= kQuestionsMax, "questions are bounded");
}

}  // namespace steward::core
