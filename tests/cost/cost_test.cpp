// tests/cost: allocations, bytes and messages of a job, by who makes them, each held to its budget.
// They do not depend on how fast or how busy the machine is; docs/performance.md has the reasons.
#include <cstdio>

#include <doctest/doctest.h>

#include "tests/cost/allocations.hpp"
#include "tests/cost/path.hpp"

namespace {

using namespace steward::cost;

constexpr std::size_t kWarmUp = 20'000;
constexpr std::size_t kJobs = 50'000;

// Of one job, in all.
struct Costs {
    double client = 0;    // allocations
    double broker = 0;    // allocations
    double worker = 0;    // allocations
    double bytes = 0;     // of all messages
    double messages = 0;  // of all three
};

Costs costs_of(const Settings& settings) {
    Path path(settings);
    path.run(kWarmUp);
    const auto before = allocations();
    const std::size_t bytes = path.bytes();
    const std::size_t messages = path.messages();
    path.run(kJobs);
    const auto of = [&](Stage who) {
        const auto index = static_cast<std::size_t>(who);
        return static_cast<double>(allocations()[index] - before[index]) / kJobs;
    };
    return {of(Stage::Client),
            of(Stage::Broker),
            of(Stage::Worker),
            static_cast<double>(path.bytes() - bytes) / kJobs,
            static_cast<double>(path.messages() - messages) / kJobs};
}

void hold(const char* name, const Settings& settings, const Costs& budget) {
    const Costs is = costs_of(settings);
    std::printf(
        "%-28s allocations: client %.2f, broker %.2f, worker %.2f; %.1f bytes to the broker "
        "in %.3f messages\n",
        name,
        is.client,
        is.broker,
        is.worker,
        is.bytes,
        is.messages);
    CHECK(is.client <= budget.client);
    CHECK(is.broker <= budget.broker);
    CHECK(is.worker <= budget.worker);
    CHECK(is.bytes <= budget.bytes);
    CHECK(is.messages <= budget.messages);
}

}  // namespace

// Budgets are what was measured and a little room.
TEST_CASE("background, volatile") {
    hold("background, volatile", {}, {0.1, 0.2, 0.1, 160, 0.01});
}

TEST_CASE("background, 8,000 waiting") {
    hold("background, 8,000 waiting", {.waiting = 8000}, {0.1, 0.2, 0.1, 160, 0.01});
}

TEST_CASE("background, durable") {
    hold("background, durable", {.durable = true}, {0.1, 0.2, 0.1, 160, 0.01});
}

TEST_CASE("background, logged") {
    hold("background, logged", {.logged = true}, {0.1, 1.3, 0.1, 160, 0.01});
}

TEST_CASE("background, durable, logged") {
    hold("background, durable, logged",
         {.durable = true, .logged = true},
         {0.1, 1.3, 0.1, 160, 0.01});
}

TEST_CASE("64 calls in flight") {
    hold("64 calls in flight", {.sync = true, .window = 64}, {0.1, 1.3, 0.1, 160, 0.05});
}

TEST_CASE("one call at a time") {
    hold("one call at a time", {.sync = true, .window = 1}, {1.1, 3.2, 1.1, 170, 2.01});
}

TEST_CASE("1,000 services in turn") {
    hold("1,000 services in turn", {.services = 1000}, {0.1, 0.2, 0.1, 170, 0.01});
}

TEST_CASE("1,000 services, 8,000 waiting") {
    hold("1,000 services, 8,000 waiting",
         {.services = 1000, .waiting = 8000},
         {0.1, 0.2, 0.1, 170, 0.01});
}

TEST_CASE("10,000 services, 8,000 waiting") {
    hold("10,000 services, 8,000 waiting",
         {.services = 10'000, .waiting = 8000},
         {0.1, 0.2, 0.1, 170, 0.01});
}
