// tests/sim: a checkpoint's facts against all records that they stand for. Oracle of: whoever
// starts from either has the same durable state.
#pragma once

#include <string>
#include <vector>

#include "broker/core/policy.hpp"
#include "common/base/time.hpp"

namespace steward::sim {

/// `records`: everything since the beginning; `facts`: what the core says they amount to. Aborts
/// when cores that are made of the two, at this instant, would write other checkpoints.
void check_same_state(const core::Policy& policy,
                      const base::Now& now,
                      const std::vector<std::string>& records,
                      const std::vector<std::string>& facts);

}  // namespace steward::sim
