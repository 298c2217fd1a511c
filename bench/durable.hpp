// bench: what durability costs: each figure of durable jobs beside the volatile one, and beside
// what the disk itself can do. One function is one part of a round.
#pragma once

#include <cstddef>

#include "bench/series.hpp"

namespace steward::bench {

struct DurableWorkload {
    std::size_t payload_bytes = 100;
    std::size_t submits = 100'000;   // in flight, for each number of clients
    std::size_t in_flight = 16'384;  // of all clients together
    std::size_t submits_one_by_one = 1'000;
    std::size_t groups = 200;            // of the bare loop, for each size
    std::size_t standing_jobs = 50'000;  // in each checkpoint
    double checkpoint_seconds = 6;
};

/// The disk alone: records appended to one file, a sync behind each group.
void measure_bare_disk(const DurableWorkload& workload, Series& series);
/// Acknowledged submits of jobs that nobody runs, by 1, 8 and 64 clients, and one at a time.
void measure_submits(const DurableWorkload& workload, Series& series);
/// First submit to last finish, with two workers.
void measure_done(const DurableWorkload& workload, Series& series);
/// Submits one at a time while other jobs come and go, with and without checkpoints.
void measure_beside_checkpoints(const DurableWorkload& workload, Series& series);

}  // namespace steward::bench
