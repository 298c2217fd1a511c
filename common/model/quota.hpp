// common/model: how much of the broker one key may have, so that its jobs cannot take the room of
// others.
#pragma once

#include <cstddef>
#include <cstdint>

namespace steward::model {

/// What one key may have of the broker at once; 0: no bound of its own.
struct Quota {
    std::size_t jobs_max = 0;              // waiting, running and dead
    std::size_t bytes_max = 0;             // of the params of these
    std::uint32_t submits_per_second = 0;  // over time; as many at once after a second of silence

    bool operator==(const Quota&) const = default;
};

inline constexpr std::uint32_t kSubmitsPerSecondMax = 1'000'000;

}  // namespace steward::model
