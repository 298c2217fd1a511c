// tests: zones of the system's database as tables, names that are none, a machine without database.
#include "common/zones/load_zone.hpp"

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>

#include <doctest/doctest.h>

#include "common/calendar/cron.hpp"

using namespace steward;
using namespace std::chrono_literals;
using base::WallTime;

namespace {

WallTime utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0) {
    const std::chrono::sys_days date =
        std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
    return WallTime(date.time_since_epoch() + std::chrono::hours(hour) +
                    std::chrono::minutes(minute));
}

base::Duration offset_at(const model::Zone& zone, WallTime instant) {
    base::Duration offset{};
    for (const model::ZoneChange& change : zone.changes) {
        if (change.since <= instant) {
            offset = change.offset;
        }
    }
    return offset;
}

/// For the life of the object, this variable of the environment has this value.
class Environment {
public:
    Environment(std::string name, const char* value) : name_(std::move(name)) {
        if (const char* before = std::getenv(name_.c_str())) {
            before_ = before;
        }
        ::setenv(name_.c_str(), value, 1);
    }

    ~Environment() {
        if (before_) {
            ::setenv(name_.c_str(), before_->c_str(), 1);
        } else {
            ::unsetenv(name_.c_str());
        }
    }

    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

private:
    std::string name_;
    std::optional<std::string> before_;
};

void check_unknown(std::string_view name, std::string_view shown) {
    CAPTURE(name);
    const auto zone = zones::load_zone(name);
    REQUIRE_FALSE(zone.has_value());
    CHECK(zone.error().code == base::Errc::BadOption);
    CAPTURE(zone.error().message);
    CHECK(zone.error().message.find("no time zone is called") != std::string::npos);
    CHECK(zone.error().message.find(shown) != std::string::npos);
}

/// Compares with the C library, which reads the same files with other code.
void check_against_libc(const std::string& name) {
    CAPTURE(name);
    const auto zone = zones::load_zone(name);
    REQUIRE(zone.has_value());
    CHECK(zone->name == name);
    CHECK(calendar::is_well_formed(*zone));
    const Environment here("TZ", name.c_str());
    ::tzset();
    for (WallTime at = utc(1970, 1, 1); at < utc(2099, 12, 31); at += 61h) {
        const std::time_t seconds =
            std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
        std::tm local{};
        REQUIRE(::localtime_r(&seconds, &local) != nullptr);
        CAPTURE(seconds);
        REQUIRE(offset_at(*zone, at) == std::chrono::seconds(local.tm_gmtoff));
    }
}

}  // namespace

TEST_CASE("Berlin's clocks change when they do, this year and long after the files' last entry") {
    const auto zone = zones::load_zone("Europe/Berlin");
    REQUIRE(zone.has_value());
    CHECK(zone->name == "Europe/Berlin");
    CHECK(calendar::is_well_formed(*zone));
    for (const auto& [spring, autumn] : {std::pair(utc(2026, 3, 29, 1), utc(2026, 10, 25, 1)),
                                         std::pair(utc(2038, 3, 28, 1), utc(2038, 10, 31, 1)),
                                         std::pair(utc(2099, 3, 29, 1), utc(2099, 10, 25, 1))}) {
        CHECK(offset_at(*zone, spring - 1us) == 1h);
        CHECK(offset_at(*zone, spring) == 2h);
        CHECK(offset_at(*zone, autumn - 1us) == 2h);
        CHECK(offset_at(*zone, autumn) == 1h);
    }
    CHECK(offset_at(*zone, WallTime::min()) == 1h);
    CHECK(offset_at(*zone, WallTime::max()) == 1h);
    CHECK(zone->changes.back().since == utc(2099, 10, 25, 1));
    CHECK(zone->changes.size() < 300);
}

TEST_CASE("zones of every kind agree with the C library from 1970 to 2099") {
    for (const auto* name : {"Europe/Berlin",
                             "Europe/Dublin",  // summer is standard time there
                             "America/New_York",
                             "America/Sao_Paulo",
                             "America/St_Johns",   // half hours
                             "America/Nuuk",       // changes the day before
                             "Africa/Casablanca",  // Ramadan
                             "Africa/Monrovia",    // seconds, until 1972
                             "Asia/Kolkata",
                             "Asia/Kathmandu",
                             "Asia/Gaza",            // hours beyond 24 in its rule
                             "Australia/Lord_Howe",  // half an hour of summer time
                             "Pacific/Apia",         // a day that was not
                             "Antarctica/Troll",     // two hours of summer time
                             "Etc/GMT-14",
                             "EST5EDT"}) {
        check_against_libc(name);
    }
}

TEST_CASE("a zone without changes is one row") {
    const auto zone = zones::load_zone("Etc/GMT+5");
    REQUIRE(zone.has_value());
    CHECK(*zone == model::Zone{"Etc/GMT+5", {{WallTime::min(), -5h}}});
}

TEST_CASE("UTC is the zone that schedules have when they name none") {
    CHECK(zones::load_zone("UTC") == model::Zone{});
}

TEST_CASE("a name that is in no database is refused, and what would lead out of it too") {
    check_unknown("Europe/Berln", "\"Europe/Berln\"");
    check_unknown("europe/berlin", "\"europe/berlin\"");
    check_unknown("", "\"\"");
    check_unknown("Europe", "\"Europe\"");
    check_unknown("zone1970.tab", "zone1970.tab");
    check_unknown("/etc/localtime", "/etc/localtime");
    check_unknown("/usr/share/zoneinfo/Europe/Berlin", "/usr/share");
    check_unknown("../zoneinfo/Europe/Berlin", "../");
    check_unknown("Europe/../UTC", "..");
    check_unknown("Europe//Berlin", "//");
    check_unknown("Europe/Berlin/", "Berlin/");
    check_unknown("file:Europe/Berlin", "file:");
    check_unknown("Fixed/UTC+01:00:00", "Fixed");
    check_unknown("CET-1CEST,M3.5.0,M10.5.0/3", "CET-1");
    check_unknown(std::string_view("Europe/Berlin\0", 14), "\\x00");
    check_unknown(std::string(100'000, 'a'), "aaa");
}

TEST_CASE("a file that is no zone is refused") {
    check_unknown("leapseconds", "leapseconds");
}

TEST_CASE("a machine without a database says which package it lacks; UTC needs none") {
    const Environment nowhere("TZDIR", "/nonexistent/zoneinfo");
    const auto zone = zones::load_zone("Europe/Paris");
    REQUIRE_FALSE(zone.has_value());
    CHECK(zone.error().code == base::Errc::BadOption);
    CHECK(zone.error().message ==
          "the time zone \"Europe/Paris\" cannot be looked up: this machine has no time zone "
          "database in /nonexistent/zoneinfo; install the package tzdata");
    CHECK(zones::load_zone("UTC").has_value());
}

TEST_CASE("a database that was missing is found when it is there") {
    {
        const Environment nowhere("TZDIR", "/nonexistent/zoneinfo");
        CHECK_FALSE(zones::load_zone("Europe/Madrid").has_value());
    }
    CHECK(zones::load_zone("Europe/Madrid").has_value());
}
