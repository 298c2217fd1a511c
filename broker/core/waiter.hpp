// broker/core: requests that wait for the end of a job, beside the client of a sync job itself.
#pragma once

#include "broker/core/handles.hpp"
#include "broker/core/input.hpp"

namespace steward::core {

/// Comes from Await, from a submission with `wait`, or from one that was attached to an earlier job
/// by its unique key.
struct Waiter {
    Address to;
    JobHandle job;
    model::SubmissionId submission;  // session 0: of an Await
    model::Encoding wanted = model::Encoding::Absent;
    bool is_call = false;  // a sync submission: waits without end, and hears parts and progress
    bool follows = false;  // of an Await: hears them too
    bool is_duplicate = false;
    std::uint32_t timer = UINT32_MAX;  // when JobTaken is the answer
    base::Links<Waiter> next;
};

using WaiterMap = base::SlotMap<Waiter>;
using WaiterList = base::LinkedList<Waiter, &Waiter::next>;

}  // namespace steward::core
