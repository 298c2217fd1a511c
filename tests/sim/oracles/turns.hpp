// tests/sim: oracle of fair turns: while a group has jobs that could start, another one of the same
// queue does not start more than its weight allows for each turn.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {

class Turns {
public:
    void hear(const Heard& heard);

private:
    /// What waits for a worker in one queue at one priority, by group.
    struct Group {
        std::set<model::JobId> waiting;
        std::map<std::string, std::uint32_t> passed_by;  // starts of others since its last one
    };

    using Level = std::tuple<BrokerRun, std::string, std::string, std::int32_t>;

    [[nodiscard]] static bool is_held_back(const KnownJob& job) {
        return job.group_limit != 0 || job.group_spacing != Duration(0);
    }

    void forget_turns(const Heard& heard);
    void started(const Heard& heard);

    std::map<Level, std::map<std::string, Group>> levels_;
};

}  // namespace steward::sim
