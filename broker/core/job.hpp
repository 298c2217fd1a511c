// broker/core: a job as the core keeps it, and the table of all jobs. Knows no policy.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "broker/core/input.hpp"
#include "common/base/flat_index.hpp"
#include "common/base/linked_list.hpp"
#include "common/base/slot_map.hpp"
#include "common/base/timer_heap.hpp"
#include "common/model/job.hpp"

namespace steward::core {

struct Job;
struct Service;
struct Worker;
using JobHandle = base::Handle<Job>;
using ServiceHandle = base::Handle<Service>;
using WorkerHandle = base::Handle<Worker>;

/// A waiting or running job. `place` links it into exactly one list: its service's scheduled list,
/// a level of its service's ready queue, or the list of what its worker holds.
struct Job {
    model::JobId id;
    model::SubmissionId submission;
    ServiceHandle service;
    model::Payload params;
    base::Blob meta;
    base::Links<Job> place;
    std::uint32_t timer = UINT32_MAX;  // due or expiry, in State::timers

    Address waiter;  // whom a sync job answers; peer 0: nobody any more

    WorkerHandle worker;        // while active
    base::MonoTime given_at{};  // to the worker
    base::MonoTime deadline{};  // of the attempt, while running
    base::MonoTime due{};       // while scheduled
    base::MonoTime expires{};   // MonoTime::max(): never
    base::MonoTime ready_at{};  // since when it waits
    base::WallTime accepted_at{};
    base::WallTime started_at{};
    base::Duration time_limit{};

    std::uint32_t attempt = 0;  // number of the last one begun
    std::uint32_t failures = 0;
    std::uint32_t losses = 0;  // attempts whose worker was lost
    std::uint32_t failures_max = 1;
    std::uint32_t losses_max = 1;
    std::int32_t priority = model::kPriorityNormal;

    model::JobState state = model::JobState::Ready;
    bool sync = false;
    bool durable = false;
    bool running = false;   // active and not merely given ahead
    bool stopping = false;  // ran too long; the worker was told and has its grace
    bool recalled = false;  // asked back; the worker has not answered yet
    bool adopted = false;   // brought by a worker from an earlier run: its params are not known

    Seq accepted_seq = 0;
    std::uint64_t progress_done = 0;
    std::uint64_t progress_total = 0;
    std::string text;  // last progress or failure text
};

using JobMap = base::SlotMap<Job>;
using JobList = base::LinkedList<Job, &Job::place>;

/// All jobs that have not ended, by handle and by id, with the bytes of their params.
class JobTable {
public:
    JobHandle add(Job&& job) {
        const std::size_t hash = std::hash<model::JobId>{}(job.id);
        bytes_ += job.params.bytes.size();
        const JobHandle handle = map.emplace(std::move(job));
        index_.insert(hash, handle);
        return handle;
    }

    void remove(JobHandle handle) {
        const Job& job = map.at(handle);
        STEWARD_ASSERT(!job.place.linked);
        bytes_ -= job.params.bytes.size();
        index_.erase(std::hash<model::JobId>{}(job.id), handle);
        map.erase(handle);
    }

    /// For a job that was adopted without its params.
    void set_params(JobHandle handle, model::Payload params) {
        Job& job = map.at(handle);
        bytes_ += params.bytes.size();
        bytes_ -= job.params.bytes.size();
        job.params = std::move(params);
    }

    [[nodiscard]] JobHandle find(const model::JobId& id) const {
        return index_.find(std::hash<model::JobId>{}(id),
                           [&](JobHandle handle) { return map.at(handle).id == id; });
    }

    [[nodiscard]] std::size_t payload_bytes() const { return bytes_; }

    JobMap map;

private:
    base::FlatIndex<JobHandle> index_;
    std::size_t bytes_ = 0;
};

}  // namespace steward::core
