// tests/unit/supervisor: random lives of random pools, and the promises as oracles.
#include <algorithm>

#include "common/base/prng.hpp"
#include "tests/unit/supervisor/fleet_world.hpp"

using namespace steward;
using namespace steward::supervisor;

namespace {

/// Processes that crash, hang, ignore and obey by chance.
class RandomWorld {
public:
    explicit RandomWorld(std::uint64_t seed) : prng_(seed) {
        Actions out;
        fleet_.configure(plans(), true, out);
        carry_out(std::move(out));
    }

    void run(int events) {
        for (int i = 0; i < events; ++i) {
            happen();
            step();
            check();
        }
        fleet_.shut_down();
        // Whoever ignores everything is killed after its grace, and servers go after workers.
        for (int i = 0; i < 10'000 && !fleet_.is_ended(); ++i) {
            now_ += base::Duration(1s);
            step();
            check();
        }
        CHECK(fleet_.is_ended());
        CHECK(alive_.empty());
    }

private:
    struct Process {
        base::MonoTime started;
        std::optional<base::MonoTime> asked;
        bool is_stubborn = false;
    };

    std::vector<PoolPlan> plans() {
        std::vector<PoolPlan> made{server("s")};
        for (const char* name : {"a", "b", "c"}) {
            PoolPlan plan = workers(name, 1 + static_cast<std::uint32_t>(prng_.below(4)));
            plan.services = {name};
            plan.says_ready = prng_.chance(1, 2);
            plan.scale.max = plan.count + static_cast<std::uint32_t>(prng_.below(3));
            plan.max_lifetime = prng_.chance(1, 3) ? base::Duration(90s) : base::Duration(0s);
            plan.launch = prng_.chance(1, 4) ? "new" : "old";
            made.push_back(plan);
        }
        made[1].scale.min = 1;
        return made;
    }

    ProcessId any_alive() {
        auto it = alive_.begin();
        std::advance(it, static_cast<std::ptrdiff_t>(prng_.below(alive_.size())));
        return it->first;
    }

    void happen() {
        now_ += base::Duration(prng_.below(4'000'000));
        Actions out;
        const std::string pool(1, static_cast<char>('a' + prng_.below(3)));
        switch (prng_.below(15)) {
            case 0:
            case 1:
            case 2:
                if (!alive_.empty()) {
                    end(any_alive(), random_end());
                }
                break;
            case 3:
            case 4:
            case 5:
                if (!alive_.empty()) {
                    fleet_.ready(now_, any_alive());
                }
                break;
            case 6: static_cast<void>(fleet_.stop({pool})); break;
            case 7: static_cast<void>(fleet_.start({})); break;
            case 8: static_cast<void>(fleet_.refresh({pool}, random_percent(), out)); break;
            case 9:
                kill_switch_ = {prng_.chance(1, 4), {}};
                if (prng_.chance(1, 2)) {
                    kill_switch_.services.insert(pool);
                }
                fleet_.set_kill_switch(kill_switch_, out);
                break;
            case 10: fleet_.load(now_, pool, {prng_.below(100), prng_.below(5), 0s}, out); break;
            case 11: fleet_.configure(plans(), true, out); break;
            case 12:
                if (!alive_.empty()) {
                    fleet_.hangs(now_, any_alive(), "silent", out);
                }
                break;
            case 13: static_cast<void>(fleet_.restart(now_, {pool}, out)); break;
            default: static_cast<void>(fleet_.scale(pool, 1 + random_count(), out)); break;
        }
        carry_out(std::move(out));
    }

    std::uint32_t random_count() { return static_cast<std::uint32_t>(prng_.below(4)); }

    std::uint32_t random_percent() { return 1 + static_cast<std::uint32_t>(prng_.below(100)); }

    End random_end() {
        switch (prng_.below(4)) {
            case 0: return {End::How::Exited, kExitReplace, {}};
            case 1: return {End::How::Exited, static_cast<int>(prng_.below(3)), {}};
            case 2: return {End::How::NotStarted, 0, "why"};
            default: return {End::How::Signalled, 9, {}};
        }
    }

    // A process obeys, unless it does not, some time after it was asked.
    void obey() {
        std::vector<ProcessId> obedient;
        for (const auto& [id, process] : alive_) {
            if (process.asked && !process.is_stubborn && prng_.chance(1, 3)) {
                obedient.push_back(id);
            }
        }
        for (const ProcessId& id : obedient) {
            end(id, {});
        }
    }

    void step() {
        obey();
        for (int i = 0; i < 100; ++i) {
            Actions out;
            fleet_.step(now_, out);
            const auto next = fleet_.next_deadline();
            if (out.empty() && (!next || *next > now_)) {
                return;
            }
            carry_out(std::move(out));
        }
        FAIL("there is always something to do");
    }

    void end(const ProcessId& id, const End& how) {
        alive_.erase(id);
        const Slot& slot = fleet_.pool(id.pool)->slots().at(id.number - 1);
        const std::uint64_t crashes = slot.crashes();
        Actions out;
        fleet_.gone(now_, id, how, out);
        crashed_at_.erase(id);
        if (slot.crashes() > crashes) {
            crashed_at_[id] = now_;
        }
        carry_out(std::move(out));
    }

    void carry_out(Actions actions) {
        for (const Action& action : actions) {
            if (const auto* start = std::get_if<Start>(&action)) {
                begin(start->process);
            } else if (const auto* ask = std::get_if<AskToStop>(&action)) {
                REQUIRE(alive_.contains(ask->process));
                CHECK_FALSE(alive_[ask->process].asked);
                alive_[ask->process].asked = now_;
            } else if (const auto* kill = std::get_if<Kill>(&action)) {
                REQUIRE(alive_.contains(kill->process));
                end(kill->process, {End::How::Signalled, 9, {}});
            }
        }
    }

    void begin(const ProcessId& id) {
        REQUIRE(alive_.emplace(id, Process{now_, {}, prng_.chance(1, 4)}).second);
        const bool is_server = id.pool == "s";
        CHECK((is_server || !kill_switch_.is_global));
        CHECK_FALSE(kill_switch_.services.contains(id.pool));
        // Unless an operator forgave it, what crashes again is waited for.
        const Slot& slot = fleet_.pool(id.pool)->slots().at(id.number - 1);
        if (slot.crashes_in_row() > 0 && crashed_at_.contains(id)) {
            CHECK(now_ - crashed_at_[id] >= 1s);
        }
    }

    void check() {
        for (const auto& [id, process] : alive_) {
            // Grace of 30 s, and the step that follows it.
            const bool is_in_time = !process.asked || now_ - *process.asked <= 35s;
            CHECK(is_in_time);
        }
        for (const auto& [name, pool] : fleet_.pools()) {
            for (const Slot& slot : pool.slots()) {
                CHECK(slot.is_alive() == alive_.contains(slot.id()));
            }
        }
    }

    base::Prng prng_;
    Fleet fleet_;
    base::MonoTime now_{base::Duration(1'000'000'000)};
    KillSwitch kill_switch_;
    std::map<ProcessId, Process> alive_;
    std::map<ProcessId, base::MonoTime> crashed_at_;  // those whose last end was a crash
};

/// Only a refresh and processes that obey late: nothing else takes a process away.
void refresh_alone(std::uint64_t seed) {
    base::Prng prng(seed);
    const std::uint32_t count = 2 + static_cast<std::uint32_t>(prng.below(6));
    FleetWorld world({workers("w", count)});
    world.is_stubborn = true;
    world.answers_ready = false;
    Actions out;
    const std::uint32_t percent = 1 + static_cast<std::uint32_t>(prng.below(100));
    REQUIRE(world.fleet.refresh({"w"}, percent, out).has_value());
    world.settle();
    for (int i = 0; i < 1'000; ++i) {
        world.pass(base::Duration(prng.below(3'000'000)));
        if (!world.asked.empty() && prng.chance(1, 2)) {
            world.end(*world.asked.begin(), {});
            world.settle();
        }
        for (std::uint32_t number = 1; number <= count; ++number) {
            if (world.state({"w", number}) == State::Starting && prng.chance(1, 2)) {
                world.fleet.ready(world.now, {"w", number});
                world.settle();
            }
        }
        const auto running = std::ranges::count(world.fleet.pool("w")->slots(),
                                                State::Running,
                                                [](const Slot& s) { return s.state(); });
        CHECK(running + 1 >= std::ptrdiff_t{count});
    }
    CHECK(world.fleet.pool("w")->refresh_text() ==
          "done, " + std::to_string(count) + " of " + std::to_string(count));
    for (std::uint32_t number = 1; number <= count; ++number) {
        CHECK(world.starts[{"w", number}] == 2);
    }
}

/// A process that ends at once, always, in whatever way: how often is it started?
void storm(std::uint64_t seed) {
    base::Prng prng(seed);
    FleetWorld world({workers("w", 1)});
    for (int i = 0; i < 2'000; ++i) {
        if (world.alive.empty()) {
            world.pass(base::Duration(prng.below(1'000'000)));
        } else {
            const bool is_replaced = prng.chance(9, 10);
            world.end({"w", 1}, {End::How::Exited, is_replaced ? kExitReplace : 1, {}});
            world.settle();
        }
    }
    const RestartRules rules;
    const std::vector<base::MonoTime>& at = world.start_times;
    CHECK(at.size() > 2 * rules.restarts_max);
    for (std::size_t i = rules.restarts_max; i < at.size(); ++i) {
        CHECK(at[i] - at[i - rules.restarts_max] >= rules.restart_window);
    }
}

}  // namespace

TEST_CASE("Whatever happens to random pools, the promises hold") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        INFO("seed ", seed);
        RandomWorld(seed).run(400);
    }
}

TEST_CASE("During a refresh at most one process is missing, and each is replaced once") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        INFO("seed ", seed);
        refresh_alone(seed);
    }
}

TEST_CASE("No process is started more often than its window allows") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        INFO("seed ", seed);
        storm(seed);
    }
}
