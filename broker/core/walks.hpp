// broker/core: walks through all jobs that match a filter, in memory and in the store, step by
// step.
#pragma once

#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {

template <class Visit>
Cursor State::visit_jobs(const JobFilter& filter, Cursor from, Visit&& visit) {
    const auto wanted = wanted_of(filter);
    if (!wanted) {
        return 0;
    }
    for (const model::JobId& id : filter.jobs) {
        const JobHandle handle = find_job(id);
        if (handle.names_something() && matches(jobs_.map.at(handle), *wanted)) {
            visit(handle);
        }
    }
    if (!filter.jobs.empty()) {
        return 0;
    }
    const bool begins = from == 0 || (from & (kStoredJobs | kMemoryJobs)) == kStoredJobs;
    if (begins && spilling_.stored_jobs > 0) {
        const Cursor next = visit_stored(*wanted, from, visit);
        if (next != kMemoryJobs || !recalled_.empty()) {
            return next;  // what was looked at is in memory until the end of this apply()
        }
    }
    std::uint64_t slot = begins ? 0 : from & ~kMemoryJobs;
    const std::uint64_t end = slot + policy.limits.scan_jobs_max;
    while (slot < jobs_.map.slots() && slot < end) {
        const JobHandle handle = jobs_.map.handle_at(static_cast<std::uint32_t>(slot++));
        if (handle.names_something() && matches(jobs_.map.at(handle), *wanted) && !visit(handle)) {
            break;
        }
    }
    return slot < jobs_.map.slots() ? kMemoryJobs | slot : 0;
}

template <class Visit>
Cursor State::visit_stored(const Wanted& wanted, Cursor from, Visit&& visit) {
    std::uint64_t slot = (from & ~kStoredJobs) >> kEntryBits;
    std::uint64_t index = from & ((1U << kEntryBits) - 1);
    std::size_t left = policy.limits.scan_jobs_max / kStoredCost + 1;
    for (; slot < lanes_.blocks.slots(); ++slot, index = 0) {
        const BlockHandle handle = lanes_.blocks.handle_at(static_cast<std::uint32_t>(slot));
        while (const Spill* spill = spill_to_visit(handle, wanted)) {
            index = std::max<std::uint64_t>(index, spill->first);
            if (index >= spill->entries.size() || stopped_) {
                break;
            }
            if (left-- == 0) {
                return kStoredJobs | slot << kEntryBits | index;
            }
            const std::uint64_t at = index++;
            if (spill->places[at] != Spill::Place::Stored) {
                continue;
            }
            const JobHandle job = recall(handle, at);
            if (job.names_something() && matches(jobs_.map.at(job), wanted) && !visit(job)) {
                return kStoredJobs | slot << kEntryBits | index;
            }
        }
    }
    return kMemoryJobs;
}

}  // namespace steward::core
