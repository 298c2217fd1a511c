#include "tests/sim/oracles/schedules.hpp"

#include <algorithm>

#include "broker/core/schedules.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

constexpr base::Duration kJournalSlack =
    std::chrono::seconds(1);  // for what is on its way to the disk

std::string text_of(base::WallTime instant) {
    return std::to_string(instant.time_since_epoch().count()) + " us";
}

}  // namespace

void Schedules::stored(std::size_t broker, const core::Record& fact) {
    if (const auto* set_fact = std::get_if<core::ScheduleSet>(&fact)) {
        set(broker, *set_fact);
    } else if (const auto* removed = std::get_if<core::ScheduleRemoved>(&fact)) {
        entries_.erase({broker, std::string(removed->name.view())});
    } else if (const auto* moved_fact = std::get_if<core::ScheduleMoved>(&fact)) {
        moved(broker, *moved_fact);
    } else if (const auto* accepted = std::get_if<core::JobAccepted>(&fact);
               accepted != nullptr && !accepted->schedule.empty()) {
        ran(broker, *accepted);
    }
}

void Schedules::forget(std::size_t broker) {
    std::erase_if(entries_, [&](const auto& entry) { return entry.first.first == broker; });
}

void Schedules::set(std::size_t broker, const core::ScheduleSet& fact) {
    const auto cron = calendar::Cron::parse(fact.schedule.expression);
    if (!cron) {
        broken("schedules can be read: " + cron.error().message);
    }
    const Name name(broker, std::string(fact.schedule.name.view()));
    const auto [place, is_new] = entries_.try_emplace(name, Entry{fact.schedule, *cron, fact.at});
    Entry& entry = place->second;
    if (!is_new && entry.schedule.expression != fact.schedule.expression) {
        entry.mark = std::max(entry.mark, fact.at);
    }
    entry.schedule = fact.schedule;
    entry.cron = *cron;
}

Schedules::Entry& Schedules::entry_of(std::size_t broker, const model::Label& name) {
    const auto found = entries_.find({broker, std::string(name.view())});
    if (found == entries_.end()) {
        broken("schedules run while they are there: " + std::string(name.view()) + " is not");
    }
    return found->second;
}

void Schedules::ran(std::size_t broker, const core::JobAccepted& fact) {
    Entry& entry = entry_of(broker, fact.schedule);
    const std::string what =
        std::string(fact.schedule.view()) + " makes " + fact.id.text() + " for ";
    if (fact.instant <= entry.mark) {
        broken("a schedule runs once for an instant: " + what + text_of(fact.instant) +
               ", which was done");
    }
    if (fact.instant > fact.at) {
        broken("schedules are not early: " + what + text_of(fact.instant));
    }
    const auto next = entry.cron.next_after(fact.instant - base::Duration(1), entry.schedule.zone);
    if (next != fact.instant) {
        broken("schedules run at their instants: " + what + text_of(fact.instant));
    }
    check_late(entry, fact);
    entry.mark = fact.instant;
    ++runs_;
}

// What was passed over since the mark, and this one if it is late, were missed: is that so, and
// may it be?
void Schedules::check_late(const Entry& entry, const core::JobAccepted& fact) {
    const base::WallTime last_missed = fact.at - core::kMissedAfter - base::Duration(1);
    const bool is_late = fact.instant <= last_missed;
    const model::Zone& zone = entry.schedule.zone;
    const std::string name(fact.schedule.view());
    const auto passed_over = entry.cron.last_in(entry.mark, fact.instant - base::Duration(1), zone);
    if (passed_over && *passed_over > last_missed) {
        broken("schedules miss nothing while the broker runs: " + name + " passes over " +
               text_of(*passed_over));
    }
    missed_ += is_late ? 1U : 0U;
    switch (entry.schedule.missed) {
        case model::MissedRuns::Skip:
            if (is_late) {
                broken("missed runs are skipped: " + name + " makes up for " +
                       text_of(fact.instant));
            }
            break;
        case model::MissedRuns::Once:
            if (is_late && entry.cron.last_in(fact.instant, last_missed, zone)) {
                broken("of missed runs the latest is made up for: " + name + " runs " +
                       text_of(fact.instant));
            }
            break;
        case model::MissedRuns::All:
            if (passed_over) {
                broken("all missed runs are made up for: " + name + " passes over " +
                       text_of(*passed_over));
            }
            break;
    }
}

// Either skipped as missed, or a run for which there was no room.
void Schedules::moved(std::size_t broker, const core::ScheduleMoved& fact) {
    Entry& entry = entry_of(broker, fact.name);
    if (fact.instant <= entry.mark) {
        broken("a schedule's mark never goes back: " + std::string(fact.name.view()));
    }
    const auto next = entry.cron.next_after(entry.mark, entry.schedule.zone);
    if (entry.schedule.missed == model::MissedRuns::All && next != fact.instant) {
        broken("all missed runs are made up for: " + std::string(fact.name.view()) + " goes to " +
               text_of(fact.instant));
    }
    entry.mark = fact.instant;
}

void Schedules::check_the_end(std::size_t broker, base::WallTime now) const {
    for (const auto& [name, entry] : entries_) {
        const auto next = entry.cron.next_after(entry.mark, entry.schedule.zone);
        if (name.first == broker && next && *next < now - kJournalSlack) {
            broken("schedules go on: " + name.second + " is still to run " + text_of(*next));
        }
    }
}

}  // namespace steward::sim
