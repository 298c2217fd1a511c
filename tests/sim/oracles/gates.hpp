// tests/sim: oracle of group limits, group rates and named limits: never more at once, never
// sooner.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "broker/core/policy.hpp"
#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {

class Gates {
public:
    /// `tells_at_once`: events are published in the turn in which they happen, so that what lies
    /// between two of them can be measured.
    Gates(const std::vector<core::LimitSettings>& limits, bool tells_at_once)
        : limits_(limits), tells_at_once_(tells_at_once) {}

    void hear(const Heard& heard);

private:
    /// A group or a named limit of one run of one broker.
    struct Gate {
        std::uint32_t active = 0;
        std::optional<MonoTime> last_start;
    };

    struct Bounds {
        std::string name;
        std::uint32_t at_once = 0;
        Duration spacing{};
    };

    [[nodiscard]] std::vector<Bounds> bounds_of(const KnownJob& job) const;

    std::vector<core::LimitSettings> limits_;
    bool tells_at_once_;
    std::map<std::pair<BrokerRun, std::string>, Gate> gates_;
    std::map<std::pair<BrokerRun, model::JobId>, bool> active_;
};

}  // namespace steward::sim
