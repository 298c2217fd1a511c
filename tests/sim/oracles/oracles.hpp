// tests/sim: all oracles that listen to the news, as one.
#pragma once

#include <string_view>

#include "tests/sim/oracles/attempts.hpp"
#include "tests/sim/oracles/batches.hpp"
#include "tests/sim/oracles/cancels.hpp"
#include "tests/sim/oracles/dependencies.hpp"
#include "tests/sim/oracles/figures.hpp"
#include "tests/sim/oracles/followers.hpp"
#include "tests/sim/oracles/gates.hpp"
#include "tests/sim/oracles/modes.hpp"
#include "tests/sim/oracles/results.hpp"
#include "tests/sim/oracles/schedules.hpp"
#include "tests/sim/oracles/turns.hpp"
#include "tests/sim/oracles/unique_keys.hpp"
#include "tests/sim/plan.hpp"
#include "tests/sim/tally.hpp"

namespace steward::sim {

class Oracles {
public:
    Oracles(const Plan& plan, const Network& network, const Leases& leases);

    // ---- brokers ----
    void started(BrokerRun run, std::uint64_t epoch);

    void stopped(BrokerRun run) { cancels_.stopped(run); }

    void published(BrokerRun run, MonoTime now, std::string_view body);
    /// `broker` has stored this, or would have.
    void stored(std::size_t broker, std::string_view record);

    // ---- the wire ----
    void assigned(const model::JobId& job, Uid uid);

    void stop_sent(BrokerRun run, const model::JobId& job) { cancels_.stop_sent(run, job); }

    [[nodiscard]] Followers& followers() { return followers_; }

    // ---- clients ----
    void result_told(const model::JobId& job, model::JobState state, std::string_view bytes) {
        results_.told(job, state, bytes);
    }

    /// A client with this key is told that the job is his. Aborts where the news said else.
    void check_owner(const model::JobId& job, std::string_view key) const;

    /// The job has new params, a client hears.
    void replaced(const model::JobId& job) { keys_.replaced(job); }

    void cancel_told(std::size_t broker, const std::vector<model::JobId>& jobs) const {
        cancels_.promised(broker, jobs);
    }

    static void cancel_refused(const model::JobId& job, const base::Error& why) {
        Cancels::refused(job, why);
    }

    /// Of a broker that was left in peace for a while.
    void check_the_end(std::size_t broker, base::WallTime now) const;

    void check_figures(BrokerRun run, const model::ServiceReport& report) const {
        figures_.check(run, report);
    }

    void add_to(Tally& tally) const;

private:
    bool keeps_;
    JobBook book_;
    Gates gates_;
    Turns turns_;
    UniqueKeys keys_;
    Dependencies dependencies_;
    Batches batches_;
    Cancels cancels_;
    Schedules schedules_;
    Attempts attempts_;
    Figures figures_;
    Results results_;
    Followers followers_;
    Modes modes_;
};

}  // namespace steward::sim
