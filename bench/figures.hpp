// bench: time and figures.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace steward::bench {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The value below which `share` of the values lie; sorts them. Pre: there are some.
inline double percentile(std::vector<double>& values, double share) {
    std::ranges::sort(values);
    const auto last = static_cast<double>(values.size() - 1);
    return values[static_cast<std::size_t>(last * share)];
}

}  // namespace steward::bench
