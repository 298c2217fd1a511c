// broker/core: what follows from an input beside its own answer, kept until the input is done with.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "broker/core/handles.hpp"

namespace steward::core {

/// All in the order in which they came about. Emptied by State::settle_consequences().
struct Consequences {
    /// A job whose dependency has ended.
    struct Dependent {
        JobHandle job;
        bool dies = false;
        std::string why;
    };

    std::deque<Dependent> dependents;
    std::vector<GroupHandle> opened_groups;
    std::vector<LimitHandle> opened_limits;
    std::vector<QueueHandle> unparked;
    std::vector<BatchHandle> complete_batches;
    // They wait for the next apply(): facts were restored, or the policy has changed.
    bool wait = false;
};

}  // namespace steward::core
