// tests/sim: oracle of cancelling: what was cancelled never completes, its worker is told to stop,
// and it is over when the grace is; whoever was told that a job is cancelled can rely on it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "broker/core/record.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {

class Cancels {
public:
    Cancels(const Network& network, const Leases& leases, Duration grace)
        : network_(network), leases_(leases), grace_(grace) {}

    void started(BrokerRun run, std::uint64_t epoch) { epochs_[run.broker] = {run, epoch}; }

    void stopped(BrokerRun run) { epochs_.erase(run.broker); }

    void hear(const Heard& heard);
    void stored(const core::Record& fact);

    /// `run` has told a worker to stop the job.
    void stop_sent(BrokerRun run, const model::JobId& job) { stops_.emplace(run, job); }

    /// `broker` has told a client that these are cancelled, if they had not ended.
    void promised(std::size_t broker, const std::vector<model::JobId>& jobs) const;
    /// A client's wish that `job` be cancelled was refused.
    static void refused(const model::JobId& job, const base::Error& why);

    [[nodiscard]] std::uint64_t running() const { return running_; }

private:
    enum class Stage : std::uint8_t { Waiting, Held, Cancelling, Ended };

    using Key = std::pair<BrokerRun, model::JobId>;

    struct Untold {
        Key key;
        std::uint32_t attempt;
        MonoTime since;
    };

    void begin(const Heard& heard);
    void end(const Heard& heard);
    void check_stops(const Heard& heard);

    const Network& network_;
    const Leases& leases_;
    Duration grace_;
    std::map<Key, Stage> stages_;
    std::map<Key, MonoTime> since_;  // of those that were told to stop
    std::set<Key> stops_;
    std::vector<Untold> untold_;  // ended before their workers were seen to be told
    std::set<model::JobId> facts_;
    std::set<model::JobId> revived_;
    std::map<std::size_t, std::pair<BrokerRun, std::uint64_t>> epochs_;  // of brokers that are up
    std::uint64_t running_ = 0;
};

}  // namespace steward::sim
