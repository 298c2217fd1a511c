// common/base: instants and durations as values. No clock is read here: time is a parameter.
#pragma once

#include <chrono>
#include <cstdint>

namespace steward::base {

/// Every duration of the system, in microseconds.
using Duration = std::chrono::microseconds;

/// Tags without now(): an instant can be passed and compared, never asked for.
struct MonoTag {
    using duration = Duration;
    using rep = Duration::rep;
    using period = Duration::period;
    static constexpr bool is_steady = true;
};

struct WallTag {
    using duration = Duration;
    using rep = Duration::rep;
    using period = Duration::period;
    static constexpr bool is_steady = false;
};

/// Orders leases, heartbeats and timers. Meaningless outside the process.
using MonoTime = std::chrono::time_point<MonoTag, Duration>;
/// Microseconds since 1970-01-01 UTC. Dates what outlives a restart and what people read.
using WallTime = std::chrono::time_point<WallTag, Duration>;

/// One instant, read once for each turn of a loop.
struct Now {
    MonoTime mono;
    WallTime wall;
};

}  // namespace steward::base
