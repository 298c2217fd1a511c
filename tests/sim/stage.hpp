// tests/sim: what every actor shares. A struct of references: nobody owns the stage but the world.
#pragma once

#include <bitset>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/app/rights.hpp"
#include "common/base/time.hpp"
#include "tests/sim/calls.hpp"
#include "tests/sim/choices.hpp"
#include "tests/sim/job_events.hpp"
#include "tests/sim/leases.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/oracles/oracles.hpp"
#include "tests/sim/plan.hpp"
#include "tests/sim/schedule.hpp"
#include "tests/sim/trace.hpp"

namespace steward::sim {

/// A clock that people set: true time and an error.
class WallClock {
public:
    [[nodiscard]] base::WallTime at(MonoTime now) const {
        return base::WallTime(kStart + late_ + now.time_since_epoch() + error_);
    }

    void set_error(Duration error) { error_ = error; }

    /// The run begins so long after a full hour.
    void begin_later(Duration late) { late_ = late; }

private:
    static constexpr Duration kStart = std::chrono::hours(24 * 365 * 55);  // some day in 2024
    Duration late_{};
    Duration error_{};
};

struct Stage {
    Schedule& schedule;
    Choices& choices;
    Network& network;
    Trace& trace;
    const Plan& plan;
    WallClock& wall;
    Calls& calls;
    Leases& leases;
    JobEvents& events;
    Oracles& oracles;
    std::vector<model::JobId> known_jobs{};                // that clients were told of lately
    std::map<model::JobId, access::PrincipalId> owners{};  // of all of these, with keys
    std::uint64_t parts = 0;                               // that workers have told
    bool healed = false;  // the faults have stopped: everybody does his best from now on

    [[nodiscard]] bool has(Fault fault) const { return !healed && plan.has(fault); }

    /// No broker ends before the world does, so that volatile jobs end too.
    [[nodiscard]] bool brokers_last() const {
        return !plan.has(Fault::BrokerKilled) && !plan.has(Fault::SyncFails);
    }

    void remember(const model::JobId& job, std::string_view client);
    /// The key of whoever speaks on this side under this name.
    [[nodiscard]] access::PrincipalId key_of(app::Side side, std::string_view name) const;
    /// A client was told something of this job: breaks the run if it is another's.
    void told_of(const model::JobId& job, std::string_view client) const;
    /// The call that a job is for. Babblers make jobs by chance: those are nobody's call.
    [[nodiscard]] Uid uid_of_job(std::string_view params) const;
};

inline const std::vector<std::string>& services() {
    static const std::vector<std::string> kServices = {"reverse", "resize", "mail"};
    return kServices;
}

/// The keys of a world that has them: two who submit, with quotas, the workers, and an operator.
[[nodiscard]] std::vector<app::KeyGrants> draw_keys(Choices& choices);

/// Services that no worker announces. Majordomo clients have their own: what waits for them makes a
/// service known, so that others would wait too, and without end.
inline constexpr std::string_view kNobodysService = "nobody";
inline constexpr std::string_view kNobodysHeldService = "nobody-yet";

}  // namespace steward::sim
