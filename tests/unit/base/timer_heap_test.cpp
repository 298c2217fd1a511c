// tests: timers in the order of their instants.
#include "common/base/timer_heap.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"

using steward::base::Duration;
using steward::base::MonoTime;
using steward::base::Prng;
using steward::base::TimerHeap;

namespace {

MonoTime at(std::int64_t micros) {
    return MonoTime{Duration{micros}};
}

}  // namespace

TEST_CASE("a heap without timers has nothing due") {
    TimerHeap<int> heap;
    CHECK(heap.size() == 0);
    CHECK_FALSE(heap.next_due().has_value());
    CHECK_FALSE(heap.pop_due(MonoTime::max()).has_value());
}

TEST_CASE("a timer fires at its instant and not a microsecond before") {
    TimerHeap<int> heap;
    (void)heap.arm(at(100), 1);
    CHECK(heap.next_due() == at(100));
    CHECK_FALSE(heap.pop_due(at(99)).has_value());
    CHECK(heap.pop_due(at(100)) == 1);
    CHECK_FALSE(heap.pop_due(at(101)).has_value());
}

TEST_CASE("timers fire in the order of their instants, equal ones as they were armed") {
    TimerHeap<int> heap;
    (void)heap.arm(at(30), 4);
    (void)heap.arm(at(10), 1);
    (void)heap.arm(at(20), 2);
    (void)heap.arm(at(20), 3);
    (void)heap.arm(at(30), 5);
    for (int expected = 1; expected <= 5; ++expected) {
        CHECK(heap.pop_due(at(30)) == expected);
    }
}

TEST_CASE("a cancelled timer never fires and its id names nothing any more") {
    TimerHeap<int> heap;
    auto first = heap.arm(at(10), 1);
    (void)heap.arm(at(20), 2);
    heap.cancel(first);
    CHECK(first == TimerHeap<int>::kNone);
    heap.cancel(first);  // does nothing
    CHECK(heap.size() == 1);
    CHECK(heap.next_due() == at(20));
    CHECK(heap.pop_due(at(20)) == 2);
}

TEST_CASE("the value of a timer is let go when it fires or is cancelled") {
    const auto value = std::make_shared<int>(1);
    TimerHeap<std::shared_ptr<int>> heap;
    auto id = heap.arm(at(1), value);
    (void)heap.arm(at(2), value);
    heap.cancel(id);
    CHECK(value.use_count() == 2);
    CHECK(heap.pop_due(at(2)).has_value());
    CHECK(value.use_count() == 1);
}

TEST_CASE("a long random use fires as a sorted set would") {
    TimerHeap<int> heap;
    std::set<std::tuple<MonoTime, int>>
        model;  // values rise, so they stand for the order of arming
    std::vector<std::tuple<TimerHeap<int>::Id, MonoTime, int>> armed;
    Prng prng(5);
    for (int value = 0; value < 30'000; ++value) {
        const MonoTime due = at(static_cast<std::int64_t>(prng.below(500)));
        armed.emplace_back(heap.arm(due, value), due, value);
        model.emplace(due, value);
        if (prng.chance(1, 3)) {
            auto& [id, when, which] = armed[prng.below(armed.size())];
            if (model.erase({when, which}) == 1) {
                heap.cancel(id);
            }
        }
        if (prng.chance(1, 3)) {
            const MonoTime now = at(static_cast<std::int64_t>(prng.below(250)));
            const auto fired = heap.pop_due(now);
            const bool expected = !model.empty() && std::get<0>(*model.begin()) <= now;
            REQUIRE(fired.has_value() == expected);
            if (fired) {
                REQUIRE(*fired == std::get<1>(*model.begin()));
                model.erase(model.begin());
            }
        }
        REQUIRE(heap.size() == model.size());
        REQUIRE(heap.next_due().has_value() == !model.empty());
    }
    while (!model.empty()) {
        REQUIRE(heap.pop_due(at(500)) == std::get<1>(*model.begin()));
        model.erase(model.begin());
    }
    CHECK(heap.size() == 0);
}
