// broker/core: what holds starts back: a bound on how many run at once and on how often one starts.
// Groups and named limits are gates.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/base/time.hpp"
#include "common/model/limits.hpp"

namespace steward::core {

/// Given ahead of time counts as running and as started: the bounds hold however a worker hurries.
struct Gate {
    std::uint32_t at_once = 0;  // 0: no bound
    base::Duration spacing{};   // between two starts; 0: none
    std::size_t active = 0;
    base::MonoTime last_start = base::MonoTime::min();

    /// What runs and the last start stay as they are: new bounds hold for what was before them too.
    void set_bounds(std::uint32_t most_at_once, base::Duration between_starts) {
        at_once = most_at_once;
        spacing = std::clamp(between_starts, base::Duration::zero(), model::kDurationMax);
    }

    [[nodiscard]] base::MonoTime next_start() const { return last_start + spacing; }

    [[nodiscard]] bool has_room() const { return at_once == 0 || active < at_once; }

    [[nodiscard]] bool is_open(base::MonoTime now) const {
        return has_room() && next_start() <= now;
    }

    void enter(base::MonoTime now) {
        ++active;
        last_start = now;
    }

    void leave() { --active; }
};

}  // namespace steward::core
