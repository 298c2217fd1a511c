// broker/core: a service with its queues, and the table of all services. Knows no policy.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/queue.hpp"
#include "common/base/flat_index.hpp"
#include "common/base/time.hpp"
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
    // What every job touches stands at the front, line of the cache by line: with thousands of
    // services each is fetched.
    model::ServiceName name;
    QueueHandle default_queue;  // names nothing until it is made
    Mode mode = Mode::Running;
    bool announced = false;                             // a worker has once served it
    bool declared = false;                              // the configuration names it
    std::unique_ptr<const model::JobOptions> defaults;  // null: none
    std::size_t jobs_max = 0;                           // 0: as many as for any service
    std::size_t ready = 0;                              // in all queues

    std::size_t active = 0;
    std::uint64_t accepted = 0;
    std::uint64_t succeeded = 0;
    std::vector<LimitHandle> limits;  // named limits that it shares
    model::RecentTimes recent_waits;  // of those in `attempts`
    JobList scheduled;
    JobList blocked;
    model::RecentTimes recent_runs;
    std::unique_ptr<AttemptFigures> attempts;  // null before the first: most of the size

    std::vector<QueueHandle> queues;                 // sorted by channel, the default one first
    std::size_t dead = 0;                            // dead letters
    std::size_t workers = 0;                         // those of several channels count once
    base::MonoTime used_at = base::MonoTime::min();  // by a worker, or an operator named it
    std::uint64_t failed = 0;                        // attempts
    std::uint64_t failed_jobs = 0;
    std::uint64_t died = 0;  // jobs that became dead letters
    std::uint64_t expired = 0;
    std::uint64_t cancelled = 0;

    AttemptFigures& of_attempts() {
        if (attempts == nullptr) {
            attempts = std::make_unique<AttemptFigures>();
        }
        return *attempts;
    }

    void count_wait(base::Duration took) { recent_waits.add(took, of_attempts().wait); }

    void count_run(base::Duration took) { recent_runs.add(took, of_attempts().run); }

    [[nodiscard]] AttemptFigures figures() const {
        AttemptFigures all = attempts != nullptr ? *attempts : AttemptFigures{};
        model::RecentTimes(recent_waits).move_to(all.wait);
        model::RecentTimes(recent_runs).move_to(all.run);
        return all;
    }

    [[nodiscard]] std::size_t jobs() const {
        return ready + scheduled.size() + blocked.size() + active;
    }

    /// ZMWS "haveSeenJob": somebody has announced it, a job waits for it, or it was configured.
    [[nodiscard]] bool known() const { return announced || declared || jobs() > 0; }

    /// Nobody serves it or waits for it, and nobody has set anything for it: only its counters, and
    /// that it was once announced, would be lost with it.
    [[nodiscard]] bool is_unused() const {
        return workers == 0 && !declared && jobs() + dead == 0 && mode == Mode::Running &&
               limits.empty();
    }

    /// Nothing would be lost with it.
    [[nodiscard]] bool is_forgettable() const {
        return !known() && dead == 0 && mode == Mode::Running && limits.empty();
    }
};

using ServiceMap = base::SlotMap<Service, Service, base::kCacheLine>;

/// Bound: the caller asks make_room() before it adds a service, and size() before it adds a queue.
class ServiceTable {
public:
    [[nodiscard]] ServiceHandle find(std::string_view name) const {
        return by_name_.find(base::SmallText::hash(name),
                             [&](ServiceHandle at) { return map.at(at).name.view() == name; });
    }

    [[nodiscard]] ServiceHandle find(const model::ServiceName& name) const {
        return by_name_.find(name.hash(),
                             [&](ServiceHandle at) { return map.at(at).name == name; });
    }

    /// It will be asked for soon: has on its way from memory what find() reads first.
    void expect(const model::ServiceName& name) const { by_name_.prefetch(name.hash()); }

    /// Pre: no service has this name.
    ServiceHandle add(const model::ServiceName& name) {
        const ServiceHandle handle = map.emplace();
        map.at(handle).name = name;
        by_name_.insert(name.hash(), handle);
        return handle;
    }

    /// The queue of this channel (empty: the default one), or a handle that names nothing.
    [[nodiscard]] QueueHandle find_queue(ServiceHandle service, std::string_view channel) const {
        if (channel.empty()) {
            return map.at(service).default_queue;
        }
        const std::vector<QueueHandle>& all = map.at(service).queues;
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
        note_default(map.at(service));
        return handle;
    }

    [[nodiscard]] std::size_t size() const { return std::max(map.size(), queues.size()); }

    /// Whether `count` more services fit below `max`, when need be in the place of others: of those
    /// that nobody announced, configured or waits for, and of queues that nobody joined or waits
    /// for; then of those that are unused, whose last worker left longest ago first. What was used
    /// in the instant `now` stays.
    /// Cost: O(services and queues) at most once in an instant, however often it is asked.
    [[nodiscard]] bool make_room(std::size_t count, std::size_t max, base::MonoTime now);

    /// Makes as much room as there can be for the queues of these services on these channels. Some
    /// of them may be gone afterwards.
    void make_room_for_queues(const std::vector<ServiceHandle>& services,
                              const std::vector<model::Label>& channels,
                              std::size_t max,
                              base::MonoTime now);

    ServiceMap map;
    QueueMap queues;

private:
    // The service's queues have changed.
    void note_default(Service& service) const {
        const std::vector<QueueHandle>& all = service.queues;
        const bool has_one = !all.empty() && queues.at(all.front()).channel.empty();
        service.default_queue = has_one ? all.front() : QueueHandle{};
    }

    [[nodiscard]] std::vector<QueueHandle>::const_iterator place_of(
        const std::vector<QueueHandle>& sorted, std::string_view channel) const {
        return std::ranges::lower_bound(
            sorted, channel, {}, [&](QueueHandle at) { return queues.at(at).channel.view(); });
    }

    template <class Fits>
    bool forget_until(Fits&& fits, base::MonoTime now);
    bool forget(QueueHandle handle);
    bool forget_if_unknown(ServiceHandle handle);
    void forget_unknown();
    void list_unused(base::MonoTime now);

    base::FlatIndex<ServiceHandle> by_name_;
    std::optional<base::MonoTime> looked_at_;  // when make_room() looked at all last
    std::vector<ServiceHandle> unused_;        // as of then, longest unused last
};

}  // namespace steward::core
