// tests/sim: all oracles that listen to the news, as one.
#pragma once

#include <string_view>

#include "tests/sim/oracles/ends.hpp"
#include "tests/sim/oracles/gates.hpp"
#include "tests/sim/oracles/modes.hpp"
#include "tests/sim/oracles/turns.hpp"
#include "tests/sim/oracles/unique_keys.hpp"
#include "tests/sim/plan.hpp"

namespace steward::sim {

class Oracles {
public:
    explicit Oracles(const Plan& plan);

    void published(BrokerRun run, MonoTime now, std::string_view body);
    /// `broker` keeps what it stores.
    void stored(std::size_t broker, std::string_view record);

private:
    JobBook book_;
    Gates gates_;
    Turns turns_;
    UniqueKeys keys_;
    Ends ends_;
    Modes modes_;
};

}  // namespace steward::sim
