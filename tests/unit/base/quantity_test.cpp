// tests: numbers with units, exactly and up to their last bit.
#include "common/base/quantity.hpp"

#include <array>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"

using namespace steward::base;

namespace {

constexpr std::array kUnits = {Unit{"g", 1}, Unit{"kg", 1000}, Unit{"t", 1'000'000}};

std::optional<std::uint64_t> grams(std::string_view text) {
    return parse_quantity(text, kUnits);
}

}  // namespace

TEST_CASE("a quantity is a number and a unit, exactly") {
    CHECK(grams("0g") == 0U);
    CHECK(grams("7g") == 7U);
    CHECK(grams("007kg") == 7000U);
    CHECK(grams("1.5kg") == 1500U);
    CHECK(grams("0.000001t") == 1U);
    CHECK(grams("1.0g") == 1U);
    for (const char* bad : {"",
                            "7",
                            "g",
                            "7G",
                            "7 g",
                            " 7g",
                            "7g ",
                            "-7g",
                            "+7g",
                            ".5kg",
                            "1.kg",
                            "0.5g",
                            "1.2.3kg",
                            "1,5kg",
                            "0.0000001t",
                            "1e3g",
                            "0x7g"}) {
        CAPTURE(bad);
        CHECK_FALSE(grams(bad).has_value());
    }
}

TEST_CASE("a quantity holds 64 bits, its number 18 digits on either side of the point") {
    CHECK(grams("18446744073709.551615t") == UINT64_MAX);
    CHECK_FALSE(grams("18446744073709.551616t").has_value());
    CHECK(grams("999999999999999999g") == 999'999'999'999'999'999U);
    CHECK_FALSE(grams("1000000000000000000g").has_value());
    CHECK(grams("0.001000000000000000kg") == 1U);
    CHECK_FALSE(grams("0.0010000000000000000kg").has_value());
    CHECK_FALSE(grams(std::string(1'000'000, '9')).has_value());
}

TEST_CASE("a decimal is taken off the front and leaves the rest") {
    std::string_view text = "12.050/min";
    const auto number = take_decimal(text);
    REQUIRE(number.has_value());
    CHECK(number->whole == 12);
    CHECK(number->fraction == 50);
    CHECK(number->scale == 1000);
    CHECK(text == "/min");
}

TEST_CASE("a quantity is printed in the largest unit that divides it") {
    CHECK(quantity_text(0, kUnits) == "0g");
    CHECK(quantity_text(999, kUnits) == "999g");
    CHECK(quantity_text(1500, kUnits) == "1500g");
    CHECK(quantity_text(15'000, kUnits) == "15kg");
    CHECK(quantity_text(3'000'000, kUnits) == "3t");
    Prng prng(1);
    for (int i = 0; i < 10'000; ++i) {
        const std::uint64_t value = prng.below(1'000'000'000'000'000'000) >> prng.below(60);
        CHECK(grams(quantity_text(value, kUnits)) == value);
    }
}

TEST_CASE("a size counts bytes in binary units") {
    CHECK(parse_size("512B") == 512U);
    CHECK(parse_size("1.5KiB") == 1536U);
    CHECK(parse_size("512MiB") == 512ULL << 20U);
    CHECK(parse_size("17179869183GiB") == 17179869183ULL << 30U);
    CHECK_FALSE(parse_size("17179869184GiB").has_value());
    CHECK_FALSE(parse_size("512").has_value());
    CHECK_FALSE(parse_size("512MB").has_value());
    CHECK(size_text(1ULL << 30U) == "1GiB");
    CHECK(size_text(0) == "0B");
}
