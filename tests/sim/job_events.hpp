// tests/sim: the lives of jobs as the broker publishes them. Oracle of: one beginning and one end
// for each job; promise 6, first in, first out; promise 3, a job is never silently gone while its
// broker lives; with a journal also promise 1, what was acknowledged comes to an end, whatever
// crashed.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include <nlohmann/json_fwd.hpp>

#include "tests/sim/leases.hpp"

namespace steward::sim {

class JobEvents {
public:
    JobEvents(const Network& network, Leases& leases, bool has_keys)
        : network_(network), leases_(leases), has_keys_(has_keys) {}

    void broker_started(BrokerRun run, std::uint64_t epoch) {
        epochs_[run] = epoch;
        last_epochs_[run.broker] = epoch;
    }

    /// One message of the news socket.
    void published(BrokerRun run, std::string_view topic, std::string_view body);

    /// A record is on this broker's disk.
    void stored(std::size_t broker, std::string_view record);
    /// A broker tells a client that it has its job. With a journal a durable one must be safe.
    void acknowledge(const model::JobId& job, bool has_journal);

    /// What an event tells as well, but it may be lost with its broker.
    void is_volatile(const model::JobId& job) { volatile_.insert(job); }

    /// At the end, when the news of all that was acknowledged have come: they tell what is durable.
    void check_acknowledged() const;

    /// How many jobs of this run have not ended.
    [[nodiscard]] std::size_t open_count(BrokerRun run) const;
    /// A job on this broker's disk that has not ended, of any run; empty when there is none.
    [[nodiscard]] std::string kept_and_open(std::size_t broker) const;
    /// An acknowledged job that never ended, in any run; empty when there is none.
    [[nodiscard]] std::string acknowledged_and_gone() const;
    [[nodiscard]] std::string any_open(BrokerRun run) const;

    [[nodiscard]] std::size_t ended_count() const { return ended_.size(); }

private:
    struct Life {
        std::string last_event;
        bool ended = false;
        bool in_order = false;  // never started, delayed or brought back: promise 6 speaks of it
        std::int32_t priority = 0;
    };

    using Queue = std::tuple<BrokerRun, std::string, std::int32_t>;

    void begin(BrokerRun run,
               const model::JobId& job,
               const nlohmann::json& event,
               Life& life) const;
    void check_order(BrokerRun run,
                     const model::JobId& job,
                     const nlohmann::json& event,
                     Life& life);

    const Network& network_;
    Leases& leases_;
    bool has_keys_;                                // the order of jobs is that of each owner
    std::map<Queue, std::uint64_t> last_started_;  // number of the job
    std::map<std::pair<BrokerRun, model::JobId>, Life> lives_;
    std::map<BrokerRun, std::uint64_t> epochs_;
    std::map<std::size_t, std::uint64_t> last_epochs_;  // by broker
    std::map<BrokerRun, std::set<model::JobId>> open_;
    std::set<model::JobId> stored_;
    std::set<model::JobId> volatile_;                          // no record tells of them
    std::set<model::JobId> unsafe_;                            // when they were acknowledged
    std::map<std::size_t, std::set<model::JobId>> kept_open_;  // by broker
    std::set<model::JobId> acknowledged_;
    std::set<model::JobId> ended_;
};

}  // namespace steward::sim
