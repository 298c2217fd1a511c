// tests/cost: counts what is allocated, by who is at work.
#pragma once

#include <array>
#include <cstddef>

#include "tests/cost/path.hpp"

namespace steward::cost {

/// Since the program began. Thread: one.
[[nodiscard]] const std::array<std::size_t, kStages + 1>& allocations();

}  // namespace steward::cost
