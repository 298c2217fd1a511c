// broker/core: what holds starts back: a bound on how many run at once and on how often one starts.
// Groups and named limits are gates.
#pragma once

#include <cstdint>

#include "common/base/time.hpp"

namespace steward::core {

/// Given ahead of time counts as running and as started: the bounds hold however a worker hurries.
struct Gate {
    std::uint32_t at_once = 0;  // 0: no bound
    base::Duration spacing{};   // between two starts; 0: none
    std::size_t active = 0;
    base::MonoTime next_start{};

    [[nodiscard]] bool has_room() const { return at_once == 0 || active < at_once; }

    [[nodiscard]] bool is_open(base::MonoTime now) const {
        return has_room() && (spacing == base::Duration::zero() || next_start <= now);
    }

    void enter(base::MonoTime now) {
        ++active;
        next_start = now + spacing;
    }

    void leave() { --active; }
};

}  // namespace steward::core
