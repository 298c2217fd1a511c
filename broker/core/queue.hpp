// broker/core: what waits for a worker: one queue for each service and channel, in it levels by
// priority, in a level lanes by group that take turns. Knows no policy.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "broker/core/job.hpp"

namespace steward::core {

/// Jobs of one queue, priority and group, first in, first out.
struct Lane {
    QueueHandle queue;
    GroupHandle group;  // names nothing: jobs without one
    std::int32_t priority = 0;
    std::uint32_t turns_left = 0;  // how many more jobs before the next lane's turn
    bool parked = false;           // `turn` is in its group's list, not in its level's
    JobList jobs;
    base::Links<Lane> turn;
    base::Links<Lane> of_level;
};

using LaneMap = base::SlotMap<Lane>;
using LaneList = base::LinkedList<Lane, &Lane::turn>;
using LevelLanes = base::LinkedList<Lane, &Lane::of_level>;

/// The lanes of one priority.
struct Level {
    LaneList turns;        // those whose jobs may start, as far as is known
    LevelLanes lanes;      // all there are, in no order
    LaneHandle no_group;   // kept while the level is
    std::size_t jobs = 0;  // of all lanes, parked ones too
};

/// Deficit round-robin with every job of cost 1: in its turn a lane gives as many jobs as its group
/// has weight, then the next lane of the level has its turn.
///
/// Cost: O(log priorities) for all calls but place_of().
struct Queue {
    using Levels = std::map<std::int32_t, Level, std::greater<>>;

    ServiceHandle service;
    model::Label channel;           // empty: the default one
    std::vector<CrewHandle> crews;  // those that serve it
    std::size_t workers = 0;
    std::size_t size = 0;        // all jobs in it
    LimitHandle parked_at;       // the named limit that it found closed
    base::Links<Queue> parking;  // in that limit's list

    Levels open;    // levels with lanes that may start, and a few empty ones
    Levels closed;  // levels in which every lane is parked
};

using QueueMap = base::SlotMap<Queue>;
using QueueList = base::LinkedList<Queue, &Queue::parking>;

/// The lanes of all queues. `parked` of a call: where the lane is linked if it is parked, which is
/// its group's list; null for jobs without a group.
class LaneTable {
public:
    /// Adds to the queue. Pre: the job is in no list.
    void push(QueueMap& queues, JobMap& jobs, JobHandle handle, bool at_front);
    void remove(QueueMap& queues, JobMap& jobs, JobHandle handle, LaneList* parked);

    /// The lane whose turn it is, or one that names nothing.
    [[nodiscard]] static LaneHandle front(const Queue& queue) {
        for (const auto& [priority, level] : queue.open) {
            if (!level.turns.empty()) {
                return level.turns.front();
            }
        }
        return {};
    }

    /// The lane whose turn it is gives a job: after as many as `weight` the next has its turn.
    void spend_turn(Queue& queue, LaneHandle handle, std::uint32_t weight);

    /// Calls `visit(handle)` for the queue's jobs, highest priority first, lane by lane, until it
    /// returns false.
    template <class Visit>
    bool walk(const Queue& queue, const JobMap& jobs, Visit&& visit) const {
        auto open = queue.open.begin();
        auto closed = queue.closed.begin();
        while (open != queue.open.end() || closed != queue.closed.end()) {
            const bool is_open = closed == queue.closed.end() ||
                                 (open != queue.open.end() && open->first > closed->first);
            const Level& level = is_open ? (open++)->second : (closed++)->second;
            for (LaneHandle lane = level.lanes.front(); lane.names_something();) {
                for (JobHandle at = map.at(lane).jobs.front(); at.names_something();) {
                    if (!visit(at)) {
                        return false;
                    }
                    at = jobs.at(at).place.next;
                }
                lane = map.at(lane).of_level.next;
            }
        }
        return true;
    }

    /// The lane's group may not start anything now.
    void park(Queue& queue, LaneHandle handle, LaneList& parked);
    void unpark(Queue& queue, LaneHandle handle, LaneList& parked);

    /// Pre: the queue is empty.
    void drop_levels(Queue& queue);

    LaneMap map;

private:
    static constexpr std::size_t kLevelsKept = 4;

    [[nodiscard]] static std::size_t hash_of(QueueHandle queue,
                                             std::int32_t priority,
                                             GroupHandle group);
    LaneHandle lane_of(Level& level, const Job& job);
    void settle_level(Queue& queue, Queue::Levels::iterator level);
    void drop_lane(Level& level, LaneHandle handle);

    base::FlatIndex<LaneHandle> grouped_;  // lanes of groups
};

}  // namespace steward::core
