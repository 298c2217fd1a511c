// tests/sim: sums.
#include "tests/sim/tally.hpp"

#include <utility>
#include <vector>

namespace steward::sim {
namespace {

std::vector<std::pair<const char*, std::uint64_t>> rows(const Tally& tally) {
    return {{"steps", tally.steps},
            {"calls", tally.calls},
            {"calls ended", tally.calls_ended},
            {"jobs ended", tally.jobs_ended},
            {"jobs given out", tally.given_out},
            {"broker kills", tally.broker_kills},
            {"garbage messages", tally.garbage},
            {"complete batches", tally.batches},
            {"followed batches", tally.batches_followed},
            {"scheduled runs", tally.scheduled_runs},
            {"missed runs", tally.missed_runs},
            {"running jobs cancelled", tally.running_cancelled},
            {"replaced params", tally.replaced},
            {"results", tally.results},
            {"parts followed", tally.parts_followed},
            {"parts heard late", tally.parts_heard_late},
            {"parts heard after the end", tally.parts_heard_last},
            {"attempts that began", tally.begun},
            {"checkpoints", tally.disk.checkpoints},
            {"deaths in calls to the disk", tally.disk.deaths_in_calls},
            {"power losses", tally.disk.power_losses},
            {"failed syncs", tally.disk.failed_syncs},
            {"refusals of a full disk", tally.disk.full},
            {"flipped bits found", tally.disk.flips_found},
            {"duplicates", tally.core.deduplicated},
            {"cancelled jobs", tally.core.cancelled},
            {"snoozed jobs", tally.core.snoozed},
            {"refusals", tally.core.refused},
            {"failed jobs", tally.core.failed},
            {"dead jobs", tally.core.dead},
            {"expired jobs", tally.core.expired},
            {"lost attempts", tally.core.lost},
            {"late results", tally.core.late_results},
            {"resends", tally.core.resends},
            {"readopted jobs", tally.core.readopted},
            {"recalled jobs", tally.core.recalled},
            {"purged workers", tally.core.workers_purged},
            {"strangers", tally.core.strangers}};
}

}  // namespace

void DiskTally::add(const DiskTally& other) {
    checkpoints += other.checkpoints;
    deaths_in_calls += other.deaths_in_calls;
    power_losses += other.power_losses;
    failed_syncs += other.failed_syncs;
    full += other.full;
    flips_found += other.flips_found;
}

void Tally::add(const Tally& other) {
    steps += other.steps;
    calls += other.calls;
    calls_ended += other.calls_ended;
    jobs_ended += other.jobs_ended;
    given_out += other.given_out;
    broker_kills += other.broker_kills;
    garbage += other.garbage;
    batches += other.batches;
    batches_followed += other.batches_followed;
    scheduled_runs += other.scheduled_runs;
    missed_runs += other.missed_runs;
    running_cancelled += other.running_cancelled;
    replaced += other.replaced;
    results += other.results;
    parts_followed += other.parts_followed;
    parts_heard_late += other.parts_heard_late;
    parts_heard_last += other.parts_heard_last;
    begun += other.begun;
    disk.add(other.disk);
    core.deduplicated += other.core.deduplicated;
    core.cancelled += other.core.cancelled;
    core.snoozed += other.core.snoozed;
    core.refused += other.core.refused;
    core.failed += other.core.failed;
    core.dead += other.core.dead;
    core.expired += other.core.expired;
    core.lost += other.core.lost;
    core.late_results += other.core.late_results;
    core.resends += other.core.resends;
    core.readopted += other.core.readopted;
    core.recalled += other.core.recalled;
    core.workers_purged += other.core.workers_purged;
    core.strangers += other.core.strangers;
}

std::string Tally::text() const {
    std::string out;
    for (const auto& [name, count] : rows(*this)) {
        if (count != 0) {
            out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + name;
        }
    }
    return out;
}

std::string Tally::unseen() const {
    std::string out;
    for (const auto& [name, count] : rows(*this)) {
        if (count == 0) {
            out += (out.empty() ? "" : ", ") + std::string(name);
        }
    }
    return out;
}

}  // namespace steward::sim
