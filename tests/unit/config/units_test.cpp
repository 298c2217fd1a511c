// tests/unit/config: durations and sizes with their units.
#include "common/config/units.hpp"

#include <doctest/doctest.h>

using namespace steward::config;
using namespace std::chrono_literals;

TEST_CASE("a duration is a number and a unit") {
    CHECK(parse_duration("5s") == 5s);
    CHECK(parse_duration("250ms") == 250ms);
    CHECK(parse_duration("7us") == 7us);
    CHECK(parse_duration("2min") == 2min);
    CHECK(parse_duration("1h") == 1h);
    CHECK(parse_duration("1d") == 24h);
    CHECK(parse_duration("0s") == 0s);
    CHECK(parse_duration("0.8s") == 800ms);
    CHECK(parse_duration("1.000001s") == 1'000'001us);
}

TEST_CASE("a duration without a unit, or in another form, is refused") {
    for (const char* bad : {"",
                            "5",
                            "s",
                            "-5s",
                            "5 s",
                            "5S",
                            "5sec",
                            "1h30min",
                            ".5s",
                            "5.s",
                            "0x5s",
                            "1e3s",
                            "0.0000001s",
                            "+1s",
                            "5s "}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_duration(bad).has_value());
    }
}

TEST_CASE("a duration holds up to the last microsecond of 64 bits and not one more") {
    CHECK(parse_duration("106751991d").has_value());
    CHECK_FALSE(parse_duration("106751992d").has_value());
    CHECK_FALSE(parse_duration("99999999999999999999999999d").has_value());
    CHECK_FALSE(parse_duration(std::string(1'000'000, '9')).has_value());
}

TEST_CASE("a size is a number and a binary unit") {
    CHECK(parse_size("64MiB") == 64U << 20U);
    CHECK(parse_size("0B") == 0U);
    CHECK(parse_size("1.5KiB") == 1536U);
    CHECK(parse_size("8GiB") == 8ULL << 30U);
    for (const char* bad : {"", "64", "64MB", "64M", "1.0001B", "-1B", "17179869184GiB"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_size(bad).has_value());
    }
}

TEST_CASE("what is printed is read back as the same value") {
    for (const auto duration : {0us, 1us, 999us, 1000us, 1'500'000us, 3'600'000'000us}) {
        CHECK(parse_duration(duration_text(duration)) == duration);
    }
    for (const std::uint64_t size : {0ULL, 1ULL, 1023ULL, 1024ULL, 1536ULL, 64ULL << 20U}) {
        CHECK(parse_size(size_text(size)) == size);
    }
    CHECK(duration_text(90s) == "90s");
    CHECK(duration_text(120s) == "2min");
    CHECK(size_text(1536) == "1536B");
}
