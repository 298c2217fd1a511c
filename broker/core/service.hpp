// broker/core: a service, its queue by priority, and the table of all services. Knows no policy.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/job.hpp"

namespace steward::core {

struct Crew;
using CrewHandle = base::Handle<Crew>;

/// Jobs that wait for a worker: highest priority first, first in first out within one.
class ReadyQueue {
public:
    void push_back(JobMap& jobs, JobHandle handle) {
        levels_[jobs.at(handle).priority].push_back(jobs, handle);
        ++size_;
    }

    void push_front(JobMap& jobs, JobHandle handle) {
        levels_[jobs.at(handle).priority].push_front(jobs, handle);
        ++size_;
    }

    void remove(JobMap& jobs, JobHandle handle) {
        const auto level = levels_.find(jobs.at(handle).priority);
        STEWARD_ASSERT(level != levels_.end());
        level->second.remove(jobs, handle);
        --size_;
        // A few empty levels stay, so that a queue that empties and fills does not allocate.
        if (level->second.empty() && levels_.size() > kLevelsKept) {
            levels_.erase(level);
        }
    }

    /// The next job, or a handle that names nothing.
    [[nodiscard]] JobHandle front() const {
        for (const auto& [priority, jobs] : levels_) {
            if (!jobs.empty()) {
                return jobs.front();
            }
        }
        return {};
    }

    [[nodiscard]] std::size_t size() const { return size_; }

    [[nodiscard]] bool empty() const { return size_ == 0; }

    /// Calls `visit(handle)` in the order in which jobs would be taken, until it returns false.
    template <class Visit>
    void walk(const JobMap& jobs, Visit&& visit) const {
        for (const auto& [priority, list] : levels_) {
            for (JobHandle at = list.front(); at.names_something(); at = jobs.at(at).place.next) {
                if (!visit(at)) {
                    return;
                }
            }
        }
    }

private:
    static constexpr std::size_t kLevelsKept = 4;
    std::map<std::int32_t, JobList, std::greater<>> levels_;
    std::size_t size_ = 0;
};

struct Service {
    model::ServiceName name;
    ReadyQueue ready;
    JobList scheduled;
    std::size_t active = 0;
    std::size_t workers = 0;
    std::vector<CrewHandle> crews;  // those that serve it
    bool announced = false;         // a worker has once served it
    bool declared = false;          // the configuration names it
    std::uint64_t accepted = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;

    [[nodiscard]] std::size_t jobs() const { return ready.size() + scheduled.size() + active; }

    /// ZMWS "haveSeenJob": somebody has announced it, a job waits for it, or it was configured.
    [[nodiscard]] bool known() const { return announced || declared || jobs() > 0; }
};

class ServiceTable {
public:
    [[nodiscard]] ServiceHandle find(std::string_view name) const {
        const auto found = by_name_.find(name);
        return found == by_name_.end() ? ServiceHandle{} : found->second;
    }

    /// Pre: no service has this name.
    ServiceHandle add(const model::ServiceName& name) {
        const ServiceHandle handle = map.emplace();
        map.at(handle).name = name;
        by_name_.emplace(map.at(handle).name.view(), handle);  // the view lives as long as the name
        return handle;
    }

    /// Forgets services that nobody announced, configured or waits for. Cost: O(services).
    void forget_unknown() {
        for (std::uint32_t slot = 0; slot < map.slots(); ++slot) {
            const ServiceHandle handle = map.handle_at(slot);
            if (handle.names_something() && !map.at(handle).known()) {
                by_name_.erase(map.at(handle).name.view());
                map.erase(handle);
            }
        }
    }

    base::SlotMap<Service> map;

private:
    std::unordered_map<std::string_view, ServiceHandle> by_name_;  // looked up, never walked
};

}  // namespace steward::core
