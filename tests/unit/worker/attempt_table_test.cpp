// tests: the flat tables under a worker's session.
#include "worker/attempt_table.hpp"

#include <memory>

#include <doctest/doctest.h>

#include "worker/ring.hpp"

namespace steward::worker {
namespace {

model::Attempt attempt(std::uint64_t job, std::uint32_t number = 1) {
    return {{7, job}, number};
}

}  // namespace

TEST_CASE("an attempt is found until it is erased, another number of its job is another") {
    AttemptTable table;
    const auto spot = table.insert(attempt(1), nullptr);
    CHECK(table.find(attempt(1)) == spot);
    CHECK(table.find(attempt(1, 2)) == AttemptTable::kNowhere);
    CHECK(table.find(attempt(2)) == AttemptTable::kNowhere);
    const auto again = table.insert(attempt(1, 2), nullptr);
    CHECK(again != spot);
    table.erase(spot);
    CHECK(table.find(attempt(1)) == AttemptTable::kNowhere);
    CHECK(table.find(attempt(1, 2)) == again);
}

TEST_CASE("a place that is used again remembers nothing") {
    AttemptTable table;
    const auto spot = table.insert(attempt(1), std::make_unique<Arrival>());
    table[spot].phase = Phase::Ended;
    table[spot].work = 3;
    table[spot].is_remembered = true;
    table.erase(spot);
    CHECK(table.insert(attempt(2), nullptr) == spot);
    CHECK(table[spot].phase == Phase::Waiting);
    CHECK_FALSE(table[spot].is_busy());
    CHECK_FALSE(table[spot].is_remembered);
    CHECK(table[spot].arrival == nullptr);
}

TEST_CASE("thousands of attempts come and go, and each is where it was put") {
    AttemptTable table;
    for (std::uint64_t job = 0; job < 5000; ++job) {
        static_cast<void>(table.insert(attempt(job), nullptr));
        if (job >= 100) {
            table.erase(table.find(attempt(job - 100)));
        }
    }
    std::size_t seen = 0;
    table.for_each([&](const AttemptTable::Entry& entry) {
        ++seen;
        CHECK(entry.attempt.job.number >= 4900);
        CHECK(table[table.find(entry.attempt)].attempt == entry.attempt);
    });
    CHECK(seen == 100);
}

TEST_CASE("a ring gives back what it was given, in order, while it grows and goes round") {
    Ring<std::unique_ptr<int>> ring;
    int next_in = 0;
    int next_out = 0;
    for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < round; ++i) {
            CHECK(*ring.emplace_back(std::make_unique<int>(next_in)) == next_in);
            ++next_in;
        }
        for (int i = 0; i < round - round % 3; ++i) {
            REQUIRE(*ring.front() == next_out++);
            ring.pop_front();
        }
    }
    CHECK(ring.size() == static_cast<std::size_t>(next_in - next_out));
    while (!ring.empty()) {
        REQUIRE(*ring.front() == next_out++);
        ring.pop_front();
    }
    CHECK(next_out == next_in);
}

}  // namespace steward::worker
