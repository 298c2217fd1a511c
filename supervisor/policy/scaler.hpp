// supervisor/policy: how many processes a pool wants, by what waits for it.
#pragma once

#include <cstdint>
#include <optional>

#include "common/base/time.hpp"
#include "supervisor/policy/plan.hpp"

namespace steward::supervisor {

/// What waits for a pool's services, all together.
struct Load {
    std::uint64_t waiting = 0;
    std::uint64_t running = 0;
    base::Duration oldest{};  // how long the first has waited
};

/// Steps up quickly, by half of what is there, and down slowly, one by one: processes that are not
/// needed cost little, jobs that wait cost their users' time.
class Scaler {
public:
    /// How many there should be, given that `count` are wanted now.
    [[nodiscard]] std::uint32_t decide(base::MonoTime now,
                                       const Load& load,
                                       std::uint32_t count,
                                       const ScaleRules& rules);

private:
    std::optional<base::MonoTime> last_up_;
    std::optional<base::MonoTime> idle_since_;
};

}  // namespace steward::supervisor
