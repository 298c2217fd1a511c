// tests: the instants that cron expressions name: by the calendar, across changes of local clocks,
// at the ends of time.
#include "common/calendar/cron.hpp"

#include <doctest/doctest.h>

#include "tests/unit/calendar/calendar_fixture.hpp"

using namespace steward;
using namespace steward::calendar;
using namespace steward::calendar::test;

using Texts = std::vector<std::string>;

TEST_CASE("the next instant is strictly after the one given") {
    const Cron noon = cron("0 12 * * *");
    CHECK(noon.next_after(utc(2026, 5, 1, 12) - 1us, {}) == utc(2026, 5, 1, 12));
    CHECK(noon.next_after(utc(2026, 5, 1, 12), {}) == utc(2026, 5, 2, 12));
    CHECK(noon.next_after(utc(2026, 5, 1, 12) + 1us, {}) == utc(2026, 5, 2, 12));
    const Cron always = cron("* * * * *");
    CHECK(always.next_after(utc(2026, 5, 1, 12) - 1us, {}) == utc(2026, 5, 1, 12));
    CHECK(always.next_after(utc(2026, 5, 1, 12), {}) == utc(2026, 5, 1, 12, 1));
    CHECK(always.next_after(utc(2026, 5, 1, 12) + 59s + 999'999us, {}) == utc(2026, 5, 1, 12, 1));
}

TEST_CASE("minutes, hours, days, months and years carry") {
    CHECK(next("*/20 22,23 * * *", utc(2026, 12, 31, 23, 30), 3) ==
          Texts{"2026-12-31 23:40", "2027-01-01 22:00", "2027-01-01 22:20"});
    CHECK(next("59 23 31 12 *", utc(2026, 12, 31, 23, 59), 2) ==
          Texts{"2027-12-31 23:59", "2028-12-31 23:59"});
    CHECK(next("0 0 31 * *", utc(2026, 1, 1), 4) ==
          Texts{"2026-01-31 00:00", "2026-03-31 00:00", "2026-05-31 00:00", "2026-07-31 00:00"});
    CHECK(next("15 6 * 2 *", utc(2026, 2, 28, 6, 15), 1) == Texts{"2027-02-01 06:15"});
}

TEST_CASE("the 29th of February comes in leap years, and not in 2100") {
    CHECK(next("0 0 29 2 *", utc(2023, 1, 1), 2) == Texts{"2024-02-29 00:00", "2028-02-29 00:00"});
    CHECK(next("0 0 29 2 *", utc(2096, 2, 29), 1) == Texts{"2104-02-29 00:00"});
    CHECK(next("0 0 29 2 *", utc(1999, 3, 1), 1) == Texts{"2000-02-29 00:00"});
    // A Sunday as well: every 28 years, 40 across 2100.
    CHECK(next("0 0 29 2 */7", utc(2032, 2, 29), 3) ==
          Texts{"2060-02-29 00:00", "2088-02-29 00:00", "2128-02-29 00:00"});
}

TEST_CASE("two restricted day fields fit when either does") {
    // 2026-05-13 is a Wednesday.
    CHECK(next("0 0 13 * fri", utc(2026, 5, 7), 4) ==
          Texts{"2026-05-08 00:00", "2026-05-13 00:00", "2026-05-15 00:00", "2026-05-22 00:00"});
}

TEST_CASE("one restricted day field decides alone") {
    CHECK(next("0 0 13 * *", utc(2026, 5, 7), 2) == Texts{"2026-05-13 00:00", "2026-06-13 00:00"});
    CHECK(next("0 0 * * fri", utc(2026, 5, 7), 2) == Texts{"2026-05-08 00:00", "2026-05-15 00:00"});
}

TEST_CASE("a day field that begins with a star narrows the other, as in Vixie cron") {
    CHECK(next("0 0 */2 * mon", utc(2026, 5, 1), 3) ==
          Texts{"2026-05-11 00:00", "2026-05-25 00:00", "2026-06-01 00:00"});
    CHECK(next("0 0 13 * */2", utc(2026, 5, 1), 2) ==
          Texts{"2026-06-13 00:00", "2026-08-13 00:00"});
}

TEST_CASE("a zone's local times are the ones that count") {
    const Zone india{"Asia/Kolkata", {{WallTime::min(), 5h + 30min}}};
    CHECK(next("0 3 * * *", utc(2026, 5, 1), 2, india) ==
          Texts{"2026-05-01 21:30", "2026-05-02 21:30"});
    CHECK(next("0 3 1 6 *", utc(2026, 5, 1), 1, india) == Texts{"2026-05-31 21:30"});
    CHECK(next("0 * * * *", utc(2026, 5, 1), 2, india) ==
          Texts{"2026-05-01 00:30", "2026-05-01 01:30"});
}

TEST_CASE("a time that the clock skips is due at the end of the gap") {
    // On 29 March 2026 at 1:00 UTC, Berlin goes from 2:00 to 3:00.
    CHECK(next("30 2 * * *", utc(2026, 3, 28, 0), 3, berlin()) ==
          Texts{"2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"});
    CHECK(next("0 2 * * *", utc(2026, 3, 28, 12), 2, berlin()) ==
          Texts{"2026-03-29 01:00", "2026-03-30 00:00"});
    CHECK(next("59 1 * * *", utc(2026, 3, 28, 12), 2, berlin()) ==
          Texts{"2026-03-29 00:59", "2026-03-29 23:59"});
    CHECK(next("0 3 * * *", utc(2026, 3, 28, 12), 2, berlin()) ==
          Texts{"2026-03-29 01:00", "2026-03-30 01:00"});
}

TEST_CASE("however many times a gap swallows, they are due once") {
    CHECK(next("*/5 2 * * *", utc(2026, 3, 28, 12), 3, berlin()) ==
          Texts{"2026-03-29 01:00", "2026-03-30 00:00", "2026-03-30 00:05"});
    CHECK(next("*/30 2,3 * * *", utc(2026, 3, 28, 12), 3, berlin()) ==
          Texts{"2026-03-29 01:00", "2026-03-29 01:30", "2026-03-30 00:00"});
    // 30 December 2011 was skipped whole in Apia: what was due on it comes when the 31st begins.
    CHECK(next("0 3,9 * * *", utc(2011, 12, 29, 14), 4, apia()) ==
          Texts{"2011-12-29 19:00", "2011-12-30 10:00", "2011-12-30 13:00", "2011-12-30 19:00"});
}

TEST_CASE("a time that the clock shows twice is due the first time only") {
    // On 25 October 2026 at 1:00 UTC, Berlin goes from 3:00 back to 2:00.
    CHECK(next("30 2 * * *", utc(2026, 10, 24, 12), 2, berlin()) ==
          Texts{"2026-10-25 00:30", "2026-10-26 01:30"});
    CHECK(next("0 3 * * *", utc(2026, 10, 24, 12), 2, berlin()) ==
          Texts{"2026-10-25 02:00", "2026-10-26 02:00"});
    CHECK(next("*/30 2,3 * * *", utc(2026, 10, 25, 0), 4, berlin()) ==
          Texts{"2026-10-25 00:30", "2026-10-25 02:00", "2026-10-25 02:30", "2026-10-26 01:00"});
    // The 10th of May comes twice here.
    CHECK(next("0 3,9 * * *", utc(2026, 5, 9, 12), 3, day_twice()) ==
          Texts{"2026-05-09 15:00", "2026-05-09 21:00", "2026-05-11 15:00"});
}

TEST_CASE("asked in the middle of what is shown again, the second showing does not count") {
    const Cron half_past = cron("30 2 * * *");
    for (const auto after : {0min, 30min, 59min, 60min, 61min, 90min, 119min, 120min}) {
        const WallTime asked = utc(2026, 10, 25, 0, 30) + after;
        CHECK(text(half_past.next_after(asked, berlin())) == "2026-10-26 01:30");
    }
}

TEST_CASE("asked in the middle of what is shown again, the first time beyond it counts") {
    CHECK(next("0 3 * * *", utc(2026, 10, 25, 1, 30), 1, berlin()) == Texts{"2026-10-25 02:00"});
    CHECK(next("59 2 * * *", utc(2026, 10, 25, 1, 30), 1, berlin()) == Texts{"2026-10-26 01:59"});
    // As far as clocks can be set back: what was shown on the 10th comes again up to the 12th.
    const Zone far{"far", {{WallTime::min(), 24h}, {utc(2026, 5, 10), -24h}}};
    CHECK(next("0 12 * * *", utc(2026, 5, 9), 2, far) ==
          Texts{"2026-05-09 12:00", "2026-05-12 12:00"});
    CHECK(next("0 12 * * *", utc(2026, 5, 11, 20), 1, far) == Texts{"2026-05-12 12:00"});
    CHECK(next("0 12 * * *", utc(2026, 5, 11, 10), 1, far) == Texts{"2026-05-12 12:00"});
    CHECK(next("0 20 * * *", utc(2026, 5, 11, 10), 1, far) == Texts{"2026-05-12 20:00"});
    CHECK(next("0 0 * * *", utc(2026, 5, 11, 23), 1, far) == Texts{"2026-05-12 00:00"});
}

TEST_CASE("what runs in every hour goes by elapsed time") {
    CHECK(next("30 * * * *", utc(2026, 3, 29, 0), 3, berlin()) ==
          Texts{"2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 02:30"});
    CHECK(next("30 * * * *", utc(2026, 10, 25, 0), 3, berlin()) ==
          Texts{"2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30"});
    CHECK(next("@hourly", utc(2026, 10, 25, 0), 3, berlin()) ==
          Texts{"2026-10-25 01:00", "2026-10-25 02:00", "2026-10-25 03:00"});
    // Lord Howe sets its clocks by half an hour.
    CHECK(next("*/30 * * * *", utc(2026, 4, 4, 14, 29), 4, lord_howe()) ==
          Texts{"2026-04-04 14:30", "2026-04-04 15:00", "2026-04-04 15:30", "2026-04-04 16:00"});
    CHECK(next("*/30 * * * *", utc(2026, 10, 3, 15), 3, lord_howe()) ==
          Texts{"2026-10-03 15:30", "2026-10-03 16:00", "2026-10-03 16:30"});
}

TEST_CASE("a restricted day holds for what runs in every hour too") {
    CHECK(next("0 * 10 5 *", utc(2026, 5, 10, 10), 3, day_twice()) ==
          Texts{"2026-05-10 11:00", "2026-05-10 12:00", "2026-05-10 13:00"});
    CHECK(next("0 * 30 12 *", utc(2011, 12, 30, 8), 1, apia()) == Texts{"2012-12-29 10:00"});
    CHECK(next("0 * 1 7 *", utc(2026, 7, 1, 21, 30), 1, berlin()) == Texts{"2027-06-30 22:00"});
}

TEST_CASE("all twenty-four hours are the same as a star") {
    for (const auto* hours : {"*", "*/1", "0-23", "0-11,12-23"}) {
        const std::string expression = std::string("30 ") + hours + " * * *";
        CHECK(next(expression, utc(2026, 10, 25, 0), 2, berlin()) ==
              Texts{"2026-10-25 00:30", "2026-10-25 01:30"});
    }
    CHECK(next("30 1-23 * * *", utc(2026, 10, 25, 0), 2, berlin()) ==
          Texts{"2026-10-25 00:30", "2026-10-25 02:30"});
}

TEST_CASE("time has two ends") {
    const Cron daily = cron("@daily");
    const Cron hourly = cron("@hourly");
    for (const Cron& each : {daily, hourly}) {
        for (const Zone& zone : {Zone{}, berlin(), apia()}) {
            CHECK_FALSE(each.next_after(WallTime::max(), zone).has_value());
            CHECK_FALSE(each.next_after(utc(10'000, 1, 1), zone).has_value());
            const auto first = each.next_after(WallTime::min(), zone);
            REQUIRE(first.has_value());
            CHECK(*first >= utc(1, 1, 1));
            CHECK(*first < utc(1, 1, 3));
        }
    }
    CHECK(text(daily.next_after(utc(9999, 12, 30), {})) == "9999-12-31 00:00");
    CHECK_FALSE(daily.next_after(utc(9999, 12, 31), {}).has_value());
    CHECK(text(daily.next_after(utc(1969, 12, 30, 1), {})) == "1969-12-31 00:00");
}

TEST_CASE("the last instant of a span includes the span's end and not its beginning") {
    const Cron daily = cron("0 3 * * *");
    const auto last = [&](WallTime after, WallTime until) {
        return text(daily.last_in(after, until, berlin()));
    };
    CHECK(last(utc(2020, 1, 1), utc(2026, 7, 1, 12)) == "2026-07-01 01:00");
    CHECK(last(utc(2020, 1, 1), utc(2026, 7, 1, 1)) == "2026-07-01 01:00");
    CHECK(last(utc(2020, 1, 1), utc(2026, 7, 1, 1) - 1us) == "2026-06-30 01:00");
    CHECK(last(utc(2026, 6, 30, 1), utc(2026, 7, 1, 1) - 1us) == "never");
    CHECK(last(utc(2026, 6, 30, 1) - 1us, utc(2026, 7, 1, 1) - 1us) == "2026-06-30 01:00");
    CHECK(last(utc(2026, 7, 1), utc(2026, 7, 1)) == "never");
    CHECK(last(utc(2026, 7, 2), utc(2026, 7, 1)) == "never");
    CHECK(last(WallTime::min(), WallTime::max()) == "9999-12-31 02:00");
    CHECK(text(cron("0 0 29 2 *").last_in(utc(1, 1, 1), utc(2026, 1, 1), {})) ==
          "2024-02-29 00:00");
}

TEST_CASE("a table of a zone that is out of order is told from a good one") {
    CHECK(is_well_formed({}));
    CHECK(is_well_formed(berlin()));
    CHECK_FALSE(is_well_formed({"empty", {}}));
    CHECK_FALSE(is_well_formed({"late", {{utc(1970, 1, 1), 0s}}}));
    CHECK_FALSE(is_well_formed({"twice", {{WallTime::min(), 0s}, {WallTime::min(), 1h}}}));
    CHECK_FALSE(is_well_formed(
        {"back", {{WallTime::min(), 0s}, {utc(2027, 1, 1), 1h}, {utc(2026, 1, 1), 2h}}}));
    CHECK(is_well_formed({"far", {{WallTime::min(), 24h}}}));
    CHECK(is_well_formed({"far", {{WallTime::min(), -24h}}}));
    CHECK_FALSE(is_well_formed({"too far", {{WallTime::min(), 24h + 1us}}}));
    CHECK_FALSE(is_well_formed({"too far", {{WallTime::min(), -24h - 1us}}}));
}
