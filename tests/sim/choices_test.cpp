// tests/sim: where chance comes from.
#include "tests/sim/choices.hpp"

#include <set>

#include <doctest/doctest.h>

using namespace steward::sim;

TEST_CASE("choices: the same seed gives the same numbers, another seed others") {
    SeededChoices one(7);
    SeededChoices same(7);
    SeededChoices other(8);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const auto number = one.below(1000);
        CHECK(number == same.below(1000));
        differs = differs || number != other.below(1000);
    }
    CHECK(differs);
}

TEST_CASE("choices: a range includes both of its ends and nothing beyond") {
    SeededChoices choices(1);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 200; ++i) {
        seen.insert(choices.between(3, 5));
    }
    CHECK(seen == std::set<std::uint64_t>{3, 4, 5});
}

TEST_CASE(
    "choices: the odometer gives every sequence once, also where questions depend on answers") {
    Odometer all;
    std::set<std::string> seen;
    int runs = 0;
    while (all.next_sequence()) {
        ++runs;
        const auto first = all.below(3);
        if (first == 1) {
            (void)all.below(2);
        }
        (void)all.below(1);
        seen.insert(all.text());
    }
    CHECK(runs == 4);
    CHECK(seen == std::set<std::string>{"0 0", "1 0 0", "1 1 0", "2 0"});
}

TEST_CASE("choices: recorded bytes stay below each bound and end in zeros") {
    RecordedChoices choices(std::string("\x05\xff\x01\x02", 4));
    CHECK(choices.below(10) == 5);
    CHECK(choices.below(10) == 255 % 10);
    CHECK(choices.below(1) == 0);  // asks for no byte
    CHECK(choices.below(1000) == 0x0102 % 1000);
    CHECK(choices.used_up());
    CHECK(choices.below(1000) == 0);
}
