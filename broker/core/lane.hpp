// broker/core: jobs that wait in one row, and the blocks that they stand in. Knows no policy.
#pragma once

#include <cstdint>
#include <memory>

#include "broker/core/job.hpp"
#include "broker/core/spill.hpp"

namespace steward::core {

/// Neighbours in a lane. Those of a spilled block are in the store or packed, but for some.
struct Block {
    LaneHandle lane;
    JobList jobs;                  // in memory; those of a spilled block in no order
    std::size_t size = 0;          // all of them
    std::size_t bytes = 0;         // of the params of all that came since it was empty
    std::unique_ptr<Spill> spill;  // null: all are in memory
    base::Links<Block> of_lane;
};

using BlockMap = base::SlotMap<Block, Block, base::kCacheLine>;
using BlockList = base::LinkedList<Block, &Block::of_lane>;

struct Level;

/// Jobs of one queue, priority, owner and group, first in, first out. It goes with its last job. It
/// waits for its turn while its first block has jobs and is not spilled.
struct Lane {
    QueueHandle queue;
    Level* level = nullptr;  // its priority's
    OwnerId owner = kNobody;
    bool parked = false;   // `turn` is in its group's list, not in its level's
    std::size_t size = 0;  // jobs in all blocks
    BlockList blocks;      // one at least

    std::uint32_t turns_left = 0;  // how many more jobs before the next lane's turn
    base::Links<Lane> turn;
    GroupHandle group;          // names nothing: jobs without one
    std::size_t spilled = 0;    // blocks that are
    BlockHandle earlier;        // the first of those that an earlier run spilled
    model::JobId earlier_last;  // the highest id in those
    base::Links<Lane> of_level;

    /// Of an owner's or a group's jobs.
    [[nodiscard]] bool is_special() const { return owner != kNobody || group.names_something(); }
};

using LaneMap = base::SlotMap<Lane, Lane, base::kCacheLine>;
using LaneList = base::LinkedList<Lane, &Lane::turn>;

}  // namespace steward::core
