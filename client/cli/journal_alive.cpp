#include "client/cli/journal_alive.hpp"

#include <limits>

#include "broker/core/spilled_jobs.hpp"
#include "client/cli/journal_facts.hpp"

namespace steward::cli {

namespace {

// That of a broker that waits for nobody and refuses nothing that another took.
core::Policy policy_of_a_reader() {
    constexpr std::size_t kAny = std::numeric_limits<std::uint32_t>::max();
    core::Policy policy;
    policy.settle = base::Duration::zero();
    model::Limits& limits = policy.limits;
    for (std::size_t* limit : {&limits.jobs_max,
                               &limits.jobs_per_service_max,
                               &limits.services_max,
                               &limits.sessions_max,
                               &limits.results_max,
                               &limits.dead_letters_max,
                               &limits.groups_max,
                               &limits.limits_max,
                               &limits.schedules_max,
                               &limits.batches_max,
                               &limits.dependents_max,
                               &limits.resident_jobs_max}) {
        *limit = kAny;
    }
    limits.payload_bytes_total_max = std::numeric_limits<std::size_t>::max() / 2;
    limits.results_bytes_max = limits.payload_bytes_total_max;
    return policy;
}

std::string text_of(std::string_view name) {
    return std::string(name);
}

}  // namespace

LiveState::LiveState(const base::Now& now, JournalSpills& spills)
    : spills_(spills), core_(policy_of_a_reader(), now, 0, &spills) {}

base::Expected<void> LiveState::take(const core::Record& fact) {
    auto taken = core_.restore(fact);
    if (!taken && taken.error().code == base::Errc::Malformed && spills_.has_lost()) {
        return {};  // as a repair does
    }
    return taken;
}

base::Expected<void> LiveState::each(
    const std::function<base::Expected<void>(const core::Record&)>& put) const {
    return core_.write_facts([&](const core::Record& fact) -> base::Expected<void> {
        const auto* spilled = std::get_if<core::JobsSpilled>(&fact);
        if (spilled == nullptr) {
            return put(fact);
        }
        const auto entries = spills_.entries(spilled->spill);
        if (!entries) {
            return base::Unexpected(entries.error());
        }
        return core::each_spilled(
            spills_, *spilled, *entries, [&](core::SpilledJob&& job) -> base::Expected<void> {
                return put(std::move(job.accepted)).and_then([&] {
                    return put(std::move(job.stands));
                });
            });
    });
}

void LiveCounts::count(const core::Record& fact) {
    if (const auto* accepted = std::get_if<core::JobAccepted>(&fact)) {
        service_ = accepted->spec.service.view();
        waits_for_others_ = !accepted->spec.options.after.empty();
    } else if (const auto* stands = std::get_if<core::JobStands>(&fact)) {
        const bool is_under_way = stands->attempt > 0 && stands->fate == core::AttemptFate::Open;
        state_ = waits_for_others_    ? "blocked"
                 : is_under_way       ? "active"
                 : stands->due > now_ ? "scheduled"
                                      : "ready";
        ++jobs_[{service_, state_}];
    } else if (std::get_if<core::JobEnded>(&fact) != nullptr) {  // a dead letter
        const auto counted = jobs_.find({service_, state_});
        if (counted != jobs_.end() && --counted->second == 0) {
            jobs_.erase(counted);
        }
        ++jobs_[{service_, "dead"}];
    } else if (std::get_if<core::ResultKept>(&fact) != nullptr) {
        ++results_;
    } else if (std::get_if<core::BatchOpened>(&fact) != nullptr) {
        ++batches_;
    } else if (const auto* schedule = std::get_if<core::ScheduleSet>(&fact)) {
        schedules_.push_back(text_of(schedule->schedule.name.view()));
    } else if (const auto* limit = std::get_if<core::LimitSet>(&fact)) {
        limits_.push_back(text_of(limit->limit.name.view()));
    } else if (const auto* group = std::get_if<core::GroupSet>(&fact)) {
        groups_.push_back(text_of(group->name.view()));
    } else if (std::get_if<core::ModesChanged>(&fact) != nullptr) {
        modes_ = fact_json(fact)["changes"];
    }
}

nlohmann::json LiveCounts::report() const {
    nlohmann::json jobs = nlohmann::json::array();
    for (const auto& [key, count] : jobs_) {
        jobs.push_back({{"service", key.first}, {"state", key.second}, {"jobs", count}});
    }
    return {{"jobs", std::move(jobs)},
            {"results", results_},
            {"batches", batches_},
            {"schedules", schedules_},
            {"limits", limits_},
            {"groups", groups_},
            {"modes", modes_}};
}

}  // namespace steward::cli
