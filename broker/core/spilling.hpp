// broker/core: where long queues stand between memory and their store. Knows no policy.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "broker/core/handles.hpp"
#include "broker/core/spill_store.hpp"

namespace steward::core {

struct Spilling {
    SpillStore* store = nullptr;
    std::size_t stored_jobs = 0;             // that are in the store or packed, and only there
    std::vector<BlockHandle> filled_blocks;  // in this apply()
    std::string packing;                     // of the block that is being packed
    bool fails = false;
    bool refills = false;         // the broker has just settled
    bool do_earlier_wait = true;  // what an earlier run spilled, until it has
};

}  // namespace steward::core
