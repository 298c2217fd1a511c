// common/calendar: cron expressions and the instants they name. It reads no clock and knows no time
// zone: instants are values, a zone is a table (model::Zone) that somebody else loaded.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/calendar/cron_fields.hpp"
#include "common/model/schedule.hpp"

namespace steward::calendar {

/// A cron expression, parsed. Five fields, separated by blanks:
///
///   minute 0-59 | hour 0-23 | day of month 1-31 | month 1-12, jan-dec | day of week 0-7, sun-sat
///
/// Each is a list, with commas, of `*`, N, and N-M; /STEP may follow `*` and N-M. 0 and 7 are
/// Sunday, and a range may end with it (`fri-sun`). Names are read in either case. In place of the
/// fields: @yearly (@annually), @monthly, @weekly, @daily (@midnight), @hourly.
///
/// Days. When neither day field begins with `*`, a day fits that is in either; else it must be in
/// both (Vixie cron's rule, so `0 0 */2 * mon` is: Mondays with an odd date).
///
/// When local clocks change. An expression that runs in every hour goes by elapsed time: it is due
/// whenever the clock shows a time of it, also when it shows that time for the second time, and
/// what the clock skips is not made up for (`*/10 * * * *` is every ten minutes, whatever the
/// clocks do). Any other is due once for each local time it names: what the clock skips at the
/// first instant after the gap, what it shows twice only the first time.
class Cron {
public:
    /// Errors: BadOption naming the field, what it is and what is allowed; also when the date never
    /// comes (30 February).  Bound: kExpressionBytesMax.
    [[nodiscard]] static base::Expected<Cron> parse(std::string_view text);

    /// The first instant strictly after `after`; nothing beyond the year 9999. Before the year 1
    /// there are none.
    /// Pre: is_well_formed(zone).  Cost: a step for each month and zone change that is passed.
    [[nodiscard]] std::optional<base::WallTime> next_after(base::WallTime after,
                                                           const model::Zone& zone) const;

    /// The last instant in (after, until]; nothing when there is none.
    /// Pre: is_well_formed(zone).  Cost: some dozens of next_after, however long the span.
    [[nodiscard]] std::optional<base::WallTime> last_in(base::WallTime after,
                                                        base::WallTime until,
                                                        const model::Zone& zone) const;

    bool operator==(const Cron&) const = default;

private:
    explicit Cron(const CronFields& fields) : fields_(fields) {}

    [[nodiscard]] std::optional<base::WallTime> next_elapsed(base::WallTime after,
                                                             const model::Zone& zone) const;
    [[nodiscard]] std::optional<base::WallTime> next_shown(base::WallTime after,
                                                           const model::Zone& zone) const;

    CronFields fields_;
};

/// True when the table can be used: not empty, from WallTime::min() on, ascending, and no offset of
/// more than a day.
[[nodiscard]] bool is_well_formed(const model::Zone& zone);

}  // namespace steward::calendar
