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
    /// What tells how long it is between two events.
    enum class Clock : std::uint8_t {
        Turn,  // they are published in the turn in which they happen
        Wall,  // the instants they name: nobody sets that clock
        None,
    };

    Gates(const std::vector<core::LimitSettings>& limits, Clock clock)
        : limits_(limits), clock_(clock) {}

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

    [[nodiscard]] MonoTime instant_of(const Heard& heard) const;
    [[nodiscard]] std::vector<Bounds> bounds_of(const Heard& heard) const;

    std::vector<core::LimitSettings> limits_;
    Clock clock_;
    std::map<std::pair<BrokerRun, std::string>, Gate> gates_;
    std::map<std::pair<BrokerRun, model::JobId>, bool> active_;
};

}  // namespace steward::sim
