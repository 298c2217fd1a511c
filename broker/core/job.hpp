// broker/core: a job as the core keeps it, and the table of all jobs. Knows no policy.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/core/handles.hpp"
#include "broker/core/input.hpp"
#include "broker/core/owner.hpp"
#include "broker/core/parts.hpp"
#include "broker/core/record.hpp"
#include "broker/core/waiter.hpp"
#include "common/base/chain_index.hpp"
#include "common/base/timer_heap.hpp"
#include "common/model/job.hpp"

namespace steward::core {

/// What few jobs have.
struct JobExtras {
    model::Label context;  // empty: the job's own id
    GroupHandle group;
    BatchHandle batch;
    std::uint64_t memory_limit = 0;             // 0: none
    std::optional<base::Duration> backoff;      // before the second attempt
    std::optional<base::Duration> backoff_max;  // the longest
    std::optional<base::WallTime> run_at;       // what `due` is reckoned from

    model::Label unique;  // the key; with unique_params the params are
    bool unique_params = false;
    bool holds_key = false;
    model::UniqueScope unique_scope = model::UniqueScope::Running;

    std::vector<model::JobId> after;  // what it waited for when it came in
    std::uint32_t unmet = 0;          // how many of them have not succeeded yet
    bool lost_one = false;            // one has ended otherwise; only between a start and settling
    // Those that wait for it, and some that have gone meanwhile.
    std::vector<JobHandle> dependents;

    std::string progress_text;     // of the attempt, until it ends
    std::unique_ptr<Parts> parts;  // likewise; null: none, as of calls
    WaiterList waiters;
    model::Label ends_batch;  // it is what follows this batch
    // No worker gets it before `accepted_seq` is durable: a crash must not submit it anew.
    bool starts_once = false;

    [[nodiscard]] bool is_unique() const { return unique_params || !unique.empty(); }
};

/// Stands for the instant since which a job waits when it does not, or when that was counted.
inline constexpr base::MonoTime kNotWaiting = base::MonoTime::max();

/// How far ahead of what is known of a job a worker's attempt number can be believed to be: the
/// facts of attempts may not have reached the disk before a restart.
inline constexpr std::uint32_t kAttemptsUnwrittenMax = 16;

/// A job that has not ended, or a dead letter. `place` links it into exactly one list: its
/// service's scheduled or blocked list, a block of its queue, what its worker holds, the dead
/// letters.
struct Job {
    model::JobId id;
    model::SubmissionId submission;
    ServiceHandle service;
    QueueHandle queue;
    BlockHandle block;  // of its lane, while ready
    model::Payload params;
    base::Blob meta;
    base::Links<Job> place;
    std::uint32_t timer = UINT32_MAX;  // due or expiry, in State::timers or wall_timers

    Address waiter;  // whom a sync job answers; peer 0: nobody any more

    WorkerHandle worker;        // while active
    base::MonoTime given_at{};  // to the worker
    base::MonoTime deadline{};  // of the attempt, while running
    base::MonoTime due{};       // while scheduled
    base::MonoTime expires{};   // MonoTime::max(): never
    // Since when it waits, until it runs.
    base::MonoTime ready_at = kNotWaiting;
    base::WallTime accepted_at{};
    base::WallTime started_at{};
    base::Duration time_limit{};
    base::Duration result_ttl{};

    std::uint32_t attempt = 0;  // number of the last one begun
    std::uint32_t failures = 0;
    std::uint32_t losses = 0;  // attempts whose worker was lost
    std::uint32_t failures_max = 1;
    std::uint32_t losses_max = 1;
    std::int32_t priority = model::kPriorityNormal;
    std::uint32_t next_by_id = 0;  // the table's

    model::JobState state = model::JobState::Ready;
    AttemptFate fate = AttemptFate::Open;  // of the last attempt
    bool sync = false;
    bool durable = false;
    bool running = false;     // active and not merely given ahead
    bool stopping = false;    // the worker was told to stop and has its grace
    bool cancelling = false;  // it was told because the job was cancelled
    bool recalled = false;    // asked back; the worker has not answered yet
    bool by_wall = false;     // `timer` is in the heap of the wall clock
    bool adopted = false;     // brought by a worker from an earlier run: its params are not known
    OwnerId owner = kNobody;

    Seq accepted_seq = 0;
    std::uint64_t progress_done = 0;
    std::uint64_t progress_total = 0;
    std::string text;  // why its last attempt failed, or it ends
    std::unique_ptr<JobExtras> extras;

    Job() = default;

    /// One that is asked for what the other is. Pre: nothing has happened to that one; it has no
    /// extras.
    Job(const Job& other, const model::JobId& its, model::Payload&& with)
        : id(its),
          service(other.service),
          queue(other.queue),
          params(std::move(with)),
          meta(other.meta),
          due(other.due),
          expires(other.expires),
          accepted_at(other.accepted_at),
          time_limit(other.time_limit),
          result_ttl(other.result_ttl),
          failures_max(other.failures_max),
          losses_max(other.losses_max),
          priority(other.priority),
          sync(other.sync),
          durable(other.durable),
          owner(other.owner) {}

    [[nodiscard]] GroupHandle group() const {
        return extras != nullptr ? extras->group : GroupHandle{};
    }

    /// In this attempt.
    [[nodiscard]] bool has_progress() const {
        return progress_done != 0 || progress_total != 0 ||
               (extras != nullptr && !extras->progress_text.empty());
    }

    /// That its end must not take from who follows it.
    [[nodiscard]] bool has_said() const {
        return has_progress() || (extras != nullptr && extras->parts != nullptr);
    }

    /// The next attempt begins at nothing.
    void forget_said() {
        progress_done = 0;
        progress_total = 0;
        if (extras != nullptr) {
            extras->progress_text.clear();
            extras->parts.reset();
        }
    }

    JobExtras& more() {
        if (extras == nullptr) {
            extras = std::make_unique<JobExtras>();
        }
        return *extras;
    }
};

using JobMap = base::SlotMap<Job>;
using JobList = base::LinkedList<Job, &Job::place>;

/// All jobs in memory, by handle and by id, with the bytes of their params.
class JobTable {
public:
    JobHandle add(Job&& job) {
        bytes_ += job.params.bytes.size();
        owners.gain(job.owner, 1, job.params.bytes.size());
        const JobHandle handle = map.emplace(std::move(job));
        by_id_.insert(hash_of(map.at(handle).id), handle.slot, InMap(map));
        return handle;
    }

    /// One that is like another, but for its identity and params.
    JobHandle add_like(const Job& other, const model::JobId& id, model::Payload&& params) {
        bytes_ += params.bytes.size();
        owners.gain(other.owner, 1, params.bytes.size());
        const JobHandle handle = map.emplace(other, id, std::move(params));
        by_id_.insert(hash_of(id), handle.slot, InMap(map));
        return handle;
    }

    void remove(JobHandle handle) {
        const Job& job = map.at(handle);
        STEWARD_ASSERT(!job.place.linked);
        bytes_ -= job.params.bytes.size();
        owners.lose(job.owner, 1, job.params.bytes.size());
        by_id_.erase(hash_of(job.id), handle.slot, InMap(map));
        map.erase(handle);
    }

    void set_params(JobHandle handle, model::Payload params) {
        Job& job = map.at(handle);
        bytes_ += params.bytes.size();
        bytes_ -= job.params.bytes.size();
        owners.gain(job.owner, 0, params.bytes.size());
        owners.lose(job.owner, 0, job.params.bytes.size());
        job.params = std::move(params);
    }

    /// Of a job that goes, and needs them no more.
    [[nodiscard]] model::Payload take_params(JobHandle handle) {
        Job& job = map.at(handle);
        bytes_ -= job.params.bytes.size();
        owners.lose(job.owner, 0, job.params.bytes.size());
        return std::exchange(job.params, {});
    }

    /// Of a job that nobody had.
    void set_owner(JobHandle handle, OwnerId owner) {
        Job& job = map.at(handle);
        owners.lose(job.owner, 1, job.params.bytes.size());
        job.owner = owner;
        owners.gain(owner, 1, job.params.bytes.size());
    }

    [[nodiscard]] JobHandle find(const model::JobId& id) const {
        const std::uint32_t slot = by_id_.find(
            hash_of(id), InMap(map), [&](std::uint32_t at) { return map[at].id == id; });
        return slot == base::ChainIndex::kNone ? JobHandle{} : map.handle_at(slot);
    }

    [[nodiscard]] std::size_t payload_bytes() const { return bytes_ + packed_bytes; }

    OwnerTable owners;
    PartsInAll parts;  // of jobs in the map: it goes after them
    JobMap map;
    std::size_t packed_bytes = 0;  // of the params of packed jobs, which are in memory too

private:
    // Ids count up within an epoch, and few jobs are of another than most.
    [[nodiscard]] static std::size_t hash_of(const model::JobId& id) {
        return id.number + id.epoch * 0x9E3779B97F4A7C15ULL;
    }

    template <class Map>
    struct InMap {
        explicit InMap(Map& its) : map(its) {}

        [[nodiscard]] auto& next_of(std::uint32_t slot) const { return map[slot].next_by_id; }

        [[nodiscard]] std::size_t hash_of(std::uint32_t slot) const {
            return JobTable::hash_of(map[slot].id);
        }

        Map& map;
    };

    base::ChainIndex by_id_;
    std::size_t bytes_ = 0;
};

}  // namespace steward::core
