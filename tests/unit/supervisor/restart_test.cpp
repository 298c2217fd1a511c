// tests/unit/supervisor: one process: pauses, crash loops, stops and kills.
#include "tests/unit/supervisor/fleet_world.hpp"

using namespace steward;
using namespace steward::supervisor;

namespace {

const ProcessId kOne{"w", 1};

}  // namespace

TEST_CASE("A process that crashes is started again after pauses that double up to their limit") {
    PoolPlan plan = workers("w", 1);
    plan.restart.pause_max = 6s;
    FleetWorld world({plan});
    for (const base::Duration pause : {1s, 2s, 4s, 6s, 6s}) {
        world.crash(kOne);
        CHECK(world.state(kOne) == State::Backoff);
        world.pass(pause - base::Duration(1));
        CHECK(world.alive.empty());
        world.pass(base::Duration(1));
        CHECK(world.alive.size() == 1);
    }
    CHECK(world.slot(kOne).restarts() == 5);
}

TEST_CASE("One that has lived long enough begins with the first pause again") {
    FleetWorld world({workers("w", 1)});
    world.crash(kOne);
    world.pass(1s);
    world.crash(kOne);
    world.pass(2s);
    world.pass(10s);  // healthy_after
    world.crash(kOne);
    world.pass(1s);
    CHECK(world.alive.size() == 1);
}

TEST_CASE("After crashes_max crashes in a row it is in a crash loop, until it lives long enough") {
    FleetWorld world({workers("w", 1)});
    for (int crash = 1; crash <= 5; ++crash) {
        CHECK_FALSE(world.slot(kOne).is_in_crash_loop());
        world.crash(kOne);
        world.pass(1min);
    }
    CHECK(world.slot(kOne).is_in_crash_loop() == false);  // it has lived for some of that minute
    FleetWorld other({workers("w", 1)});
    for (int crash = 1; crash <= 5; ++crash) {
        other.crash(kOne);
        other.pass(other.slot(kOne).until() - other.now);
    }
    CHECK(other.slot(kOne).is_in_crash_loop());
    CHECK(other.noted("crash_loop"));
    other.pass(10s - base::Duration(1));
    CHECK(other.slot(kOne).is_in_crash_loop());
    other.pass(base::Duration(1));
    CHECK_FALSE(other.slot(kOne).is_in_crash_loop());
    CHECK(other.noted("recovered"));
}

TEST_CASE("Exit code 2 is a crash loop at once: starting it again is useless") {
    FleetWorld world({workers("w", 1)});
    world.end(kOne, {End::How::Exited, kExitUsage, {}});
    world.settle();
    CHECK(world.slot(kOne).is_in_crash_loop());
    world.pass(1min - base::Duration(1));
    CHECK(world.alive.empty());
    world.pass(base::Duration(1));
    CHECK(world.alive.size() == 1);
}

TEST_CASE("Exit code 75 is followed by a fresh one at once and is no crash, but not without end") {
    FleetWorld world({workers("w", 1)});
    for (int i = 0; i < 9; ++i) {
        world.end(kOne, {End::How::Exited, kExitReplace, {}});
        world.settle();
        CHECK(world.alive.size() == 1);
    }
    CHECK(world.slot(kOne).crashes() == 0);
    world.end(kOne, {End::How::Exited, kExitReplace, {}});  // the tenth start was the window's last
    world.settle();
    CHECK(world.alive.empty());
    world.pass(10s);
    CHECK(world.alive.size() == 1);
    CHECK(world.slot(kOne).crashes() == 0);
}

TEST_CASE("One that ends by itself with success is started again without hurry") {
    FleetWorld world({workers("w", 1)});
    world.end(kOne, {});
    world.settle();
    CHECK(world.alive.empty());
    CHECK(world.slot(kOne).crashes() == 0);
    world.pass(1s);
    CHECK(world.alive.size() == 1);
}

TEST_CASE("What cannot be started is a crash with its reason") {
    FleetWorld world({workers("w", 1)});
    world.end(kOne, {End::How::NotStarted, 0, "cannot run /nowhere: No such file"});
    world.settle();
    CHECK(world.slot(kOne).last_end() == "cannot run /nowhere: No such file");
    CHECK(world.slot(kOne).crashes() == 1);
}

TEST_CASE("A stop gives grace, then kills; the process is not started again") {
    PoolPlan plan = workers("w", 1);
    plan.stop_grace = 30s;
    FleetWorld world({plan});
    world.is_stubborn = true;
    REQUIRE(world.fleet.stop({"w"}).has_value());
    world.settle();
    CHECK(world.asked.contains(kOne));
    world.pass(30s - base::Duration(1));
    CHECK(world.alive.size() == 1);
    world.pass(base::Duration(1));
    CHECK(world.alive.empty());
    CHECK(world.slot(kOne).crashes() == 0);
    world.pass(1h);
    CHECK(world.alive.empty());
    REQUIRE(world.fleet.start({"w"}).has_value());
    world.settle();
    CHECK(world.alive.size() == 1);
}

TEST_CASE("One that gives no sign of life is killed, and that is a crash") {
    FleetWorld world({workers("w", 1)});
    Actions out;
    world.fleet.hangs(world.now, kOne, "no sign of life", out);
    world.carry_out(std::move(out));
    world.settle();
    CHECK(world.slot(kOne).crashes() == 1);
    world.pass(1s);
    CHECK(world.alive.size() == 1);
}

TEST_CASE("One that is unfit, as for its memory, is replaced, and that is no crash") {
    FleetWorld world({workers("w", 1)});
    Actions out;
    world.fleet.unfit(world.now, kOne, "2GiB", out);
    world.carry_out(std::move(out));
    world.settle();
    CHECK(world.starts[kOne] == 2);
    CHECK(world.slot(kOne).crashes() == 0);
}

TEST_CASE("An operator's start forgives: no pause is waited for") {
    FleetWorld world({workers("w", 1)});
    world.end(kOne, {End::How::Exited, kExitUsage, {}});
    world.settle();
    REQUIRE(world.fleet.start({}).has_value());
    world.settle();
    CHECK(world.alive.size() == 1);
    CHECK_FALSE(world.slot(kOne).is_in_crash_loop());
}

TEST_CASE("max_lifetime replaces one after the other") {
    PoolPlan plan = workers("w", 3);
    plan.max_lifetime = 1h;
    FleetWorld world({plan});
    world.answers_ready = false;
    world.pass(1h);
    CHECK(world.starts[kOne] == 2);
    CHECK(world.starts[{"w", 2}] == 1);
    world.fleet.ready(world.now, kOne);
    world.settle();
    CHECK(world.starts[{"w", 2}] == 2);
    CHECK(world.starts[{"w", 3}] == 1);
}
