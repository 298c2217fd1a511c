// tests/sim: looks for a smaller world that still fails. Each try runs in a process of its own,
// because a broken promise ends its process.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>

#include "tests/sim/plan.hpp"

namespace steward::sim {

/// What makes a run, beside the code.
struct RunSpec {
    std::uint64_t seed = 1;
    std::uint64_t events = 5000;
    std::bitset<kFaults> without;
};

/// Takes away faults one by one and halves the events for as long as `run` still fails; `run` ends
/// its process when it does. Gives back `spec` when that fails no more.
[[nodiscard]] RunSpec shrink(RunSpec spec, const std::function<void(const RunSpec&)>& run);

}  // namespace steward::sim
