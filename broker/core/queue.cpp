#include "broker/core/queue.hpp"

namespace steward::core {

std::size_t LaneTable::hash_of(QueueHandle queue, std::int32_t priority, GroupHandle group) {
    std::uint64_t x = (std::uint64_t{queue.slot} << 32U) | group.slot;
    x ^= std::uint64_t{static_cast<std::uint32_t>(priority)} << 16U;
    x *= 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(x ^ (x >> 29U));
}

// The lane of the job's group in this level, made if need be.
LaneHandle LaneTable::lane_of(Level& level, const Job& job) {
    const GroupHandle group = job.group();
    if (!group.names_something()) {
        if (!level.no_group.names_something()) {
            level.no_group = map.emplace();
            map.at(level.no_group).queue = job.queue;
            map.at(level.no_group).priority = job.priority;
            level.lanes.push_back(map, level.no_group);
        }
        return level.no_group;
    }
    const std::size_t hash = hash_of(job.queue, job.priority, group);
    const LaneHandle known = grouped_.find(hash, [&](LaneHandle handle) {
        const Lane& lane = map.at(handle);
        return lane.queue == job.queue && lane.priority == job.priority && lane.group == group;
    });
    if (known.names_something()) {
        return known;
    }
    const LaneHandle handle = map.emplace();
    Lane& lane = map.at(handle);
    lane.queue = job.queue;
    lane.group = group;
    lane.priority = job.priority;
    grouped_.insert(hash, handle);
    level.lanes.push_back(map, handle);
    return handle;
}

void LaneTable::push(QueueMap& queues, JobMap& jobs, JobHandle handle, bool at_front) {
    Job& job = jobs.at(handle);
    Queue& queue = queues.at(job.queue);
    const auto closed = queue.closed.empty() ? queue.closed.end() : queue.closed.find(job.priority);
    const bool was_closed = closed != queue.closed.end();
    Level& level = was_closed ? closed->second : queue.open[job.priority];
    job.lane = lane_of(level, job);
    Lane& lane = map.at(job.lane);
    if (lane.jobs.empty()) {
        lane.turns_left = 0;
        at_front ? level.turns.push_front(map, job.lane) : level.turns.push_back(map, job.lane);
    }
    at_front ? lane.jobs.push_front(jobs, handle) : lane.jobs.push_back(jobs, handle);
    ++level.jobs;
    ++queue.size;
    if (was_closed && !level.turns.empty()) {
        queue.open.insert(queue.closed.extract(closed));
    }
}

void LaneTable::remove(QueueMap& queues, JobMap& jobs, JobHandle handle, LaneList* parked) {
    Job& job = jobs.at(handle);
    Queue& queue = queues.at(job.queue);
    const LaneHandle lane_handle = std::exchange(job.lane, {});
    Lane& lane = map.at(lane_handle);
    auto level = queue.open.find(lane.priority);
    if (level == queue.open.end()) {
        level = queue.closed.find(lane.priority);
    }
    lane.jobs.remove(jobs, handle);
    --level->second.jobs;
    --queue.size;
    if (lane.jobs.empty()) {
        if (lane.parked) {
            parked->remove(map, lane_handle);
            lane.parked = false;
        } else {
            level->second.turns.remove(map, lane_handle);
        }
        if (lane.group.names_something()) {
            drop_lane(level->second, lane_handle);
        }
        settle_level(queue, level);
    }
}

void LaneTable::spend_turn(Queue& queue, LaneHandle handle, std::uint32_t weight) {
    Lane& lane = map.at(handle);
    if (lane.turns_left == 0) {
        lane.turns_left = weight;
    }
    if (--lane.turns_left == 0) {
        LaneList& turns = queue.open.at(lane.priority).turns;
        if (turns.size() > 1) {
            turns.remove(map, handle);
            turns.push_back(map, handle);
        }
    }
}

void LaneTable::park(Queue& queue, LaneHandle handle, LaneList& parked) {
    Lane& lane = map.at(handle);
    const auto level = queue.open.find(lane.priority);
    level->second.turns.remove(map, handle);
    parked.push_back(map, handle);
    lane.parked = true;
    lane.turns_left = 0;
    settle_level(queue, level);
}

void LaneTable::unpark(Queue& queue, LaneHandle handle, LaneList& parked) {
    Lane& lane = map.at(handle);
    parked.remove(map, handle);
    lane.parked = false;
    const auto closed = queue.closed.find(lane.priority);
    if (closed != queue.closed.end()) {
        closed->second.turns.push_back(map, handle);
        queue.open.insert(queue.closed.extract(closed));
    } else {
        queue.open.at(lane.priority).turns.push_back(map, handle);
    }
}

// Puts a level where it belongs after a lane has left its turns.
void LaneTable::settle_level(Queue& queue, Queue::Levels::iterator level) {
    if (!level->second.turns.empty()) {
        return;
    }
    const std::int32_t priority = level->first;
    const auto open = queue.open.find(priority);
    if (level->second.jobs > 0) {
        if (open != queue.open.end()) {
            queue.closed.insert(queue.open.extract(open));
        }
        return;
    }
    // A few empty levels stay, so that a queue that empties and fills does not allocate.
    if (open != queue.open.end() && queue.open.size() <= kLevelsKept) {
        return;
    }
    if (level->second.no_group.names_something()) {
        map.erase(level->second.no_group);
    }
    (open != queue.open.end() ? queue.open : queue.closed).erase(priority);
}

void LaneTable::drop_levels(Queue& queue) {
    for (const auto& [priority, level] : queue.open) {
        if (level.no_group.names_something()) {
            map.erase(level.no_group);
        }
    }
    queue.open.clear();
}

void LaneTable::drop_lane(Level& level, LaneHandle handle) {
    const Lane& lane = map.at(handle);
    level.lanes.remove(map, handle);
    grouped_.erase(hash_of(lane.queue, lane.priority, lane.group), handle);
    map.erase(handle);
}

}  // namespace steward::core
