// broker/core: the handles by which the tables refer to each other. Never pointers: a handle to
// what is gone finds nothing.
#pragma once

#include "common/base/linked_list.hpp"
#include "common/base/slot_map.hpp"
#include "common/base/strong_id.hpp"

namespace steward::core {

struct Job;
struct Lane;
struct Block;
struct Queue;
struct Service;
struct Group;
struct Limit;
struct Batch;
struct Waiter;
struct Worker;
struct Crew;
using JobHandle = base::Handle<Job>;
using LaneHandle = base::Handle<Lane>;
using BlockHandle = base::Handle<Block>;
using QueueHandle = base::Handle<Queue>;
using ServiceHandle = base::Handle<Service>;
using GroupHandle = base::Handle<Group>;
using LimitHandle = base::Handle<Limit>;
using BatchHandle = base::Handle<Batch>;
using WaiterHandle = base::Handle<Waiter>;
using WorkerHandle = base::Handle<Worker>;
using CrewHandle = base::Handle<Crew>;

}  // namespace steward::core
