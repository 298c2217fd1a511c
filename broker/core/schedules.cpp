#include "broker/core/schedules.hpp"

#include <algorithm>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"

namespace steward::core {
namespace {

using base::Expected;
using base::WallTime;
using calendar::Cron;
using model::Schedule;

constexpr std::size_t kDueMax = 1000;

std::string called(std::string_view name) {
    return "the schedule \"" + base::printable(name) + '"';
}

Expected<Cron> checked(const Schedule& schedule) {
    auto cron = Cron::parse(schedule.expression);
    if (!cron) {
        return base::fail(cron.error().code,
                          called(schedule.name.view()) + ": " + cron.error().message);
    }
    if (!calendar::is_well_formed(schedule.zone)) {
        return base::fail(base::Errc::BadOption,
                          called(schedule.name.view()) + " has a time zone, \"" +
                              base::printable(schedule.zone.name) +
                              "\", whose table of changes is out of order");
    }
    return cron;
}

base::Unexpected refuse_configured(std::string_view name) {
    return base::fail(base::Errc::ReservedName,
                      called(name) + " stands in the configuration and can only be changed there");
}

// Rules of a zone may be corrected by a newer database: its name counts.
bool has_same_instants(const Schedule& left, const Schedule& right) {
    return left.expression == right.expression && left.zone.name == right.zone.name;
}

// Up to `last_missed`, of which there is at least one; returns how far it went.
WallTime take_missed(const ScheduleEntry& entry,
                     WallTime last_missed,
                     std::vector<ScheduleRun>& runs) {
    const auto& [name, expression, zone, missed, job] = entry.schedule;
    if (missed == model::MissedRuns::Skip) {
        return last_missed;
    }
    if (missed == model::MissedRuns::Once) {
        const auto latest = entry.cron.last_in(entry.mark, last_missed, zone);
        runs.push_back({name, *latest});
        return *latest;
    }
    WallTime mark = entry.mark;
    for (std::size_t taken = 0;; ++taken) {
        const auto instant = entry.cron.next_after(mark, zone);
        if (!instant || *instant > last_missed) {
            return mark;
        }
        if (taken == model::kMissedRunsMax) {
            return last_missed;
        }
        runs.push_back({name, *instant});
        mark = *instant;
    }
}

}  // namespace

Expected<void> ScheduleTable::restore(const ScheduleSet& fact) {
    const auto cron = checked(fact.schedule);
    if (!cron) {
        return base::Unexpected(cron.error());
    }
    ScheduleEntry& entry = put(fact.schedule, *cron, fact.at);
    entry.is_configured = fact.is_configured;
    entry.owner = fact.owner;
    return {};
}

void ScheduleTable::restore(const ScheduleRemoved& fact) {
    if (const ScheduleEntry* const entry = find(fact.name.view())) {
        erase(*entry);
    }
}

void ScheduleTable::restore_mark(const model::Label& name, WallTime instant) {
    ScheduleEntry* const entry = entry_of(name.view());
    if (entry != nullptr && entry->mark < instant) {
        move_mark(*entry, instant);
    }
}

Expected<std::vector<Record>> ScheduleTable::configure(const std::vector<Schedule>& schedules,
                                                       WallTime now) {
    std::vector<Cron> crons;
    std::set<std::string_view> names;
    for (const Schedule& schedule : schedules) {
        const auto cron = checked(schedule);
        if (!cron) {
            return base::Unexpected(cron.error());
        }
        if (!names.insert(schedule.name.view()).second) {
            return base::fail(base::Errc::BadOption,
                              called(schedule.name.view()) + " is in the configuration twice");
        }
        crons.push_back(*cron);
    }
    std::vector<Record> facts;
    for (auto at = entries_.begin(); at != entries_.end();) {
        const ScheduleEntry& entry = (at++)->second;
        if (entry.is_configured && !names.contains(entry.schedule.name.view())) {
            facts.emplace_back(ScheduleRemoved{entry.schedule.name});
            erase(entry);
        }
    }
    for (std::size_t i = 0; i < schedules.size(); ++i) {
        const ScheduleEntry* const before = find(schedules[i].name.view());
        if (before != nullptr && before->is_configured && before->schedule == schedules[i]) {
            continue;
        }
        ScheduleEntry& entry = put(schedules[i], crons[i], now);
        entry.is_configured = true;
        entry.owner = {};
        facts.emplace_back(ScheduleSet{schedules[i], now, true});
    }
    return facts;
}

Expected<void> ScheduleTable::set(const Schedule& schedule,
                                  WallTime now,
                                  const model::Label& owner) {
    const auto cron = checked(schedule);
    if (!cron) {
        return base::Unexpected(cron.error());
    }
    const ScheduleEntry* const before = find(schedule.name.view());
    if (before != nullptr && before->is_configured) {
        return refuse_configured(schedule.name.view());
    }
    put(schedule, *cron, now).owner = owner;
    return {};
}

Expected<void> ScheduleTable::remove(const model::Label& name) {
    const ScheduleEntry* const entry = find(name.view());
    if (entry == nullptr) {
        return base::fail(base::Errc::UnknownName,
                          "no schedule is called \"" + base::printable(name.view()) + '"');
    }
    if (entry->is_configured) {
        return refuse_configured(name.view());
    }
    erase(*entry);
    return {};
}

std::optional<WallTime> ScheduleTable::next_due() const {
    return queue_.empty() ? std::nullopt : std::optional(queue_.begin()->first);
}

DueSchedules ScheduleTable::due(WallTime now) {
    DueSchedules out;
    while (!queue_.empty() && queue_.begin()->first <= now &&
           out.runs.size() + out.skipped.size() < kDueMax) {
        take_due(entries_.at(queue_.begin()->second), now, out);
    }
    std::ranges::stable_sort(out.runs, {}, &ScheduleRun::instant);
    return out;
}

void ScheduleTable::take_due(ScheduleEntry& entry, WallTime now, DueSchedules& out) {
    const model::Label& name = entry.schedule.name;
    const WallTime last_missed = now - kMissedAfter - base::Duration{1};
    const std::size_t before = out.runs.size();
    WallTime mark = entry.mark;
    if (*entry.next <= last_missed) {
        mark = take_missed(entry, last_missed, out.runs);
    }
    const auto next = [&] { return entry.cron.next_after(mark, entry.schedule.zone); };
    for (auto instant = next(); instant && *instant <= now; instant = next()) {
        out.runs.push_back({name, *instant});
        mark = *instant;
    }
    if (out.runs.size() == before || out.runs.back().instant != mark) {
        out.skipped.push_back({name, mark});
    }
    move_mark(entry, mark);
}

void ScheduleTable::note_run(const model::Label& name, WallTime instant, model::JobId job) {
    restore_mark(name, instant);
    ScheduleEntry* const entry = entry_of(name.view());
    if (entry != nullptr && (!entry->last || *entry->last <= instant)) {
        entry->last = instant;
        entry->last_job = job;
    }
}

const ScheduleEntry* ScheduleTable::find(std::string_view name) const {
    const auto number = numbers_.find(name);
    return number == numbers_.end() ? nullptr : &entries_.at(number->second);
}

ScheduleEntry* ScheduleTable::entry_of(std::string_view name) {
    const auto number = numbers_.find(name);
    return number == numbers_.end() ? nullptr : &entries_.at(number->second);
}

std::vector<const ScheduleEntry*> ScheduleTable::page(std::uint64_t from, std::size_t count) const {
    std::vector<const ScheduleEntry*> page;
    for (auto at = entries_.lower_bound(from); at != entries_.end() && page.size() < count; ++at) {
        page.push_back(&at->second);
    }
    return page;
}

ScheduleEntry& ScheduleTable::put(const Schedule& schedule, const Cron& cron, WallTime now) {
    ScheduleEntry* entry = entry_of(schedule.name.view());
    WallTime mark = now;
    if (entry == nullptr) {
        const std::uint64_t number = ++numbered_;
        numbers_.emplace(schedule.name.view(), number);
        entry = &entries_.emplace(number, ScheduleEntry{.schedule = schedule, .cron = cron})
                     .first->second;
        entry->number = number;
    } else {
        mark =
            has_same_instants(entry->schedule, schedule) ? entry->mark : std::max(entry->mark, now);
        entry->schedule = schedule;
        entry->cron = cron;
    }
    move_mark(*entry, mark);
    return *entry;
}

void ScheduleTable::erase(const ScheduleEntry& entry) {
    if (entry.next) {
        queue_.erase({*entry.next, entry.number});
    }
    numbers_.erase(numbers_.find(entry.schedule.name.view()));
    entries_.erase(entry.number);
}

void ScheduleTable::move_mark(ScheduleEntry& entry, WallTime mark) {
    if (entry.next) {
        queue_.erase({*entry.next, entry.number});
    }
    entry.mark = mark;
    entry.next = entry.cron.next_after(mark, entry.schedule.zone);
    if (entry.next) {
        queue_.emplace(*entry.next, entry.number);
    }
}

}  // namespace steward::core
