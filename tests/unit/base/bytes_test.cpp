// tests: hex, little-endian integers, printable excerpts, UTF-8.
#include "common/base/bytes.hpp"

#include <cstdint>
#include <limits>
#include <string>

#include <doctest/doctest.h>

using namespace steward::base;

namespace {

std::string utf8_of(std::uint32_t point) {
    const auto tail = [&](unsigned shift) {
        return static_cast<char>(0x80U | ((point >> shift) & 0x3FU));
    };
    if (point < 0x80) {
        return {static_cast<char>(point)};
    }
    if (point < 0x800) {
        return {static_cast<char>(0xC0U | point >> 6U), tail(0)};
    }
    if (point < 0x10000) {
        return {static_cast<char>(0xE0U | point >> 12U), tail(6), tail(0)};
    }
    return {static_cast<char>(0xF0U | point >> 18U), tail(12), tail(6), tail(0)};
}

}  // namespace

TEST_CASE("hex comes back as the bytes it was made of") {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
        bytes.push_back(static_cast<char>(i));
    }
    CHECK(to_hex(std::string("\x00\xAB", 2)) == "00ab");
    CHECK(from_hex(to_hex(bytes)) == bytes);
    CHECK(from_hex("00aBCd") == std::string("\x00\xAB\xCD", 3));
    CHECK(from_hex("") == "");
}

TEST_CASE("what is no hex gives nothing") {
    for (const char* text : {"0", "abc", "0g", "g0", " 0", "0x", "0-"}) {
        CHECK_FALSE(from_hex(text).has_value());
    }
}

TEST_CASE("little-endian integers come back and are taken off the front") {
    std::string bytes;
    put_le(bytes, std::uint8_t{0x01});
    put_le(bytes, std::uint16_t{0x0203});
    put_le(bytes, std::uint32_t{0x04050607});
    put_le(bytes, std::int64_t{-2});
    CHECK(to_hex(bytes) == "01030207060504feffffffffffffff");
    std::string_view in = bytes;
    std::uint8_t a = 0;
    std::uint16_t b = 0;
    std::uint32_t c = 0;
    std::int64_t d = 0;
    CHECK(get_le(in, a));
    CHECK(get_le(in, b));
    CHECK(get_le(in, c));
    CHECK(get_le(in, d));
    CHECK(a == 1);
    CHECK(b == 0x0203);
    CHECK(c == 0x04050607);
    CHECK(d == -2);
    CHECK(in.empty());
}

TEST_CASE("an integer that is not all there leaves everything as it was") {
    for (std::size_t size = 0; size < 4; ++size) {
        const std::string bytes(size, 'x');
        std::string_view in = bytes;
        std::uint32_t value = 7;
        CHECK_FALSE(get_le(in, value));
        CHECK(value == 7);
        CHECK(in.size() == size);
    }
}

TEST_CASE("a printable excerpt shows odd bytes as numbers and is cut at its limit") {
    CHECK(printable("plain text") == "plain text");
    CHECK(printable("a\nb\x7F\xC3\xA9") == "a\\x0ab\\x7f\\xc3\\xa9");
    CHECK(printable("abcd", 4) == "abcd");
    CHECK(printable("abcde", 4) == "abcd…");
    CHECK(printable("", 0) == "");
    CHECK(printable("a", 0) == "…");
}

TEST_CASE("every code point but the surrogates is UTF-8") {
    for (std::uint32_t point = 0; point <= 0x10FFFF; ++point) {
        const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
        REQUIRE(is_utf8(utf8_of(point)) == !surrogate);
    }
    CHECK_FALSE(is_utf8(utf8_of(0x110000)));
}

TEST_CASE("of all two-byte strings exactly the well-formed are UTF-8") {
    int good = 0;
    for (unsigned pair = 0; pair < 0x10000; ++pair) {
        const std::string bytes{static_cast<char>(pair >> 8U), static_cast<char>(pair & 0xFFU)};
        good += is_utf8(bytes) ? 1 : 0;
    }
    // Two ASCII characters, or one of U+0080 to U+07FF.
    CHECK(good == 128 * 128 + (0x800 - 0x80));
}

TEST_CASE("overlong, cut and stray sequences are no UTF-8") {
    CHECK(is_utf8(""));
    CHECK(is_utf8("na\xC3\xAFve \xE2\x82\xAC \xF0\x9F\x98\x80"));
    for (const char* bad : {"\xC0\x80",
                            "\xC1\xBF",
                            "\xE0\x80\x80",
                            "\xE0\x9F\xBF",
                            "\xF0\x80\x80\x80",
                            "\xF0\x8F\xBF\xBF",
                            "\xF4\x90\x80\x80",
                            "\xF5\x80\x80\x80",
                            "\x80",
                            "\xBF",
                            "\xC3",
                            "\xE2\x82",
                            "\xF0\x9F\x98",
                            "\xC3\x28",
                            "\xE2\x28\xA1",
                            "\xFF",
                            "\xFE",
                            "\xED\xA0\x80",
                            "abc\x80"
                            "def"}) {
        CHECK_FALSE(is_utf8(bad));
    }
}
