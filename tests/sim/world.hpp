// tests/sim: one run: brokers, workers, clients, faults while there are events left, then peace, in
// which everything that is open must come to its end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/broker_actor.hpp"
#include "tests/sim/client_actor.hpp"
#include "tests/sim/old_worker.hpp"
#include "tests/sim/rogue.hpp"
#include "tests/sim/tally.hpp"
#include "tests/sim/worker_actor.hpp"

namespace steward::sim {

class World {
public:
    World(Choices& choices, const Plan& plan, Trace& trace);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// Faults for about `events` steps, then peace. Aborts when a promise is broken.
    void run(std::uint64_t events);

    [[nodiscard]] std::uint64_t steps() const { return schedule_.steps(); }

    [[nodiscard]] Tally tally() const;

private:
    void populate();
    void plan_next_fault();
    void do_fault(Fault fault);
    void fault_a_broker();
    void heal();
    [[nodiscard]] bool is_quiet() const;
    [[nodiscard]] std::size_t awaited() const;
    [[nodiscard]] bool keeps_jobs() const;
    void wait_until_quiet();
    void check_the_end() const;
    [[nodiscard]] NetworkRules network_rules() const;

    const Plan& plan_;
    Choices& choices_;
    Schedule schedule_;
    WallClock wall_;
    Network network_;
    Calls calls_;
    Leases leases_;
    JobEvents events_;
    Oracles oracles_;
    Stage stage_;
    std::vector<std::unique_ptr<BrokerActor>> brokers_;
    std::vector<std::unique_ptr<WorkerActor>> workers_;
    std::vector<std::unique_ptr<ClientActor>> clients_;
    std::vector<std::unique_ptr<Actor>> others_;
    std::vector<Fault> acts_;  // the faults of this plan that happen at instants
    std::uint64_t broker_kills_ = 0;
};

}  // namespace steward::sim
