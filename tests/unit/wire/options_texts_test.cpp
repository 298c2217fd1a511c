// tests/unit/wire: durations, instants and rates as people write them, exactly and at their bounds.
#include <algorithm>
#include <chrono>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"

namespace steward::wire {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using base::Errc;

void is_duration(std::string_view text, base::Duration expected) {
    CAPTURE(text);
    const auto read = parse_duration(text);
    REQUIRE(read);
    CHECK(*read == expected);
}

void is_instant(std::string_view text, base::Duration since_1970) {
    CAPTURE(text);
    const auto read = parse_instant(text);
    REQUIRE(read);
    CHECK(read->time_since_epoch() == since_1970);
}

void is_rate(std::string_view text, base::Duration spacing) {
    CAPTURE(text);
    const auto read = parse_rate(text);
    REQUIRE(read);
    CHECK(read->spacing == spacing);
}

template <class Parse>
void is_refused(Parse parse, const std::string& text) {
    CAPTURE(text);
    const auto read = parse(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Errc::BadOption);
}

// Of every size, up to ten years.
base::Duration duration(base::Prng& prng) {
    const auto most = static_cast<std::uint64_t>(kDurationMax.count());
    const std::uint64_t micros = prng.below(most + 1) >> prng.below(50);
    return base::Duration(static_cast<std::int64_t>(std::max<std::uint64_t>(micros, 1)));
}

}  // namespace

TEST_CASE("Durations are read exactly") {
    is_duration("250ms", 250ms);
    is_duration("30s", 30s);
    is_duration("5min", 5min);
    is_duration("1h", 1h);
    is_duration("1d", 24h);
    is_duration("0.8s", 800ms);
    is_duration("90", 90s);
    is_duration("0", 0s);
    is_duration("1.5", 1500ms);
    is_duration("0.1ms", 100us);
    is_duration("0.000001s", 1us);
    is_duration("0.000000999s", 0us);
    is_duration("1.000000001d", 24h + 86us);
    is_duration("0.999999999d", base::Duration(86'399'999'913));
    is_duration("007s", 7s);
    is_duration("3650d", kDurationMax);
    is_duration("315360000000ms", kDurationMax);
    is_duration("315360000.0", kDurationMax);
}

TEST_CASE("What is no duration is refused, with the text") {
    for (const std::string& text : {""s,
                                    "s"s,
                                    "ms"s,
                                    "-1s"s,
                                    "+1s"s,
                                    "1 s"s,
                                    " 1s"s,
                                    "1s "s,
                                    "1S"s,
                                    "1m"s,
                                    "1us"s,
                                    "1.s"s,
                                    ".5s"s,
                                    "1.2.3s"s,
                                    "1,5s"s,
                                    "1e3"s,
                                    "0x10"s,
                                    "inf"s,
                                    "1\0s"s,
                                    "1h30min"s,
                                    "1.0000000000s"s,
                                    "3650.000000001d"s,
                                    "315360000.000001"s,
                                    "18446744073709551616"s,
                                    "999999999999999999d"s}) {
        is_refused(parse_duration, text);
    }
    CHECK(parse_duration("soon").error().message.find("\"soon\"") != std::string::npos);
}

TEST_CASE("A duration's text is short and read back as the same") {
    CHECK(duration_text(0s) == "0s");
    CHECK(duration_text(250ms) == "250ms");
    CHECK(duration_text(90s) == "90s");
    CHECK(duration_text(48h) == "2d");
    CHECK(duration_text(7us) == "0.007ms");
    CHECK(duration_text(1'000'001us) == "1000.001ms");
    CHECK(duration_text(-1500ms) == "-1500ms");
    base::Prng prng(1);
    for (int i = 0; i < 20'000; ++i) {
        const base::Duration value = duration(prng);
        CHECK(parse_duration(duration_text(value)) == value);
    }
}

TEST_CASE("Instants are read in UTC and in any zone's offset, to the microsecond") {
    is_instant("1970-01-01T00:00:00Z", 0s);
    is_instant("2026-11-24T10:00:00Z", 1'795'514'400s);
    is_instant("2026-11-24T12:00:00+02:00", 1'795'514'400s);
    is_instant("2026-11-24T04:30:00-05:30", 1'795'514'400s);
    is_instant("2026-11-24T10:00:00+00:00", 1'795'514'400s);
    is_instant("2026-11-24T10:00:00.5Z", 1'795'514'400'500ms);
    is_instant("2026-11-24T10:00:00.000001Z", 1'795'514'400s + 1us);
    is_instant("2026-11-24T10:00:00.000000999Z", 1'795'514'400s);
    is_instant("2026-11-24T10:00:00.123456789+02:00", 1'795'507'200s + 123'456us);
    is_instant("2024-02-29T23:59:59Z", 1'709'251'199s);
    is_instant("2000-02-29T00:00:00Z", 951'782'400s);
    is_instant("1969-12-31T23:30:00-01:00", 1800s);
    is_instant("2100-01-01T01:59:59.999999+02:00", kRunAtMax.time_since_epoch());
    is_instant("2099-12-31T23:59:59.999999Z", kRunAtMax.time_since_epoch());
    is_instant("0", 0s);
    is_instant("1795514400.25", 1'795'514'400'250ms);
    is_instant("4102444799.999999", kRunAtMax.time_since_epoch());
}

TEST_CASE("What is no instant, or none between 1970 and 2100, is refused") {
    for (const char* text : {"",
                             "2026-11-24",
                             "2026-11-24T10:00:00",
                             "2026-11-24T10:00Z",
                             "2026-11-24 10:00:00Z",
                             "2026-11-24t10:00:00Z",
                             "2026-11-24T10:00:00z",
                             "2026-11-24T10:00:00Z ",
                             " 2026-11-24T10:00:00Z",
                             "2026-11-24T10:00:00+02",
                             "2026-11-24T10:00:00+0200",
                             "2026-11-24T10:00:00+24:00",
                             "2026-11-24T10:00:00+02:60",
                             "2026-11-24T10:00:00Z+02:00",
                             "2026-11-24T10:00:00.Z",
                             "2026-11-24T10:00:00.1234567890Z",
                             "2026-11-24T24:00:00Z",
                             "2026-11-24T10:60:00Z",
                             "2026-11-24T10:00:60Z",
                             "2026-00-24T10:00:00Z",
                             "2026-13-24T10:00:00Z",
                             "2026-11-00T10:00:00Z",
                             "2026-11-31T10:00:00Z",
                             "2026-02-29T10:00:00Z",
                             "2100-02-29T10:00:00Z",
                             "26-11-24T10:00:00Z",
                             "+2026-11-24T10:00:00Z",
                             "2026-1-24T10:00:00Z",
                             "1969-12-31T23:59:59Z",
                             "1970-01-01T00:59:59+01:00",
                             "2100-01-01T00:00:00Z",
                             "9999-12-31T23:59:59Z",
                             "4102444800",
                             "4102444799.9999991e9",
                             "1795514400000",
                             "99999999999999999999",
                             "-1",
                             "now"}) {
        is_refused(parse_instant, text);
    }
    is_refused(parse_instant, "2026-11-24T10:00:00Z\0"s);
    CHECK(parse_instant("now").error().message.find("\"now\"") != std::string::npos);
}

TEST_CASE("An instant's text is in UTC and read back as the same") {
    CHECK(instant_text(base::WallTime()) == "1970-01-01T00:00:00Z");
    CHECK(instant_text(base::WallTime(1'795'514'400s)) == "2026-11-24T10:00:00Z");
    CHECK(instant_text(kRunAtMax) == "2099-12-31T23:59:59.999999Z");
    CHECK(instant_text(base::WallTime(-1us)) == "1969-12-31T23:59:59.999999Z");
    base::Prng prng(2);
    const auto most = static_cast<std::uint64_t>(kRunAtMax.time_since_epoch().count());
    for (int i = 0; i < 20'000; ++i) {
        const base::WallTime at{
            base::Duration(static_cast<std::int64_t>(prng.below(most + 1) >> prng.below(50)))};
        CHECK(parse_instant(instant_text(at)) == at);
    }
}

TEST_CASE("A rate is a number in a time") {
    is_rate("5/s", 200ms);
    is_rate("5", 200ms);
    is_rate("0.5", 2s);
    is_rate("0.5/s", 2s);
    is_rate("100/min", 600ms);
    is_rate("1000/h", 3600ms);
    is_rate("10/d", 8640s);
    is_rate("1/90s", 90s);
    is_rate("2/1.5min", 45s);
    is_rate("1/0.007ms", 7us);
    is_rate("500/ms", 2us);
}

TEST_CASE("A rate that is no whole microsecond is rounded so that there are never more") {
    is_rate("3/s", 333'334us);
    is_rate("7/min", 8'571'429us);
    is_rate("999999/s", 2us);
}

TEST_CASE("A rate lies between one in ten years and one in a microsecond") {
    is_rate("1000000/s", 1us);
    is_rate("1000/ms", 1us);
    is_rate("1/3650d", kDurationMax);
    CHECK(parse_rate("0.000000003170979199/s"));
    for (const char* text : {"1000001/s",
                             "1000000.000000000000000001/s",
                             "1001/ms",
                             "999999999999999999/s",
                             "999999999999999999.999999999999999999/0.001ms",
                             "1/3651d",
                             "0.999999999/3650d",
                             "0.000000003170979198/s",
                             "0.000000000000000001/3650d"}) {
        is_refused(parse_rate, text);
    }
}

TEST_CASE("What is no rate is refused, with the text") {
    for (const char* text :
         {"",      "/s",    "5/",    "5/ s",  "5 /s", "-5/s",   "+5/s",  "0",    "0/s",
          "0.0",   "5/0s",  "5/x",   "5/us",  "5/S",  "5/min2", "5/s/s", ".5/s", "5./s",
          "1e3/s", "5/.5s", "5/-1s", "inf/s", "nan",  "5/year", "5s",    "many", "5/1e3s"}) {
        is_refused(parse_rate, text);
    }
    CHECK(parse_rate("many").error().message.find("\"many\"") != std::string::npos);
}

TEST_CASE("A rate's text is short and read back as the same") {
    const auto text = [](base::Duration spacing) { return rate_text({spacing}); };
    CHECK(text(200ms) == "5/s");
    CHECK(text(1us) == "1000000/s");
    CHECK(text(1s) == "1/s");
    CHECK(text(600ms) == "100/min");
    CHECK(text(333'334us) == "3/s");
    CHECK(text(90s) == "40/h");
    CHECK(text(24h) == "1/d");
    CHECK(text(48h) == "1/2d");
    CHECK(text(999'999us) == "1/999.999ms");
    CHECK(text(kDurationMax) == "1/3650d");
    for (std::int64_t spacing = 1; spacing < 5000; ++spacing) {
        is_rate(text(base::Duration(spacing)), base::Duration(spacing));
    }
    base::Prng prng(3);
    for (int i = 0; i < 20'000; ++i) {
        const base::Duration spacing = duration(prng);
        is_rate(text(spacing), spacing);
        is_rate(text(kDurationMax - spacing / 2), kDurationMax - spacing / 2);
    }
}

}  // namespace steward::wire
