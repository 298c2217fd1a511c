#include "tests/sim/oracles/oracles.hpp"

#include <nlohmann/json.hpp>

#include "broker/core/record_codec.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {

namespace {

// News wait for their records, and so do ends.
Duration longest_full_disk(const Plan& plan) {
    return plan.has(Fault::LateJournal) && plan.has(Fault::DiskFills) ? Duration(1min) : 0s;
}

}  // namespace

Oracles::Oracles(const Plan& plan, const Network& network, const Leases& leases)
    : keeps_(plan.has(Fault::LateJournal)),
      gates_(plan.policy.limits_named,
             !plan.has(Fault::LateJournal) ? Gates::Clock::Turn
             : plan.has(Fault::WallJumps)  ? Gates::Clock::None
                                           : Gates::Clock::Wall),
      cancels_(network, leases, plan.policy.stop_grace + longest_full_disk(plan)),
      attempts_(plan.policy),
      figures_(plan.has(Fault::SmallLimits)),
      results_(!plan.brokers_die() && plan.brokers == 1, !plan.has(Fault::OldDialects)),
      followers_(network,
                 {.is_clean = !plan.has(Fault::Garbage),
                  .is_quick = !plan.has(Fault::SlowPeer),
                  .is_roomy = !plan.keeps_few_parts(),
                  .parts_ttl = plan.policy.parts_ttl}),
      modes_(!plan.has(Fault::WallJumps)) {}

void Oracles::started(BrokerRun run, std::uint64_t epoch) {
    cancels_.started(run, epoch);
    modes_.started(run, keeps_);
    if (!keeps_) {
        batches_.forget(run.broker);
        schedules_.forget(run.broker);
    }
}

void Oracles::check_owner(const model::JobId& job, std::string_view key) const {
    const KnownJob* known = book_.find(job);
    if (known != nullptr && known->owner != key) {
        broken("events name a job's owner: " + job.text() + " is told to be of \"" + known->owner +
               "\" and its client's key is \"" + std::string(key) + "\"");
    }
}

void Oracles::published(BrokerRun run, MonoTime now, std::string_view body) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object()) {
        broken("events are JSON");
    }
    const Heard heard = book_.read(run, now, json);
    gates_.hear(heard);
    turns_.hear(heard);
    keys_.hear(heard);
    dependencies_.hear(heard);
    batches_.hear(heard);
    cancels_.hear(heard);
    attempts_.hear(heard);
    figures_.hear(heard);
    results_.hear(heard);
    followers_.hear(heard);
    modes_.hear(heard);
}

void Oracles::stored(std::size_t broker, std::string_view record) {
    auto stored = core::decode_record(record).and_then([&](core::Record&& facts) {
        return core::each_fact(std::move(facts), [&](core::Record&& fact) {
            dependencies_.stored(fact);
            batches_.stored(broker, fact);
            cancels_.stored(fact);
            schedules_.stored(broker, fact);
            modes_.stored(broker, fact);
            return base::Expected<void>();
        });
    });
    if (!stored) {
        broken("the journal's records can be read: " + stored.error().message);
    }
}

void Oracles::assigned(const model::JobId& job, Uid uid) {
    results_.assigned(job, uid);
    keys_.assigned(job, uid, book_.find(job));
}

void Oracles::check_the_end(std::size_t broker, base::WallTime now) const {
    batches_.check_the_end(broker);
    schedules_.check_the_end(broker, now);
    results_.check_the_end();
}

void Oracles::add_to(Tally& tally) const {
    tally.batches = batches_.completed();
    tally.batches_followed = batches_.followed();
    tally.scheduled_runs = schedules_.runs();
    tally.missed_runs = schedules_.missed();
    tally.running_cancelled = cancels_.running();
    tally.replaced = keys_.replaced_count();
    tally.begun = figures_.begun();
    tally.results = results_.told_count();
    tally.parts_followed = followers_.parts_heard();
    tally.parts_heard_late = followers_.parts_heard_late();
    tally.parts_heard_last = followers_.parts_heard_last();
}

}  // namespace steward::sim
