// broker/core: the settling time after a start: what must wait until workers have come back and
// said what they still have. Knows no policy.
#pragma once

#include <cstddef>
#include <vector>

#include "broker/core/input.hpp"
#include "common/base/time.hpp"

namespace steward::core {

struct Settling {
    base::MonoTime ends_at{};
    std::vector<Submit> submits;  // that wait for it
    std::size_t bytes = 0;        // of their params
};

}  // namespace steward::core
