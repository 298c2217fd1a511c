// tests: random expressions in random zones against an oracle that looks at every minute.
#include <array>
#include <bitset>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"
#include "tests/unit/calendar/calendar_fixture.hpp"

using namespace steward;
using namespace steward::calendar;
using namespace steward::calendar::test;

namespace {

/// Sets of numbers and a text for them, drawn together: the oracle shares no parser.
struct Drawn {
    std::array<std::set<unsigned>, 5> fields;
    std::array<bool, 5> has_star{};
    std::string text;
};

constexpr std::array<std::array<unsigned, 2>, 5> kSpans = {
    {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}}};

void draw_field(base::Prng& prng, std::size_t i, Drawn& out) {
    const auto [first, last] = kSpans.at(i);
    const auto value = [&, first = first, last = last] {
        return first + static_cast<unsigned>(prng.below(last - first + 1));
    };
    auto& set = out.fields.at(i);
    const auto step_through = [&set](unsigned from, unsigned to, unsigned step) {
        for (unsigned n = from; n <= to; n += step) {
            set.insert(n);
        }
    };
    const std::uint64_t items = prng.chance(1, 2) ? 1 : 1 + prng.below(3);
    for (std::uint64_t item = 0; item < items; ++item) {
        out.text += item == 0 ? (i == 0 ? "" : " ") : ",";
        const unsigned step = 1 + static_cast<unsigned>(prng.below(last));
        const unsigned low = value();
        const unsigned high = low + static_cast<unsigned>(prng.below(last - low + 1));
        const std::string range = std::to_string(low) + '-' + std::to_string(high);
        switch (prng.below(6)) {
            case 0:
            case 1:
                out.text += '*';
                out.has_star.at(i) = out.has_star.at(i) || item == 0;
                step_through(first, last, 1);
                break;
            case 2:
                out.text += "*/" + std::to_string(step);
                out.has_star.at(i) = out.has_star.at(i) || item == 0;
                step_through(first, last, step);
                break;
            case 3:
                out.text += range;
                step_through(low, high, 1);
                break;
            case 4:
                out.text += range + '/' + std::to_string(step);
                step_through(low, high, step);
                break;
            default:
                out.text += std::to_string(low);
                set.insert(low);
                break;
        }
    }
}

Drawn draw_expression(base::Prng& prng) {
    Drawn out;
    for (std::size_t i = 0; i < 5; ++i) {
        draw_field(prng, i, out);
    }
    return out;
}

/// Minutes since 1970 that a clock on the wall shows.
using LocalMinute = std::int64_t;

class Oracle {
public:
    Oracle(const Drawn& drawn, const Zone& zone) : drawn_(&drawn), zone_(&zone) {}

    /// Looks at every minute from some days before `after` on, up to `until`.
    std::optional<WallTime> next_after(WallTime after, WallTime until) {
        const bool by_elapsed_time = drawn_->fields[1].size() == 24;
        std::size_t i = 0;
        const WallTime begin = std::chrono::floor<std::chrono::minutes>(after) - 72h;
        LocalMinute shown = INT64_MIN;
        for (WallTime now = begin; now <= until; now += 1min) {
            while (i + 1 < zone_->changes.size() && zone_->changes[i + 1].since <= now) {
                ++i;
            }
            const LocalMinute local = std::chrono::duration_cast<std::chrono::minutes>(
                                          now.time_since_epoch() + zone_->changes[i].offset)
                                          .count();
            bool is_due = by_elapsed_time && fits(local);
            if (!by_elapsed_time && shown != INT64_MIN) {
                for (LocalMinute minute = shown + 1; minute <= local && !is_due; ++minute) {
                    is_due = fits(minute);
                }
            }
            shown = std::max(shown, local);
            if (is_due && now > after) {
                return now;
            }
        }
        return std::nullopt;
    }

private:
    bool fits(LocalMinute minute) {
        const std::int64_t day = minute >= 0 ? minute / 1440 : (minute - 1439) / 1440;
        const auto in_day = static_cast<unsigned>(minute - day * 1440);
        return drawn_->fields[0].contains(in_day % 60) && drawn_->fields[1].contains(in_day / 60) &&
               day_fits(day);
    }

    bool day_fits(std::int64_t day) {
        if (const auto known = days_.find(day); known != days_.end()) {
            return known->second;
        }
        const std::chrono::sys_days when{std::chrono::days(day)};
        const std::chrono::year_month_day date(when);
        const bool month = drawn_->fields[3].contains(static_cast<unsigned>(date.month()));
        const bool by_date = drawn_->fields[2].contains(static_cast<unsigned>(date.day()));
        const bool by_weekday = drawn_->fields[4].contains(std::chrono::weekday(when).c_encoding());
        const bool either = !drawn_->has_star[2] && !drawn_->has_star[4];
        const bool fit = month && (either ? by_date || by_weekday : by_date && by_weekday);
        days_[day] = fit;
        return fit;
    }

    const Drawn* drawn_;
    const Zone* zone_;
    std::map<std::int64_t, bool> days_;
};

/// Whole minutes, up to a day each way; changes may be hours apart.
Zone draw_zone(base::Prng& prng) {
    Zone zone{"drawn", {{WallTime::min(), Duration::zero()}}};
    const auto offset = [&prng] {
        const auto most = static_cast<std::uint64_t>(prng.chance(1, 4) ? 24 * 60 : 3 * 60);
        return std::chrono::minutes(static_cast<std::int64_t>(prng.below(2 * most + 1)) -
                                    static_cast<std::int64_t>(most));
    };
    zone.changes[0].offset = offset();
    WallTime since = utc(2027, 12, 1);
    while (zone.changes.size() < 12) {
        const std::uint64_t minutes = prng.chance(1, 3) ? 60 * 50 : std::uint64_t{60} * 24 * 90;
        since += std::chrono::minutes(1 + prng.below(minutes));
        zone.changes.push_back({since, offset()});
    }
    return zone;
}

WallTime draw_instant(base::Prng& prng, const Zone& zone) {
    const WallTime somewhen =
        utc(2027, 12, 15) + std::chrono::seconds(prng.below(std::uint64_t{500} * 86'400));
    if (zone.changes.size() < 2 || prng.chance(1, 3)) {
        return somewhen;
    }
    const auto& change = zone.changes[1 + prng.below(zone.changes.size() - 1)];
    return change.since + std::chrono::seconds(prng.below(360'000)) - 50h;
}

}  // namespace

TEST_CASE("next_after agrees with an oracle that looks at every minute") {
    base::Prng prng(20'260'329);
    std::size_t compared = 0;
    std::size_t found = 0;
    for (int round = 0; round < 1500; ++round) {
        const Drawn drawn = draw_expression(prng);
        const auto parsed = Cron::parse(drawn.text);
        if (!parsed) {
            CHECK(parsed.error().message.find("never comes") != std::string::npos);
            continue;
        }
        const std::array zones = {Zone{}, berlin(), lord_howe(), draw_zone(prng), draw_zone(prng)};
        const Zone& zone = zones.at(prng.below(zones.size()));
        Oracle oracle(drawn, zone);
        WallTime after = draw_instant(prng, zone);
        for (int i = 0; i < 4; ++i) {
            const WallTime until = after + 24h * 70;
            const auto expected = oracle.next_after(after, until);
            const auto got = parsed->next_after(after, zone);
            ++compared;
            CAPTURE(drawn.text);
            CAPTURE(zone.name);
            CAPTURE(text(after));
            if (!expected) {
                CHECK((!got || *got > until));
                break;
            }
            ++found;
            REQUIRE(text(got) == text(expected));
            after = *got;
        }
    }
    CHECK(compared > 2000);
    CHECK(found > 1500);
}

TEST_CASE("last_in is the last of those that next_after gives") {
    base::Prng prng(7);
    for (int round = 0; round < 500; ++round) {
        const Drawn drawn = draw_expression(prng);
        const auto parsed = Cron::parse(drawn.text);
        if (!parsed) {
            continue;
        }
        const Zone zone = draw_zone(prng);
        const WallTime after = draw_instant(prng, zone);
        const WallTime until = after + std::chrono::seconds(prng.below(400'000));
        std::optional<WallTime> expected;
        for (auto each = parsed->next_after(after, zone); each && *each <= until;
             each = parsed->next_after(*each, zone)) {
            expected = each;
        }
        CAPTURE(drawn.text);
        CHECK(text(parsed->last_in(after, until, zone)) == text(expected));
    }
}
