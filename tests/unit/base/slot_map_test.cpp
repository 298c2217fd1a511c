// tests: elements under handles that know when they are stale.
#include "common/base/slot_map.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"

using steward::base::Handle;
using steward::base::Prng;
using steward::base::SlotMap;

TEST_CASE("an element is found by its handle until it is erased") {
    SlotMap<std::string> map;
    const auto handle = map.emplace("one");
    REQUIRE(map.find(handle) != nullptr);
    CHECK(map.at(handle) == "one");
    CHECK(map.size() == 1);
    map.erase(handle);
    CHECK(map.find(handle) == nullptr);
    CHECK(map.size() == 0);
}

TEST_CASE("a handle that names nothing finds nothing") {
    SlotMap<int> map;
    CHECK_FALSE(Handle<int>{}.names_something());
    CHECK(map.find({}) == nullptr);
    CHECK(map.find({0, 0}) == nullptr);
    const auto handle = map.emplace(1);
    CHECK(handle.names_something());
    CHECK(map.find({}) == nullptr);
    CHECK(map.find({handle.slot + 1, 0}) == nullptr);
    CHECK(map.find({handle.slot, handle.generation + 1}) == nullptr);
    CHECK(map.find({1'000'000, 0}) == nullptr);
}

TEST_CASE("a handle stays stale when its slot is used again") {
    SlotMap<int> map;
    const auto old = map.emplace(1);
    map.erase(old);
    const auto fresh = map.emplace(2);
    CHECK(fresh.slot == old.slot);
    CHECK(fresh.generation != old.generation);
    CHECK(map.find(old) == nullptr);
    CHECK(map.at(fresh) == 2);
}

TEST_CASE("elements do not move when the map grows") {
    SlotMap<int> map;
    std::vector<std::pair<Handle<int>, int*>> places;
    for (int i = 0; i < 5000; ++i) {
        const auto handle = map.emplace(i);
        places.emplace_back(handle, map.find(handle));
    }
    for (int i = 0; i < 5000; ++i) {
        const auto& [handle, address] = places[static_cast<std::size_t>(i)];
        REQUIRE(map.find(handle) == address);
        REQUIRE(*address == i);
    }
}

TEST_CASE("elements are destroyed when erased and when the map goes") {
    const auto counted = std::make_shared<int>(0);
    {
        SlotMap<std::shared_ptr<int>> map;
        const auto first = map.emplace(counted);
        (void)map.emplace(counted);
        CHECK(counted.use_count() == 3);
        map.erase(first);
        CHECK(counted.use_count() == 2);
    }
    CHECK(counted.use_count() == 1);
}

TEST_CASE("walking the slots meets every element once") {
    SlotMap<int> map;
    std::vector<Handle<int>> handles;
    for (int i = 0; i < 10; ++i) {
        handles.push_back(map.emplace(1 << i));
    }
    map.erase(handles[3]);
    map.erase(handles[9]);
    int sum = 0;
    for (std::uint32_t slot = 0; slot < map.slots(); ++slot) {
        if (const auto handle = map.handle_at(slot); handle.names_something()) {
            sum += map.at(handle);
        }
    }
    CHECK(sum == 1023 - (1 << 3) - (1 << 9));
}

TEST_CASE("a long random use agrees with a plain map") {
    SlotMap<std::uint64_t> map;
    std::map<Handle<std::uint64_t>, std::uint64_t> model;
    std::vector<Handle<std::uint64_t>> stale;
    Prng prng(3);
    for (int i = 0; i < 50'000; ++i) {
        if (model.empty() || prng.chance(11, 20)) {
            const std::uint64_t value = prng.next();
            model.emplace(map.emplace(value), value);
        } else {
            const auto victim = std::next(
                model.begin(),
                static_cast<std::ptrdiff_t>(prng.below(std::min<std::size_t>(model.size(), 50))));
            map.erase(victim->first);
            stale.push_back(victim->first);
            model.erase(victim);
        }
        REQUIRE(map.size() == model.size());
    }
    for (const auto& [handle, value] : model) {
        REQUIRE(map.at(handle) == value);
    }
    for (const auto& handle : stale) {
        REQUIRE(map.find(handle) == nullptr);
    }
}

TEST_CASE("a handle is found by its number, and by none that was made up") {
    SlotMap<std::string> map;
    const auto first = map.emplace("first");
    const auto second = map.emplace("second");
    CHECK(map.handle_of(first.number()) == first);
    CHECK(map.handle_of(second.number()) == second);
    map.erase(first);
    CHECK_FALSE(map.handle_of(first.number()).names_something());
    for (std::uint64_t generation = 0; generation < 8; ++generation) {
        const std::uint64_t number = generation << 32U | first.slot;
        CHECK_FALSE(map.handle_of(number).names_something());  // nothing is there any more
    }
    for (const std::uint64_t number :
         {std::uint64_t{7'000'000}, UINT64_MAX, std::uint64_t{UINT32_MAX}}) {
        CHECK_FALSE(map.handle_of(number).names_something());
    }
}

TEST_CASE("elements of whole lines of the cache, or aligned to them, share none") {
    struct Wide {
        std::array<char, steward::base::kCacheLine - 8> bytes{};
    };

    SlotMap<Wide> wide;
    SlotMap<int, int, steward::base::kCacheLine> aligned;
    for (int i = 0; i < 1'500; ++i) {  // more than a chunk
        const void* const whole = &wide.at(wide.emplace());
        const void* const one = &aligned.at(aligned.emplace(i));
        CHECK(reinterpret_cast<std::uintptr_t>(whole) % steward::base::kCacheLine == 8);
        CHECK(reinterpret_cast<std::uintptr_t>(one) % steward::base::kCacheLine == 8);
    }
}
