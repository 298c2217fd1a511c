// tests/unit/supervisor: many processes: order, scaling, kill switch, changed configurations.
#include <algorithm>

#include "tests/unit/supervisor/fleet_world.hpp"

using namespace steward;
using namespace steward::supervisor;

namespace {

std::size_t alive_of(const FleetWorld& world, std::string_view pool) {
    return static_cast<std::size_t>(
        std::ranges::count(world.alive, pool, [](const ProcessId& p) { return p.pool; }));
}

PoolPlan scaled(std::uint32_t min, std::uint32_t max) {
    PoolPlan plan = workers("w", min);
    plan.scale.max = max;
    return plan;
}

void give_load(FleetWorld& world, const Load& load) {
    Actions out;
    world.fleet.load(world.now, "w", load, out);
    world.carry_out(std::move(out));
    world.settle();
}

void configure(FleetWorld& world, std::vector<PoolPlan> plans) {
    Actions out;
    world.fleet.configure(std::move(plans), true, out);
    world.carry_out(std::move(out));
    world.settle();
}

void switch_off(FleetWorld& world, const KillSwitch& kill_switch) {
    Actions out;
    world.fleet.set_kill_switch(kill_switch, out);
    world.carry_out(std::move(out));
    world.settle();
}

TEST_CASE("The processes of a pool have different names, also of one that was scaled by hand") {
    CHECK(name_of({"pool", 1}, true) == "pool");
    CHECK(name_of({"pool", 2}, true) == "pool.2");
    CHECK(name_of({"pool", 1}, false) == "pool.1");
    CHECK(name_of({"pool", 2}, false) == "pool.2");
}

}  // namespace

TEST_CASE("Workers start when the servers are ready, or are known not to be") {
    PoolPlan by_time = server("b");
    by_time.says_ready = false;
    by_time.ready_after = 2s;
    FleetWorld timed({workers("w", 2), by_time});
    CHECK(alive_of(timed, "w") == 2);  // this world answers for everybody
    const PoolPlan mute = server("b");

    FleetWorld slow({});
    slow.answers_ready = false;
    configure(slow, {by_time, workers("w", 2)});
    slow.pass(2s - base::Duration(1));
    CHECK(alive_of(slow, "w") == 0);
    slow.pass(base::Duration(1));
    CHECK(alive_of(slow, "w") == 2);

    FleetWorld never({});
    never.answers_ready = false;
    configure(never, {mute, workers("w", 2)});
    CHECK(alive_of(never, "b") == 1);
    CHECK(alive_of(never, "w") == 0);
    never.pass(30s);
    CHECK(alive_of(never, "w") == 2);

    FleetWorld crashing({});
    crashing.answers_ready = false;
    configure(crashing, {mute, workers("w", 2)});
    crashing.crash({"b", 1});
    CHECK(alive_of(crashing, "w") == 2);
}

TEST_CASE("The end stops workers first, then servers, and is known") {
    FleetWorld world({server("b"), workers("w", 2)});
    world.is_stubborn = true;
    world.fleet.shut_down();
    world.settle();
    CHECK_FALSE(world.asked.contains({"b", 1}));
    world.end({"w", 1}, {});
    world.settle();
    CHECK_FALSE(world.asked.contains({"b", 1}));
    world.end({"w", 2}, {});
    world.settle();
    CHECK(world.asked.contains({"b", 1}));
    CHECK_FALSE(world.fleet.is_ended());
    world.end({"b", 1}, {});
    world.settle();
    CHECK(world.fleet.is_ended());
    world.pass(1h);
    CHECK(world.alive.empty());
}

TEST_CASE("A pool grows by half when much waits or the oldest waits long, with a pause between") {
    FleetWorld world({scaled(2, 10)});
    give_load(world, {20, 2, 1s});  // depth 10 for each: not more
    CHECK(alive_of(world, "w") == 2);
    give_load(world, {21, 2, 1s});
    CHECK(alive_of(world, "w") == 3);
    give_load(world, {1000, 3, 1s});  // too soon
    CHECK(alive_of(world, "w") == 3);
    world.pass(5s);
    give_load(world, {1, 3, 5s});
    CHECK(alive_of(world, "w") == 4);
    for (int i = 0; i < 5; ++i) {
        world.pass(5s);
        give_load(world, {1000, 4, 5s});
    }
    CHECK(alive_of(world, "w") == 10);
}

TEST_CASE("It shrinks one by one when nothing has waited for long, and not below its minimum") {
    FleetWorld world({scaled(2, 10)});
    give_load(world, {1000, 2, 0s});
    world.pass(5s);
    give_load(world, {1000, 3, 0s});
    REQUIRE(alive_of(world, "w") == 4);
    give_load(world, {0, 3, 0s});
    world.pass(1min - base::Duration(1));
    give_load(world, {0, 3, 0s});
    CHECK(alive_of(world, "w") == 4);
    world.pass(base::Duration(1));
    give_load(world, {0, 4, 0s});  // all are busy again: the minute counts anew
    give_load(world, {0, 1, 0s});
    CHECK(alive_of(world, "w") == 4);
    for (int i = 0; i < 5; ++i) {
        world.pass(1min);
        give_load(world, {0, 0, 0s});
    }
    CHECK(alive_of(world, "w") == 2);
    CHECK_FALSE(world.alive.contains({"w", 3}));
}

TEST_CASE("By hand a pool is scaled within its limits; a fixed one to any number") {
    FleetWorld world({scaled(2, 4), workers("f", 1)});
    Actions out;
    CHECK(world.fleet.scale("w", 5, out).error().code == base::Errc::BadOption);
    CHECK(world.fleet.scale("w", 1, out).error().code == base::Errc::BadOption);
    CHECK(world.fleet.scale("x", 1, out).error().code == base::Errc::UnknownName);
    CHECK(world.fleet.scale("f", kProcessesMax + 1, out).error().code == base::Errc::BadOption);
    CHECK(world.fleet.scale("w", 4, out).has_value());
    CHECK(world.fleet.scale("f", 0, out).has_value());
    world.settle();
    CHECK(alive_of(world, "w") == 4);
    CHECK(alive_of(world, "f") == 0);
}

TEST_CASE("The kill switch stops workers whose services are all off, and never a server") {
    PoolPlan both = workers("both", 1);
    both.services = {"a", "b"};
    PoolPlan only = workers("only", 2);
    only.services = {"a"};
    FleetWorld world({server("s"), both, only, workers("other", 1)});
    switch_off(world, {false, {"a"}});
    CHECK(alive_of(world, "only") == 0);
    CHECK(alive_of(world, "both") == 1);
    CHECK(alive_of(world, "other") == 1);
    REQUIRE(world.fleet.start({}).has_value());
    world.pass(1h);
    CHECK(alive_of(world, "only") == 0);
    switch_off(world, {true, {}});
    CHECK(alive_of(world, "both") == 0);
    CHECK(alive_of(world, "other") == 0);
    CHECK(alive_of(world, "s") == 1);
    switch_off(world, {});
    CHECK(world.alive.size() == 5);
}

TEST_CASE("A changed configuration changes what differs and nothing else") {
    PoolPlan other = workers("other", 1);
    FleetWorld world({workers("same", 2), workers("gone", 1), workers("more", 1), other});
    other.launch = "--new-flag";
    configure(world, {workers("same", 2), workers("more", 3), workers("new", 1), other});
    CHECK(world.starts[{"same", 1}] == 1);
    CHECK(world.starts[{"same", 2}] == 1);
    CHECK(world.starts[{"more", 1}] == 1);
    CHECK(alive_of(world, "more") == 3);
    CHECK(alive_of(world, "gone") == 0);
    CHECK(world.fleet.pool("gone") == nullptr);
    CHECK(alive_of(world, "new") == 1);
    CHECK(world.starts[{"other", 1}] == 2);
    CHECK(alive_of(world, "other") == 1);
}

TEST_CASE("A pool that is configured again while it still ends comes back") {
    FleetWorld world({workers("w", 1)});
    world.is_stubborn = true;
    configure(world, {});
    CHECK(world.asked.contains({"w", 1}));
    configure(world, {workers("w", 1)});
    world.end({"w", 1}, {});
    world.settle();
    CHECK(alive_of(world, "w") == 1);
    CHECK(world.starts[{"w", 1}] == 2);
}
