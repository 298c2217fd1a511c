#include "common/calendar/cron.hpp"

#include <algorithm>
#include <chrono>

namespace steward::calendar {
namespace {

using base::Duration;
using base::WallTime;
using model::Zone;
using model::ZoneChange;

constexpr Duration kTick{1};
constexpr Duration kOffsetMax = std::chrono::hours{24};

constexpr WallTime start_of(std::chrono::year year) {
    return WallTime(std::chrono::sys_days(year / 1 / 1).time_since_epoch());
}

// Far enough from what the calendar's types hold that no sum overflows.
constexpr WallTime kFirst = start_of(std::chrono::year(1));
constexpr WallTime kEnd = start_of(std::chrono::year(10'000));

LocalTime local(WallTime instant, Duration offset) {
    return LocalTime(instant.time_since_epoch() + offset);
}

WallTime wall(LocalTime time, Duration offset) {
    return WallTime(time.time_since_epoch() - offset);
}

std::size_t stretch_at(const Zone& zone, WallTime instant) {
    const auto next = std::ranges::upper_bound(
        zone.changes, instant, {}, [](const ZoneChange& change) { return change.since; });
    return static_cast<std::size_t>(next - zone.changes.begin()) - 1;
}

// True when `instant` is in stretch `i` or before it.
bool is_within(const Zone& zone, std::size_t i, WallTime instant) {
    return i + 1 == zone.changes.size() || instant < zone.changes[i + 1].since;
}

// The latest time that the clock has shown up to and with `instant`: it may have been set back
// since.
LocalTime latest_shown(const Zone& zone, WallTime instant) {
    const std::size_t now = stretch_at(zone, instant);
    LocalTime shown = local(instant, zone.changes[now].offset);
    for (std::size_t i = now; i > 0 && zone.changes[i].since > instant - 2 * kOffsetMax; --i) {
        shown = std::max(shown, local(zone.changes[i].since, zone.changes[i - 1].offset) - kTick);
    }
    return shown;
}

}  // namespace

// Each stretch of one offset is searched by itself; what an earlier search has found holds as long
// as the clock shows times between its beginning and its end.
std::optional<WallTime> Cron::next_elapsed(WallTime after, const Zone& zone) const {
    std::optional<LocalTime> time;
    LocalTime searched_from{};
    for (std::size_t i = stretch_at(zone, after);; ++i) {
        const auto& [since, offset] = zone.changes[i];
        const LocalTime from = local(std::max(after + kTick, since), offset);
        if (!time || from < searched_from || from > *time) {
            time = fields_.first_from(from);
            searched_from = from;
        }
        if (!time) {
            return std::nullopt;
        }
        if (const WallTime instant = wall(*time, offset); is_within(zone, i, instant)) {
            return instant;
        }
    }
}

// A local time is due at the first instant at which the clock shows it or a later one: that is the
// end of the gap it falls into, and the first of two.
std::optional<WallTime> Cron::next_shown(WallTime after, const Zone& zone) const {
    const auto time = fields_.first_from(latest_shown(zone, after) + kTick);
    if (!time) {
        return std::nullopt;
    }
    for (std::size_t i = stretch_at(zone, after);; ++i) {
        const auto& [since, offset] = zone.changes[i];
        const WallTime instant = std::max(wall(*time, offset), since);
        if (is_within(zone, i, instant)) {
            return instant;
        }
    }
}

std::optional<WallTime> Cron::next_after(WallTime after, const Zone& zone) const {
    if (after >= kEnd) {
        return std::nullopt;
    }
    const WallTime from = std::max(after, kFirst);
    const auto next = fields_.is_every_hour() ? next_elapsed(from, zone) : next_shown(from, zone);
    return next && *next < kEnd ? next : std::nullopt;
}

std::optional<WallTime> Cron::last_in(WallTime after, WallTime until, const Zone& zone) const {
    WallTime low = std::max(after, kFirst);
    WallTime high = std::min(until, kEnd);
    std::optional<WallTime> last;
    // There is none in (high, until], and `last` is the only one in (after, low] that can be it.
    while (low < high) {
        const WallTime middle = last ? low + (high - low) / 2 : low;
        const auto next = next_after(middle, zone);
        if (next && *next <= high) {
            last = low = *next;
        } else {
            high = middle;
        }
    }
    return last;
}

bool is_well_formed(const Zone& zone) {
    const auto& changes = zone.changes;
    return !changes.empty() && changes.front().since == WallTime::min() &&
           std::ranges::adjacent_find(changes, std::ranges::greater_equal(), &ZoneChange::since) ==
               changes.end() &&
           std::ranges::all_of(changes, [](const ZoneChange& change) {
               return change.offset >= -kOffsetMax && change.offset <= kOffsetMax;
           });
}

}  // namespace steward::calendar
