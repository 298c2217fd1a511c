// tests: lists through the elements of a slot map.
#include "common/base/linked_list.hpp"

#include <deque>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"
#include "common/base/slot_map.hpp"

using namespace steward::base;

namespace {

struct Item {
    int value = 0;
    Links<Item> here;
    Links<Item> there;
};

using Items = SlotMap<Item>;
using Here = LinkedList<Item, &Item::here>;
using There = LinkedList<Item, &Item::there>;

std::vector<int> values(const Items& map, const Here& list) {
    std::vector<int> all;
    for (auto at = list.front(); at.names_something(); at = map.at(at).here.next) {
        all.push_back(map.at(at).value);
    }
    return all;
}

std::vector<int> values_backwards(const Items& map, const Here& list) {
    std::vector<int> all;
    for (auto at = list.back(); at.names_something(); at = map.at(at).here.previous) {
        all.insert(all.begin(), map.at(at).value);
    }
    return all;
}

}  // namespace

TEST_CASE("elements stand in the order in which they were put at either end") {
    Items map;
    Here list;
    CHECK(list.empty());
    CHECK_FALSE(list.front().names_something());
    for (const int value : {2, 3}) {
        list.push_back(map, map.emplace(Item{value, {}, {}}));
    }
    list.push_front(map, map.emplace(Item{1, {}, {}}));
    CHECK(values(map, list) == std::vector{1, 2, 3});
    CHECK(values_backwards(map, list) == std::vector{1, 2, 3});
    CHECK(list.size() == 3);
}

TEST_CASE("an element can be in two lists and leaves only the one it is taken from") {
    Items map;
    Here here;
    There there;
    const auto item = map.emplace(Item{1, {}, {}});
    here.push_back(map, item);
    there.push_back(map, item);
    here.remove(map, item);
    CHECK(here.empty());
    CHECK(there.size() == 1);
    CHECK(there.front() == item);
    CHECK_FALSE(map.at(item).here.linked);
    here.push_front(map, item);
    CHECK(here.back() == item);
}

TEST_CASE("a long random use agrees with a deque") {
    Items map;
    Here list;
    std::deque<std::pair<int, Handle<Item>>> model;
    Prng prng(8);
    for (int i = 0; i < 5000; ++i) {
        const bool front = prng.chance(1, 2);
        if (model.empty() || (model.size() < 40 && prng.chance(1, 2))) {
            const auto handle = map.emplace(Item{i, {}, {}});
            front ? list.push_front(map, handle) : list.push_back(map, handle);
            front ? model.emplace_front(i, handle) : model.emplace_back(i, handle);
        } else {
            const auto victim =
                model.begin() + static_cast<std::ptrdiff_t>(prng.below(model.size()));
            list.remove(map, victim->second);
            map.erase(victim->second);
            model.erase(victim);
        }
        std::vector<int> expected;
        for (const auto& [value, handle] : model) {
            expected.push_back(value);
        }
        REQUIRE(values(map, list) == expected);
        REQUIRE(values_backwards(map, list) == expected);
        REQUIRE(list.size() == expected.size());
    }
}
