// broker/core: which schedules there are and which of their instants are to be run. Submitting the
// jobs and writing the facts is left to whoever asks; nothing here knows a job but by its id.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/core/record.hpp"
#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/calendar/cron.hpp"
#include "common/model/ids.hpp"
#include "common/model/schedule.hpp"

namespace steward::core {

/// An instant that is noticed later than this was missed.
inline constexpr base::Duration kMissedAfter = std::chrono::seconds{60};

struct ScheduleEntry {
    model::Schedule schedule;
    calendar::Cron cron;
    base::WallTime mark{};  // instants up to this one are done, or were none of its
    std::optional<base::WallTime> next = std::nullopt;    // after the mark
    std::optional<base::WallTime> last = std::nullopt;    // that was run,
    std::optional<model::JobId> last_job = std::nullopt;  // by this job
    bool is_configured = false;  // in the configuration: not to be changed at run time
    model::Label owner = {};     // of its jobs: the name of a key; empty: nobody
    std::uint64_t number = 0;    // of this schedule in its table, from 1; not used again
};

/// A job of this schedule is to be submitted for this instant.
struct ScheduleRun {
    model::Label schedule;
    base::WallTime instant{};

    bool operator==(const ScheduleRun&) const = default;
};

struct DueSchedules {
    std::vector<ScheduleRun> runs;       // in the order of their instants
    std::vector<ScheduleMoved> skipped;  // marks that no run of these tells

    bool operator==(const DueSchedules&) const = default;
};

/// Schedules by name, each with a mark: what is up to it is done. A mark never goes back, so no
/// instant is given twice, whatever the wall clock does; only removing a schedule forgets its mark.
/// A schedule that is set where another of its name was keeps the mark when expression and zone
/// are the same; else it begins at the mark or at the instant of being set, whichever is later.
///
/// Order:  the facts of the journal from the oldest on, then configure(), then everything else.
/// Facts:  are for the caller to write: set() as ScheduleSet, remove() as ScheduleRemoved, runs as
///         JobAccepted (ScheduleMoved, when no durable job comes of it), `skipped` and what
///         configure() gives as they are.
/// Bound:  limits.schedules_max, which the caller holds to.
/// Cost:   next_due O(1); else O(log n) for each schedule that is looked at.
class ScheduleTable {
public:
    /// Facts of an earlier run. Marks of names that are not known have no effect.
    /// Errors: BadOption: its expression cannot be read any more.
    [[nodiscard]] base::Expected<void> restore(const ScheduleSet& fact);
    void restore(const ScheduleRemoved& fact);
    void restore_mark(const model::Label& name, base::WallTime instant);

    /// The configuration's schedules, all of them: each takes the place of what has its name, and
    /// those that an earlier configuration brought and this one has not are gone. Gives the facts
    /// of what has thereby changed.
    /// Errors: BadOption, naming the schedule; nothing has changed.
    [[nodiscard]] base::Expected<std::vector<Record>> configure(
        const std::vector<model::Schedule>& schedules, base::WallTime now);

    /// Errors: BadOption (expression, zone); ReservedName: it is the configuration's.
    [[nodiscard]] base::Expected<void> set(const model::Schedule& schedule,
                                           base::WallTime now,
                                           const model::Label& owner = {});
    /// Errors: UnknownName; ReservedName: it is the configuration's.
    [[nodiscard]] base::Expected<void> remove(const model::Label& name);

    /// The first instant at which due() gives or skips something.
    [[nodiscard]] std::optional<base::WallTime> next_due() const;

    /// Takes what is due at `now`: each instant of the last kMissedAfter, and of older ones what
    /// the schedule's `missed` says: none, the latest, or the oldest kMissedRunsMax. Marks move.
    /// Bound: ends after some thousand; then next_due() is still not after `now`: ask again.
    [[nodiscard]] DueSchedules due(base::WallTime now);

    /// `job` was submitted for this instant: for what due() has given, and for facts. The mark is
    /// not before the instant then.
    void note_run(const model::Label& name, base::WallTime instant, model::JobId job);

    /// Nothing: no schedule has this name. Valid until the next call that is not const.
    [[nodiscard]] const ScheduleEntry* find(std::string_view name) const;
    /// At most `count`, in the order of their numbers from `from` on. Valid as for find().
    [[nodiscard]] std::vector<const ScheduleEntry*> page(std::uint64_t from,
                                                         std::size_t count) const;

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    [[nodiscard]] ScheduleEntry* entry_of(std::string_view name);
    ScheduleEntry& put(const model::Schedule& schedule,
                       const calendar::Cron& cron,
                       base::WallTime now);
    void erase(const ScheduleEntry& entry);
    void move_mark(ScheduleEntry& entry, base::WallTime mark);
    void take_due(ScheduleEntry& entry, base::WallTime now, DueSchedules& out);

    std::map<std::uint64_t, ScheduleEntry> entries_;             // by number
    std::map<std::string, std::uint64_t, std::less<>> numbers_;  // by name
    std::set<std::pair<base::WallTime, std::uint64_t>> queue_;   // (next, number)
    std::uint64_t numbered_ = 0;
};

}  // namespace steward::core
