// tests: instants as people write them, and time zones made by hand.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "common/calendar/cron.hpp"

namespace steward::calendar::test {

using namespace std::chrono_literals;
using base::Duration;
using base::WallTime;
using model::Zone;

/// UTC.
inline WallTime utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
    const std::chrono::sys_days date =
        std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
    return WallTime(date.time_since_epoch() + std::chrono::hours(hour) +
                    std::chrono::minutes(minute));
}

/// "2026-03-29 01:00", or "never".
inline std::string text(std::optional<WallTime> instant) {
    if (!instant) {
        return "never";
    }
    const std::chrono::sys_time<Duration> time(instant->time_since_epoch());
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    const auto two = [](auto number) {
        const std::string digits = std::to_string(number);
        return digits.size() < 2 ? "0" + digits : digits;
    };
    std::string out = std::to_string(static_cast<int>(date.year())) + '-' +
                      two(static_cast<unsigned>(date.month())) + '-' +
                      two(static_cast<unsigned>(date.day())) + ' ' + two(clock.hours().count()) +
                      ':' + two(clock.minutes().count());
    if (clock.seconds().count() != 0 || clock.subseconds().count() != 0) {
        out +=
            ':' + two(clock.seconds().count()) + '.' + std::to_string(clock.subseconds().count());
    }
    return out;
}

inline Cron cron(std::string_view expression) {
    const auto parsed = Cron::parse(expression);
    REQUIRE_MESSAGE(parsed.has_value(), expression);
    return *parsed;
}

/// The next `count` instants, as texts.
inline std::vector<std::string> next(std::string_view expression,
                                     WallTime after,
                                     std::size_t count,
                                     const Zone& zone = {}) {
    const Cron parsed = cron(expression);
    std::vector<std::string> texts;
    std::optional<WallTime> instant = after;
    while (texts.size() < count) {
        instant = parsed.next_after(*instant, zone);
        texts.push_back(text(instant));
        if (!instant) {
            break;
        }
    }
    return texts;
}

/// Berlin's rules in 2026 and 2027: +1 h, in summer +2 h.
inline Zone berlin() {
    return {"Europe/Berlin",
            {{WallTime::min(), 1h},
             {utc(2026, 3, 29, 1), 2h},
             {utc(2026, 10, 25, 1), 1h},
             {utc(2027, 3, 28, 1), 2h},
             {utc(2027, 10, 31, 1), 1h}}};
}

/// Lord Howe: half an hour of summer time; clocks change at 2:00.
inline Zone lord_howe() {
    return {"Australia/Lord_Howe",
            {{WallTime::min(), 11h},
             {utc(2026, 4, 4, 15), 10h + 30min},
             {utc(2026, 10, 3, 15, 30), 11h}}};
}

/// Apia, which had no 30 December 2011.
inline Zone apia() {
    return {"Pacific/Apia", {{WallTime::min(), -10h}, {utc(2011, 12, 30, 10), 14h}}};
}

/// A place that moves across the date line the other way and has 10 May twice.
inline Zone day_twice() {
    return {"Day/Twice", {{WallTime::min(), 12h}, {utc(2026, 5, 10, 12), -12h}}};
}

}  // namespace steward::calendar::test
