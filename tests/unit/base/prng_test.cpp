// tests: the seeded generator.
#include "common/base/prng.hpp"

#include <array>
#include <vector>

#include <doctest/doctest.h>

using steward::base::Prng;

TEST_CASE("the numbers are those that splitmix64 gives everywhere") {
    Prng prng(1234567);
    CHECK(prng.next() == 6457827717110365317ULL);
    CHECK(prng.next() == 3203168211198807973ULL);
    CHECK(prng.next() == 9817491932198370423ULL);
    CHECK(prng.next() == 4593380528125082431ULL);
    CHECK(prng.next() == 16408922859458223821ULL);
}

TEST_CASE("the same seed gives the same numbers and another seed gives others") {
    Prng one(7);
    Prng same(7);
    Prng other(8);
    for (int i = 0; i < 100; ++i) {
        const auto number = one.next();
        CHECK(number == same.next());
        CHECK(number != other.next());
    }
}

TEST_CASE("a number below a bound is below it, and every one comes") {
    Prng prng(9);
    std::array<int, 10> seen{};
    for (int i = 0; i < 100'000; ++i) {
        ++seen.at(prng.below(10));
    }
    for (const int count : seen) {
        CHECK(count > 9'500);
        CHECK(count < 10'500);
    }
    for (int i = 0; i < 100; ++i) {
        CHECK(prng.below(1) == 0);
        CHECK(prng.below(UINT64_MAX) < UINT64_MAX);
    }
}

TEST_CASE("a chance of none never comes and a chance of all always does") {
    Prng prng(10);
    int hits = 0;
    for (int i = 0; i < 10'000; ++i) {
        CHECK_FALSE(prng.chance(0, 5));
        CHECK(prng.chance(5, 5));
        hits += prng.chance(1, 4) ? 1 : 0;
    }
    CHECK(hits > 2'300);
    CHECK(hits < 2'700);
}
