// tests: whole numbers as text.
#include "common/base/whole_number.hpp"

#include <cstdint>

#include <doctest/doctest.h>

using steward::base::parse_whole;

TEST_CASE("a whole number is the whole text") {
    CHECK(parse_whole<int>("0") == 0);
    CHECK(parse_whole<int>("-17") == -17);
    CHECK(parse_whole<unsigned>("007") == 7);
    for (const char* text : {"", "-", "+1", " 1", "1 ", "1.0", "1x", "x1", "0x1", "1\n", "--1"}) {
        CAPTURE(text);
        CHECK(!parse_whole<int>(text));
    }
    CHECK(!parse_whole<int>(std::string_view("1\0", 2)));
    CHECK(!parse_whole<unsigned>("-1"));
}

TEST_CASE("a whole number fits, or is none") {
    CHECK(parse_whole<std::uint8_t>("255") == 255);
    CHECK(!parse_whole<std::uint8_t>("256"));
    CHECK(parse_whole<std::int64_t>("-9223372036854775808") == INT64_MIN);
    CHECK(!parse_whole<std::int64_t>("-9223372036854775809"));
    CHECK(parse_whole<std::uint64_t>("18446744073709551615") == UINT64_MAX);
    CHECK(!parse_whole<std::uint64_t>("18446744073709551616"));
}

TEST_CASE("a whole number may have another radix") {
    CHECK(parse_whole<std::uint64_t>("00000000000000fF", 16) == 255);
    CHECK(!parse_whole<std::uint64_t>("fg", 16));
    CHECK(!parse_whole<std::uint64_t>("0xff", 16));
}
