#include "broker/core/queue.hpp"

#include <algorithm>
#include <utility>

namespace steward::core {

std::size_t LaneTable::hash_of(QueueHandle queue,
                               std::int32_t priority,
                               OwnerId owner,
                               GroupHandle group) {
    std::uint64_t x = (std::uint64_t{queue.slot} << 32U) | group.slot;
    x ^= std::uint64_t{static_cast<std::uint32_t>(priority)} << 16U;
    x ^= std::uint64_t{owner} << 48U;
    x *= 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(x ^ (x >> 29U));
}

// The lane of the owner and group in this level, made if need be.
LaneHandle LaneTable::find_lane(Level& level, QueueHandle queue, OwnerId owner, GroupHandle group) {
    if (owner != kNobody || group.names_something()) {
        return find_special(level, queue, owner, group);
    }
    if (!level.plain.names_something()) {
        level.plain = add_lane(level, queue, owner, group);
    }
    return level.plain;
}

LaneHandle LaneTable::find_special(Level& level,
                                   QueueHandle queue,
                                   OwnerId owner,
                                   GroupHandle group) {
    const std::size_t hash = hash_of(queue, level.priority, owner, group);
    const LaneHandle known = special_.find(hash, [&](LaneHandle handle) {
        const Lane& lane = map.at(handle);
        return lane.level == &level && lane.owner == owner && lane.group == group;
    });
    if (known.names_something()) {
        return known;
    }
    const LaneHandle handle = add_lane(level, queue, owner, group);
    level.special.push_back(map, handle);
    special_.insert(hash, handle);
    return handle;
}

// The one that was used last is in the caches: with thousands of queues that fill and empty in turn
// none of them has lanes of its own to be fetched.
LaneHandle LaneTable::add_lane(Level& level, QueueHandle queue, OwnerId owner, GroupHandle group) {
    if (!spare_.names_something()) {
        spare_ = map.emplace();
        add_block(spare_, {});
    }
    const LaneHandle handle = spare_;
    Lane& lane = map.at(handle);
    spare_ = std::exchange(lane.of_level.next, {});
    lane.queue = queue;
    lane.level = &level;
    lane.owner = owner;
    lane.group = group;
    return handle;
}

// `before` names nothing: at the back.
BlockHandle LaneTable::add_block(LaneHandle handle, BlockHandle before) {
    Lane& lane = map.at(handle);
    const BlockHandle added = blocks.emplace();
    blocks.at(added).lane = handle;
    before.names_something() ? lane.blocks.insert_before(blocks, added, before)
                             : lane.blocks.push_back(blocks, added);
    return added;
}

// The lane's first block if it is in memory, else one before it.
BlockHandle LaneTable::front_block(LaneHandle handle) {
    const BlockHandle first = map.at(handle).blocks.front();
    return blocks.at(first).spill == nullptr ? first : add_block(handle, first);
}

// The block that a job goes into, made if need be.
BlockHandle LaneTable::block_for(LaneHandle handle, const Job& job, LaneEnd end) {
    const Lane& lane = map.at(handle);
    if (end == LaneEnd::Front) {
        return front_block(handle);
    }
    const bool at_back = end == LaneEnd::Back || !lane.earlier.names_something() ||
                         (end == LaneEnd::ById && job.id > lane.earlier_last);
    const BlockHandle next = at_back ? BlockHandle{} : lane.earlier;
    const BlockHandle last = at_back ? lane.blocks.back() : blocks.at(next).of_lane.previous;
    const Block* block = blocks.find(last);
    return block != nullptr && block->spill == nullptr && !is_full(*block)
               ? last
               : add_block(handle, next);
}

// The lane has a first job in memory: its turn comes, unless it is in a list already.
void LaneTable::take_turn(Queue& queue, LaneHandle handle, bool at_front) {
    Lane& lane = map.at(handle);
    if (lane.turn.linked || !first_job(handle).names_something()) {
        return;
    }
    lane.turns_left = 0;
    LaneList& turns = lane.level->turns;
    at_front ? turns.push_front(map, handle) : turns.push_back(map, handle);
    queue.levels.open(*lane.level);
}

LaneTable::Place LaneTable::place_for(Queue& queue, const Job& job) {
    Level& level = queue.levels.of(job.priority);
    return {&queue, find_lane(level, job.queue, job.owner, job.group())};
}

bool LaneTable::push(const Place& place, JobMap& jobs, JobHandle handle, LaneEnd end) {
    Job& job = jobs.at(handle);
    Lane& lane = map.at(place.lane);
    const bool at_front = end == LaneEnd::Front;
    Block& last = blocks.at(lane.blocks.back());
    const bool goes_there = end == LaneEnd::Back && last.spill == nullptr && !is_full(last);
    job.block = goes_there ? lane.blocks.back() : block_for(place.lane, job, end);
    Block& block = goes_there ? last : blocks.at(job.block);
    const bool was_full = is_full(block);
    at_front ? block.jobs.push_front(jobs, handle) : block.jobs.push_back(jobs, handle);
    ++block.size;
    block.bytes += job.params.bytes.size();
    ++lane.size;
    ++lane.level->jobs;
    with_jobs += place.queue->size++ == 0 ? 1U : 0U;
    if (!lane.turn.linked) {
        take_turn(*place.queue, place.lane, at_front);
    }
    return !was_full && is_full(block);
}

void LaneTable::remove(QueueMap& queues, JobMap& jobs, JobHandle handle, LaneList* parked) {
    Job& job = jobs.at(handle);
    Queue& queue = queues.at(job.queue);
    const BlockHandle block_handle = std::exchange(job.block, {});
    Block& block = blocks.at(block_handle);
    const LaneHandle lane_handle = block.lane;
    Lane& lane = map.at(lane_handle);
    block.jobs.remove(jobs, handle);
    take_off(queue, lane, block, 1);
    if (block.spill != nullptr) {
        block.spill->set(block.spill->entries.find(job.id), Spill::Place::Gone);
    } else if (block.size > 0) {
        return;  // the lane goes on as before
    }
    go_on_without(queue, lane_handle, block_handle, parked);
}

// Jobs have left a block: it may be empty, and its lane without a first job in memory.
void LaneTable::go_on_without(Queue& queue,
                              LaneHandle lane_handle,
                              BlockHandle block,
                              LaneList* parked) {
    drop_if_empty(block);
    Lane& lane = map.at(lane_handle);
    if (lane.size > 0 && first_job(lane_handle).names_something()) {
        return;
    }
    Level& level = *lane.level;
    if (lane.turn.linked) {
        lose_turn(lane_handle, parked);
    }
    if (lane.size == 0) {
        drop_lane(lane_handle, lane);
    }
    settle_level(queue, level);
}

void LaneTable::lose_turn(LaneHandle handle, LaneList* parked) {
    Lane& lane = map.at(handle);
    if (lane.parked) {
        parked->remove(map, handle);
        lane.parked = false;
    } else {
        lane.level->turns.remove(map, handle);
    }
}

void LaneTable::spend_turn(LaneHandle handle, std::uint32_t weight) {
    Lane& lane = map.at(handle);
    LaneList& turns = lane.level->turns;
    if (turns.size() == 1) {
        return;
    }
    if (lane.turns_left == 0) {
        lane.turns_left = weight;
    }
    if (--lane.turns_left == 0) {
        turns.remove(map, handle);
        turns.push_back(map, handle);
    }
}

void LaneTable::park(Queue& queue, LaneHandle handle, LaneList& parked) {
    Lane& lane = map.at(handle);
    lane.level->turns.remove(map, handle);
    parked.push_back(map, handle);
    lane.parked = true;
    lane.turns_left = 0;
    settle_level(queue, *lane.level);
}

void LaneTable::unpark(Queue& queue, LaneHandle handle, LaneList& parked) {
    Lane& lane = map.at(handle);
    parked.remove(map, handle);
    lane.parked = false;
    lane.level->turns.push_back(map, handle);
    queue.levels.open(*lane.level);
}

// A lane has left its level's turns.
void LaneTable::settle_level(Queue& queue, Level& level) {
    if (!queue.levels.settle(level)) {
        queue.levels.erase(level);
    }
}

// Pre: it has no jobs, and one block, which is in memory.
void LaneTable::drop_lane(LaneHandle handle, Lane& lane) {
    Level& level = *lane.level;
    if (lane.is_special()) {
        level.special.remove(map, handle);
        special_.erase(hash_of(lane.queue, level.priority, lane.owner, lane.group), handle);
    } else {
        level.plain = {};
    }
    lane.turns_left = 0;
    lane.earlier_last = {};
    lane.of_level.next = std::exchange(spare_, handle);
}

void LaneTable::drop_if_empty(BlockHandle handle) {
    Block& block = blocks.at(handle);
    if (block.size > 0) {
        return;
    }
    block.bytes = 0;
    if (map.at(block.lane).blocks.size() > 1) {
        drop_block(handle);
    } else if (block.spill != nullptr) {
        unspill(handle);
    }
}

void LaneTable::drop_block(BlockHandle handle) {
    STEWARD_ASSERT(blocks.at(handle).size == 0);
    if (blocks.at(handle).spill != nullptr) {
        unspill(handle);
    }
    Lane& lane = map.at(blocks.at(handle).lane);
    lane.blocks.remove(blocks, handle);
    blocks.erase(handle);
}

std::optional<std::uint64_t> LaneTable::count_before(const JobMap& jobs,
                                                     const Job& job,
                                                     std::size_t most) const {
    const Block& own = blocks.at(job.block);
    std::uint64_t count = 0;
    for (BlockHandle at = own.of_lane.previous; at.names_something();) {
        count += blocks.at(at).size;
        at = blocks.at(at).of_lane.previous;
    }
    if (own.spill != nullptr) {
        const auto own_place = own.spill->places.begin() +
                               static_cast<std::ptrdiff_t>(own.spill->entries.find(job.id));
        return count + static_cast<std::uint64_t>(std::count_if(
                           own.spill->places.begin(), own_place, [](Spill::Place place) {
                               return place != Spill::Place::Gone;
                           }));
    }
    std::size_t in_block = 0;
    for (JobHandle at = job.place.previous; at.names_something(); at = jobs.at(at).place.previous) {
        if (++in_block > most) {
            return std::nullopt;
        }
    }
    return count + in_block;
}

// ---- spilled blocks ----

void LaneTable::spill(BlockHandle handle, std::unique_ptr<Spill> spill) {
    Block& block = blocks.at(handle);
    block.spill = std::move(spill);
    ++map.at(block.lane).spilled;
    spills.add(handle, *block.spill);
}

void LaneTable::unspill(BlockHandle handle) {
    Block& block = blocks.at(handle);
    STEWARD_ASSERT(block.spill->stored == 0);
    spills.remove(handle, *block.spill);
    if (block.spill->packed == nullptr) {
        dropped.push_back(block.spill->number);
    }
    block.spill.reset();
    Lane& lane = map.at(block.lane);
    --lane.spilled;
    if (lane.earlier == handle) {
        const Block* next = blocks.find(block.of_lane.next);
        const bool is_too =
            next != nullptr && next->spill != nullptr && next->spill->is_of_earlier_run;
        lane.earlier = is_too ? block.of_lane.next : BlockHandle{};
    }
}

BlockHandle LaneTable::add_spilled(Queue& queue,
                                   QueueHandle of,
                                   std::int32_t priority,
                                   OwnerId owner,
                                   GroupHandle group,
                                   std::unique_ptr<Spill> spilled) {
    Level& level = queue.levels.of(priority);
    const LaneHandle lane = find_lane(level, of, owner, group);
    Lane& its = map.at(lane);
    const BlockHandle empty = its.size == 0 ? its.blocks.front() : BlockHandle{};
    const BlockHandle handle = add_block(lane, {});
    if (empty.names_something()) {
        drop_block(empty);
    }
    Block& block = blocks.at(handle);
    block.size = spilled->stored;
    its.size += block.size;
    its.earlier = its.earlier.names_something() ? its.earlier : handle;
    its.earlier_last = std::max(its.earlier_last, spilled->entries.bounds().second);
    level.jobs += block.size;
    with_jobs += queue.size == 0 && block.size > 0 ? 1U : 0U;
    queue.size += block.size;
    spill(handle, std::move(spilled));
    settle_level(queue, level);
    return handle;
}

BlockHandle LaneTable::block_before_spilled(LaneHandle handle) {
    return front_block(handle);
}

void LaneTable::move_up(
    QueueMap& queues, JobMap& jobs, JobHandle handle, BlockHandle from, BlockHandle to) {
    Job& job = jobs.at(handle);
    job.block = to;
    blocks.at(to).jobs.push_back(jobs, handle);
    ++blocks.at(to).size;
    --blocks.at(from).size;
    take_turn(queues.at(job.queue), blocks.at(to).lane, false);
}

}  // namespace steward::core
