// tests/unit/supervisor: the rolling refresh: one by one, watched, halted.
#include "tests/unit/supervisor/fleet_world.hpp"

using namespace steward;
using namespace steward::supervisor;

namespace {

void refresh(FleetWorld& world, std::uint32_t percent) {
    Actions out;
    REQUIRE(world.fleet.refresh({"w"}, percent, out).has_value());
    world.carry_out(std::move(out));
    world.settle();
}

std::string progress(const FleetWorld& world) {
    return world.fleet.pool("w")->refresh_text();
}

void give_figures(FleetWorld& world, const std::vector<JobCounts>& counts) {
    Actions out;
    world.fleet.figures("w", counts, out);
    world.carry_out(std::move(out));
    world.settle();
}

}  // namespace

TEST_CASE("A refresh replaces one after the other and waits until each is ready") {
    FleetWorld world({workers("w", 3)});
    world.answers_ready = false;
    refresh(world, 100);
    for (std::uint32_t number = 1; number <= 3; ++number) {
        CHECK(world.starts[{"w", number}] == 2);
        CHECK(world.state({"w", number}) == State::Starting);
        if (number < 3) {
            CHECK(world.starts[{"w", number + 1}] == 1);
        }
        world.fleet.ready(world.now, {"w", number});
        world.settle();
    }
    CHECK(progress(world) == "done, 3 of 3");
}

TEST_CASE("While one gives way the others stay: it may finish what it does") {
    FleetWorld world({workers("w", 3)});
    world.is_stubborn = true;
    refresh(world, 100);
    world.pass(29s);
    CHECK(world.asked == std::set<ProcessId>{{"w", 1}});
    CHECK(world.alive.size() == 3);
}

TEST_CASE("The first ones are watched before the others follow") {
    FleetWorld world({workers("w", 10)});
    refresh(world, 11);  // rounded up: two
    CHECK(progress(world) == "watching 2 of 10");
    world.pass(30s - base::Duration(1));
    CHECK(world.starts[{"w", 3}] == 1);
    world.pass(base::Duration(1));
    CHECK(progress(world) == "done, 10 of 10");
}

TEST_CASE("A fresh process that crashes halts the refresh") {
    FleetWorld world({workers("w", 4)});
    refresh(world, 25);
    world.crash({"w", 1});
    CHECK(progress(world) == "halted at 1 of 4: a fresh process crashed");
    CHECK(world.noted("refresh_halted"));
    world.pass(1h);
    CHECK(world.starts[{"w", 2}] == 1);
}

TEST_CASE("One that is not ready in time halts it as well") {
    FleetWorld world({workers("w", 2)});
    world.answers_ready = false;
    refresh(world, 100);
    world.pass(30s);
    CHECK(progress(world) == "halted at 0 of 2: a fresh process was not ready in time");
    CHECK(world.starts[{"w", 2}] == 1);
}

TEST_CASE("So does a failure rate that rises, once enough jobs have been seen") {
    FleetWorld world({workers("w", 2)});
    give_figures(world, {{95, 5}, {95, 5}});
    refresh(world, 50);
    give_figures(world, {{0, 19}, {100, 5}});
    CHECK(progress(world) == "watching 1 of 2");
    give_figures(world, {{17, 3}, {100, 5}});  // 15 %, before 5 %
    CHECK(progress(world) == "watching 1 of 2");
    give_figures(world, {{16, 4}, {100, 5}});
    CHECK(progress(world).starts_with("halted at 1 of 2: of 20 jobs of fresh processes 20 %"));
}

TEST_CASE("A second refresh waits for the end of the first; a halted one can be begun again") {
    FleetWorld world({workers("w", 2)});
    refresh(world, 50);
    Actions out;
    CHECK(world.fleet.refresh({"w"}, 100, out).error().code == base::Errc::WrongState);
    CHECK(world.fleet.refresh({"w"}, 0, out).error().code == base::Errc::BadOption);
    CHECK(world.fleet.refresh({"w"}, 101, out).error().code == base::Errc::BadOption);
    world.crash({"w", 1});
    refresh(world, 100);
    world.pass(1s);
    CHECK(progress(world) == "done, 2 of 2");
}

TEST_CASE("A refresh mends a pool in which everything crashes") {
    FleetWorld world({workers("w", 2)});
    for (std::uint32_t number : {1U, 2U}) {
        world.end({"w", number}, {End::How::Exited, kExitUsage, {}});
    }
    world.settle();
    CHECK(world.alive.empty());
    refresh(world, 100);
    CHECK(world.alive.size() == 2);
    CHECK(progress(world) == "done, 2 of 2");
}
