// broker/core: what waits for a worker: one queue for each service and channel, in it levels by
// priority, in a level lanes by owner and group that take turns, in a lane blocks of jobs. Knows no
// policy.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "broker/core/levels.hpp"
#include "broker/core/serving_crews.hpp"
#include "common/base/flat_index.hpp"

namespace steward::core {

/// Deficit round-robin with every job of cost 1: in its turn a lane gives as many jobs as its group
/// has weight, then the next lane of the level has its turn.
///
/// Cost: O(log priorities) for all calls but place_of().
struct Queue {
    // What every job touches stands at the front: with thousands of queues each line is fetched.
    ServiceHandle service;
    model::Label channel;   // empty: the default one
    std::size_t size = 0;   // all jobs in it
    LimitHandle parked_at;  // the named limit that it found closed
    ServingCrews crews;     // those that serve it
    Levels levels;
    std::size_t workers = 0;
    base::Links<Queue> parking;  // in the list of the limit that it is parked at

    /// Nothing waits in it, and no limit keeps what would come.
    [[nodiscard]] bool is_idle() const { return size == 0 && !parked_at.names_something(); }
};

using QueueMap = base::SlotMap<Queue, Queue, base::kCacheLine>;
using QueueList = base::LinkedList<Queue, &Queue::parking>;

/// Where in its lane a job comes.
enum class LaneEnd : std::uint8_t {
    Back,
    Front,
    BeforeEarlier,  // before what an earlier run spilled
    ById,           // there if it is older than any of that, else the back
};

/// The lanes of all queues. `parked` of a call: where the lane is linked if it is parked, which is
/// its group's list; null for jobs without a group.
class LaneTable {
public:
    /// A block takes no more at its back.
    [[nodiscard]] bool is_full(const Block& block) const {
        return block.size >= block_jobs || block.bytes >= kBlockBytes;
    }

    /// Where jobs of one queue, priority, owner and group come: good until a job leaves a lane.
    struct Place {
        Queue* queue = nullptr;
        LaneHandle lane;
    };

    /// Made if need be. Pre: `queue` is the job's.
    Place place_for(Queue& queue, const Job& job);
    /// Adds to the queue. Gives true when this has filled the job's block.
    /// Pre: the job is in no list, and `place` is one for it.
    bool push(const Place& place, JobMap& jobs, JobHandle handle, LaneEnd end);
    void remove(QueueMap& queues, JobMap& jobs, JobHandle handle, LaneList* parked);

    /// The first jobs of a lane of this queue leave it, each given to `visit(handle, job)`, until
    /// that returns false or `stay` are left in the first block. Says how many. The lane may be
    /// gone afterwards. Pre: the block is in memory, the lane is not parked.
    template <class Visit>
    std::size_t pop(
        Queue& queue, JobMap& jobs, LaneHandle handle, std::size_t stay, Visit&& visit) {
        Lane& lane = map.at(handle);
        const BlockHandle block_handle = lane.blocks.front();
        Block& block = blocks.at(block_handle);
        const std::size_t most = block.size - std::min(block.size, stay);
        std::size_t popped = 0;
        for (bool goes_on = true; goes_on && popped < most; ++popped) {
            const JobHandle first = block.jobs.front();
            Job& job = block.jobs.pop_front(jobs);
            job.block = {};
            goes_on = visit(first, job);
        }
        take_off(queue, lane, block, popped);
        if (block.size == 0) {
            go_on_without(queue, handle, block_handle, nullptr);
        }
        return popped;
    }

    /// The lane whose turn it is, or one that names nothing.
    [[nodiscard]] static LaneHandle front(const Queue& queue) {
        const Level* level = queue.levels.front();
        return level != nullptr ? level->turns.front() : LaneHandle{};
    }

    /// The lane's first job, if it is in memory.
    [[nodiscard]] JobHandle first_job(LaneHandle handle) const {
        const Block& first = blocks.at(map.at(handle).blocks.front());
        return first.spill == nullptr ? first.jobs.front() : JobHandle{};
    }

    [[nodiscard]] const Lane& lane_of(const Job& job) const {
        return map.at(blocks.at(job.block).lane);
    }

    /// The lane whose turn it is gives a job: after as many as `weight` the next has its turn.
    void spend_turn(LaneHandle handle, std::uint32_t weight);

    /// Calls `visit(handle)` for the queue's blocks, highest priority first, lane by lane, until it
    /// returns false.
    template <class Visit>
    bool walk(const Queue& queue, Visit&& visit) const {
        return queue.levels.each([&](const Level& level) {
            return each_lane(level, [&](LaneHandle, const Lane& lane) {
                for (BlockHandle at = lane.blocks.front(); at.names_something();) {
                    if (!visit(at)) {
                        return false;
                    }
                    at = blocks.at(at).of_lane.next;
                }
                return true;
            });
        });
    }

    /// Calls `visit(handle, lane)` for the lanes of a level until it returns false.
    template <class Visit>
    bool each_lane(const Level& level, Visit&& visit) const {
        if (level.plain.names_something() && !visit(level.plain, map.at(level.plain))) {
            return false;
        }
        for (LaneHandle at = level.special.front(); at.names_something();) {
            const Lane& lane = map.at(at);
            if (!visit(at, lane)) {
                return false;
            }
            at = lane.of_level.next;
        }
        return true;
    }

    /// How many jobs of its lane come before this one; nothing when that are more than `most`.
    [[nodiscard]] std::optional<std::uint64_t> count_before(const JobMap& jobs,
                                                            const Job& job,
                                                            std::size_t most) const;

    /// The lane's group may not start anything now.
    void park(Queue& queue, LaneHandle handle, LaneList& parked);
    void unpark(Queue& queue, LaneHandle handle, LaneList& parked);

    // ---- spilled blocks; whoever moves jobs counts them in the spill ----
    /// The jobs of a block are in the store, but for those that it still has.
    void spill(BlockHandle handle, std::unique_ptr<Spill> spill);
    /// A spilled block of an earlier run, behind all that its lane has.
    BlockHandle add_spilled(Queue& queue,
                            QueueHandle of,
                            std::int32_t priority,
                            OwnerId owner,
                            GroupHandle group,
                            std::unique_ptr<Spill> spill);
    /// A block in memory before all spilled ones.
    BlockHandle block_before_spilled(LaneHandle handle);
    /// A job of a spilled block, which has no place in memory any more, goes to the back of another
    /// block of its lane. Pre: the job is in no list.
    void move_up(
        QueueMap& queues, JobMap& jobs, JobHandle handle, BlockHandle from, BlockHandle to);
    /// The block is no more if it has no jobs, unless it is its lane's only one.
    void drop_if_empty(BlockHandle handle);

    LaneMap map;
    BlockMap blocks;
    SpillIndex spills;
    std::size_t with_jobs = 0;  // queues that have some
    std::size_t block_jobs = 1024;
    std::vector<SpillNumber> dropped;  // from the store, that no block needs; the owner clears it

private:
    static constexpr std::size_t kBlockBytes = 1UL << 20U;  // of params

    [[nodiscard]] static std::size_t hash_of(QueueHandle queue,
                                             std::int32_t priority,
                                             OwnerId owner,
                                             GroupHandle group);
    LaneHandle find_lane(Level& level, QueueHandle queue, OwnerId owner, GroupHandle group);
    LaneHandle find_special(Level& level, QueueHandle queue, OwnerId owner, GroupHandle group);
    LaneHandle add_lane(Level& level, QueueHandle queue, OwnerId owner, GroupHandle group);
    BlockHandle front_block(LaneHandle handle);
    BlockHandle block_for(LaneHandle handle, const Job& job, LaneEnd end);
    BlockHandle add_block(LaneHandle handle, BlockHandle before);

    void take_off(Queue& queue, Lane& lane, Block& block, std::size_t jobs) {
        block.size -= jobs;
        lane.size -= jobs;
        lane.level->jobs -= jobs;
        queue.size -= jobs;
        with_jobs -= queue.size == 0 && jobs > 0 ? 1U : 0U;
    }

    void go_on_without(Queue& queue, LaneHandle handle, BlockHandle block, LaneList* parked);
    void take_turn(Queue& queue, LaneHandle handle, bool at_front);
    void lose_turn(LaneHandle handle, LaneList* parked);
    void settle_level(Queue& queue, Level& level);
    void drop_lane(LaneHandle handle, Lane& lane);
    void drop_block(BlockHandle handle);
    void unspill(BlockHandle handle);

    base::FlatIndex<LaneHandle> special_;
    // Were some queue's; each has one block, without jobs. Linked through `of_level.next`.
    LaneHandle spare_;
};

}  // namespace steward::core
