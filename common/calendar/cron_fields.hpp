// common/calendar: the fields of a cron expression as sets of bits, and the local times they fit.
// Nothing here knows a time zone.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/base/time.hpp"

namespace steward::calendar {

/// What a clock on the wall shows.
using LocalTime = std::chrono::local_time<base::Duration>;

/// Bit n of a field: n fits. Weekdays count from Sunday, 0.
struct CronFields {
    std::uint64_t minutes = 0;
    std::uint32_t hours = 0;
    std::uint32_t days = 0;
    std::uint32_t months = 0;
    std::uint32_t weekdays = 0;
    bool either_day = false;  // a day fits that is in `days` or in `weekdays`; else in both

    bool operator==(const CronFields&) const = default;

    [[nodiscard]] bool is_every_hour() const { return hours == (1U << 24U) - 1; }

    /// The first minute at or after `from` that fits; nothing when forty years have none.
    /// Pre: the years 0 to 9999.  Cost: a step for each month.
    [[nodiscard]] std::optional<LocalTime> first_from(LocalTime from) const;

private:
    [[nodiscard]] std::uint32_t days_of(std::chrono::year_month month) const;
    [[nodiscard]] std::optional<std::chrono::minutes> first_of_day(std::chrono::minutes from) const;
};

}  // namespace steward::calendar
