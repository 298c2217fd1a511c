// broker/core: a service with its queues, and the table of all services. Knows no policy.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/core/queue.hpp"
#include "common/model/time_histogram.hpp"

namespace steward::core {

/// What is counted of a service's attempts.
struct AttemptFigures {
    model::TimeHistogram wait;  // how long jobs were ready before they ran
    model::TimeHistogram run;
    std::uint64_t lost = 0;     // their worker was
    std::uint64_t retried = 0;  // failed or were lost, and were not the last
};

struct Service {
    model::ServiceName name;
    std::vector<QueueHandle> queues;  // sorted by channel, the default one first
    std::vector<LimitHandle> limits;  // named limits that it shares
    Mode mode = Mode::Running;
    std::size_t ready = 0;  // in all queues
    JobList scheduled;
    JobList blocked;
    std::size_t active = 0;
    std::size_t dead = 0;      // dead letters
    std::size_t workers = 0;   // those of several channels count once
    bool announced = false;    // a worker has once served it
    bool declared = false;     // the configuration names it
    std::size_t jobs_max = 0;  // 0: as many as for any service
    model::JobOptions defaults;
    std::uint64_t accepted = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;  // attempts
    std::uint64_t failed_jobs = 0;
    std::uint64_t died = 0;  // jobs that became dead letters
    std::uint64_t expired = 0;
    std::uint64_t cancelled = 0;
    std::unique_ptr<AttemptFigures> attempts;  // null before the first: most of the size

    AttemptFigures& of_attempts() {
        if (attempts == nullptr) {
            attempts = std::make_unique<AttemptFigures>();
        }
        return *attempts;
    }

    [[nodiscard]] std::size_t jobs() const {
        return ready + scheduled.size() + blocked.size() + active;
    }

    /// ZMWS "haveSeenJob": somebody has announced it, a job waits for it, or it was configured.
    [[nodiscard]] bool known() const { return announced || declared || jobs() > 0; }

    /// Nothing would be lost with it.
    [[nodiscard]] bool is_forgettable() const {
        return !known() && dead == 0 && mode == Mode::Running && limits.empty();
    }
};

/// Bound: the caller asks has_room() before it adds a service or queue.
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

    /// The queue of this channel (empty: the default one), or a handle that names nothing.
    [[nodiscard]] QueueHandle find_queue(ServiceHandle service, std::string_view channel) const {
        const std::vector<QueueHandle>& all = map.at(service).queues;
        if (channel.empty()) {  // would be the first
            return !all.empty() && queues.at(all.front()).channel.empty() ? all.front()
                                                                          : QueueHandle{};
        }
        const auto at = place_of(all, channel);
        return at != all.end() && queues.at(*at).channel.view() == channel ? *at : QueueHandle{};
    }

    /// Pre: the service has no queue of this channel.
    QueueHandle add_queue(ServiceHandle service, const model::Label& channel) {
        const QueueHandle handle = queues.emplace();
        queues.at(handle).service = service;
        queues.at(handle).channel = channel;
        std::vector<QueueHandle>& all = map.at(service).queues;
        all.insert(place_of(all, channel.view()), handle);
        return handle;
    }

    [[nodiscard]] std::size_t size() const { return std::max(map.size(), queues.size()); }

    /// Forgets services that nobody announced, configured or waits for, and queues of channels that
    /// nobody joined or waits for. Cost: O(services and queues).
    void forget_unknown(LaneTable& lanes) {
        for (std::uint32_t slot = 0; slot < map.slots(); ++slot) {
            const ServiceHandle handle = map.handle_at(slot);
            if (!handle.names_something()) {
                continue;
            }
            Service& service = map.at(handle);
            if (service.jobs() + service.dead == 0) {
                std::erase_if(service.queues,
                              [&](QueueHandle queue) { return forget(queue, lanes); });
            }
            if (service.is_forgettable() && service.queues.empty()) {
                by_name_.erase(service.name.view());
                map.erase(handle);
            }
        }
    }

    base::SlotMap<Service> map;
    QueueMap queues;

private:
    [[nodiscard]] std::vector<QueueHandle>::const_iterator place_of(
        const std::vector<QueueHandle>& sorted, std::string_view channel) const {
        return std::ranges::lower_bound(
            sorted, channel, {}, [&](QueueHandle at) { return queues.at(at).channel.view(); });
    }

    bool forget(QueueHandle handle, LaneTable& lanes) {
        Queue& queue = queues.at(handle);
        if (!queue.crews.empty() || queue.size > 0 || queue.parking.linked) {
            return false;
        }
        lanes.drop_levels(queue);
        queues.erase(handle);
        return true;
    }

    std::unordered_map<std::string_view, ServiceHandle> by_name_;  // looked up, never walked
};

}  // namespace steward::core
