// tests/sim: what worlds saw: for the summary, and to notice a simulator that has gone to sleep.
#pragma once

#include <cstdint>
#include <string>

#include "common/model/report.hpp"

namespace steward::sim {

/// What disks went through.
struct DiskTally {
    std::uint64_t checkpoints = 0;
    std::uint64_t deaths_in_calls = 0;
    std::uint64_t power_losses = 0;
    std::uint64_t failed_syncs = 0;
    std::uint64_t full = 0;  // times that somebody was refused for it
    std::uint64_t flips_found = 0;

    void add(const DiskTally& other);
};

struct Tally {
    std::uint64_t steps = 0;
    std::uint64_t calls = 0;
    std::uint64_t calls_ended = 0;
    std::uint64_t jobs_ended = 0;
    std::uint64_t given_out = 0;
    std::uint64_t broker_kills = 0;
    std::uint64_t garbage = 0;
    std::uint64_t batches = 0;  // complete
    std::uint64_t batches_followed = 0;
    std::uint64_t scheduled_runs = 0;
    std::uint64_t missed_runs = 0;  // made up for
    std::uint64_t running_cancelled = 0;
    std::uint64_t replaced = 0;
    std::uint64_t results = 0;
    std::uint64_t parts_followed = 0;
    std::uint64_t parts_heard_late = 0;
    std::uint64_t parts_heard_last = 0;
    std::uint64_t begun = 0;  // attempts that began to run
    DiskTally disk;
    model::Counters core;  // of the first broker's last run

    void add(const Tally& other);
    [[nodiscard]] std::string text() const;
    /// Something that ought to happen now and then and did not; empty when there is nothing.
    [[nodiscard]] std::string unseen() const;
};

}  // namespace steward::sim
