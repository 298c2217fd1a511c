// broker/core: what the core's timers name.
#pragma once

#include <cstdint>

#include "common/base/strong_id.hpp"

namespace steward::core {

/// What is due, and of whom: a handle of the kind's table, as its two numbers.
struct Timer {
    enum class Kind : std::uint8_t {
        Job,       // a scheduled job is due, or a waiting one expires
        Worker,    // a heartbeat is due, it is silent, or an attempt ran too long
        Recall,    // a worker has not eaten what it was given ahead
        Waiter,    // a request for a result has waited long enough
        Question,  // a worker has not answered
        Group,     // a group's gate opens
        Limit,     // a named limit's gate opens
        Settled,   // the settling time after the start is over
        Sessions,  // forget silent clients
        Results,   // forget results that nobody came for, and what was said before them
        Drain,     // the drain's limit
    };

    Timer() = default;

    explicit Timer(Kind of) : kind(of) {}

    template <class Tag>
    Timer(Kind of, base::Handle<Tag> handle)
        : kind(of), slot(handle.slot), generation(handle.generation) {}

    template <class Tag>
    [[nodiscard]] base::Handle<Tag> of() const {
        return {slot, generation};
    }

    Kind kind = Kind::Settled;
    std::uint32_t slot = UINT32_MAX;
    std::uint32_t generation = 0;
};

}  // namespace steward::core
