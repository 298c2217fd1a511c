// tests: the index that stores no keys.
#include "common/base/flat_index.hpp"

#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"
#include "common/base/slot_map.hpp"

using namespace steward::base;

namespace {

using Map = SlotMap<std::uint64_t>;  // the elements are their own keys
using Index = FlatIndex<Map::HandleType>;

Map::HandleType find(const Index& index, const Map& map, std::size_t hash, std::uint64_t key) {
    return index.find(hash, [&](auto handle) { return map.at(handle) == key; });
}

// Random use with the given hash, next to an ordered map.
void agree(std::size_t (*hash)(std::uint64_t)) {
    Map elements;
    Index index;
    std::map<std::uint64_t, Map::HandleType> model;
    Prng prng(6);
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t key = prng.below(700);
        const auto found = model.find(key);
        if (found == model.end()) {
            REQUIRE_FALSE(find(index, elements, hash(key), key).names_something());
            const auto handle = elements.emplace(key);
            index.insert(hash(key), handle);
            model.emplace(key, handle);
        } else {
            REQUIRE(find(index, elements, hash(key), key) == found->second);
            if (prng.chance(2, 3)) {
                index.erase(hash(key), found->second);
                elements.erase(found->second);
                model.erase(found);
            }
        }
        REQUIRE(index.size() == model.size());
    }
    for (const auto& [key, handle] : model) {
        REQUIRE(find(index, elements, hash(key), key) == handle);
    }
}

}  // namespace

TEST_CASE("an empty index finds nothing") {
    const Index index;
    CHECK(index.size() == 0);
    CHECK_FALSE(index.find(5, [](auto) { return true; }).names_something());
}

TEST_CASE("the index agrees with a plain map under a good hash") {
    agree([](std::uint64_t key) { return static_cast<std::size_t>(key * 0x9E3779B97F4A7C15ULL); });
}

TEST_CASE("the index agrees with a plain map when many hashes are alike") {
    agree([](std::uint64_t key) { return static_cast<std::size_t>(key % 7); });
}

TEST_CASE("the index agrees with a plain map when only high bits differ") {
    agree([](std::uint64_t key) { return static_cast<std::size_t>(key << 40U); });
}
