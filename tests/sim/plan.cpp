// tests/sim: draws the plan of a run.
#include "tests/sim/plan.hpp"

namespace steward::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, kFaults> kNames = {"cut",
                                                          "delay",
                                                          "slow-peer",
                                                          "worker-dies",
                                                          "worker-hangs",
                                                          "worker-freezes",
                                                          "worker-leaves",
                                                          "rogue",
                                                          "broker-killed",
                                                          "client-vanishes",
                                                          "forgetful-user",
                                                          "garbage",
                                                          "wall-jumps",
                                                          "late-journal",
                                                          "small-limits",
                                                          "fixed-ids",
                                                          "poison-jobs",
                                                          "failing-jobs",
                                                          "long-jobs",
                                                          "delayed",
                                                          "old-dialects",
                                                          "several-brokers",
                                                          "groups",
                                                          "named-limits",
                                                          "unique",
                                                          "dependencies",
                                                          "batches",
                                                          "channels",
                                                          "snoozes",
                                                          "schedules",
                                                          "operators",
                                                          "questions",
                                                          "power-lost",
                                                          "disk-fills",
                                                          "sync-fails",
                                                          "bits-rot",
                                                          "long-queues",
                                                          "keys"};

core::Policy draw_policy(Choices& choices, const Plan& plan) {
    core::Policy policy;
    policy.heartbeat_interval = 1s;
    policy.settle = 3s;
    policy.unknown_service_hold = 10s;
    policy.time_limit = 20s;
    policy.backoff_first = 50ms;
    policy.backoff_max = 1s;
    policy.max_attempts_async = 3;
    policy.max_losses = 3;
    policy.ahead = choices.chance(1, 3) ? base::Duration(0) : base::Duration(10ms);
    if (plan.has(Fault::LongQueues)) {
        policy.spill_jobs = choices.between(1, 5);
        policy.limits.resident_jobs_max = choices.between(0, 10);
    }
    if (plan.has(Fault::NamedLimits)) {
        policy.limits_named.push_back({"shared", 2, {}, {"reverse", "resize"}});
        policy.limits_named.push_back({"paced", {}, model::Rate{10ms}, {"mail"}});
    }
    policy.parts_ttl = choices.chance(1, 2) ? base::Duration(10s) : base::Duration(300ms);
    if (plan.has(Fault::SmallLimits)) {
        if (choices.chance(1, 3)) {
            policy.limits.parts_per_job_max = choices.between(0, 3);
            policy.limits.parts_jobs_max = choices.between(0, 2);
            policy.limits.parts_bytes_max = choices.between(0, 400);
        }
        policy.limits.jobs_max = choices.between(5, 40);
        policy.limits.jobs_per_service_max = choices.between(2, 20);
        policy.limits.payload_bytes_total_max = choices.between(200, 4000);
        policy.limits.in_flight_max = choices.between(4, 64);
        policy.limits.history_jobs_max = choices.between(0, 5);
        policy.limits.held_results_bytes_max = choices.between(200, 4000);
        policy.limits.credit_max = choices.between(1, 8);
        policy.limits.services_max = choices.between(3, 10);
        if (plan.has(
                Fault::Channels)) {  // each service has a queue for each: workers must find room
            policy.limits.services_max += 9;
        }
    }
    return policy;
}

}  // namespace

std::string_view name_of(Fault fault) {
    return kNames[static_cast<std::size_t>(fault)];
}

std::optional<Fault> fault_named(std::string_view name) {
    for (std::size_t i = 0; i < kFaults; ++i) {
        if (kNames[i] == name) {
            return static_cast<Fault>(i);
        }
    }
    return std::nullopt;
}

bool Plan::keeps_few_parts() const {
    const model::Limits kept;
    return policy.limits.parts_per_job_max < kept.parts_per_job_max ||
           policy.limits.parts_jobs_max < kept.parts_jobs_max ||
           policy.limits.parts_bytes_max < kept.parts_bytes_max;
}

base::Duration Plan::quiet_time_max() const {
    // The worst job is lost or fails as often as it may, each time at the end of a time limit, and
    // waits in between behind others that do the same.
    const auto rounds = policy.max_attempts_async + policy.max_losses;
    const base::Duration round = policy.time_limit + policy.backoff_max * 2 +
                                 policy.heartbeat_interval * (policy.heartbeat_tries + 2) +
                                 policy.settle;
    return rounds * round * 10 + policy.unknown_service_hold;
}

Plan draw_plan(Choices& choices, std::bitset<kFaults> without) {
    Plan plan;
    const std::uint64_t density = choices.below(4);  // 0: no faults at all
    for (std::size_t i = 0; i < kFaults; ++i) {
        const bool exists = choices.chance(density, 5);
        plan.faults.set(i, exists && !without.test(i));
    }
    // It has faults of its own, which want to be seen.
    const auto journal = static_cast<std::size_t>(Fault::LateJournal);
    if (density > 0 && choices.chance(1, 3) && !without.test(journal)) {
        plan.faults.set(journal);
    }
    plan.brokers = 1 + (plan.has(Fault::SeveralBrokers) ? choices.between(1, 2) : 0);
    plan.native_workers = choices.between(1, 4);
    plan.native_clients = choices.between(1, 3);
    if (plan.has(Fault::OldDialects)) {
        plan.old_workers = choices.between(1, 4);
        plan.old_clients = choices.between(1, 4);
    }
    plan.rogues = plan.has(Fault::Rogue) ? choices.between(1, 2) : 0;
    if (plan.has(Fault::SlowPeer)) {
        plan.hwm = choices.between(2, 20);
    }
    plan.fault_pause_max = choices.between(base::Duration(200ms), base::Duration(5s));
    plan.submit_pause_max = choices.between(base::Duration(2ms), base::Duration(500ms));
    plan.policy = draw_policy(choices, plan);
    return plan;
}

}  // namespace steward::sim
