// tests/unit/supervisor: a fleet in virtual time, and processes that do as the test says.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "supervisor/policy/fleet.hpp"

namespace steward::supervisor {

/// Carries out what the fleet wants, at once: a started process lives until the test ends it, and
/// obeys its stop signal unless it is `stubborn`.
class FleetWorld {
public:
    Fleet fleet;
    base::MonoTime now{base::Duration(1'000'000'000)};
    std::set<ProcessId> alive;
    std::set<ProcessId> asked;  // to stop, and still alive
    std::map<ProcessId, std::size_t> starts;
    std::vector<base::MonoTime> start_times;  // of any
    std::vector<Note> notes;
    bool is_stubborn = false;   // new processes ignore their stop signal
    bool answers_ready = true;  // new processes say so when the pool's do

    explicit FleetWorld(std::vector<PoolPlan> plans) {
        Actions out;
        fleet.configure(std::move(plans), false, out);
        REQUIRE(fleet.start({}).has_value());
        carry_out(std::move(out));
        settle();
    }

    void carry_out(Actions actions) {
        for (Action& action : actions) {
            if (auto* note = std::get_if<Note>(&action)) {
                notes.push_back(std::move(*note));
            } else if (const auto* start = std::get_if<Start>(&action)) {
                CHECK(alive.insert(start->process).second);
                ++starts[start->process];
                start_times.push_back(now);
                if (answers_ready) {
                    fleet.ready(now, start->process);
                }
            } else if (const auto* ask = std::get_if<AskToStop>(&action)) {
                CHECK(alive.contains(ask->process));
                asked.insert(ask->process);
            } else if (const auto* kill = std::get_if<Kill>(&action)) {
                end(kill->process, {End::How::Signalled, 9, {}});
            }
        }
    }

    // By value: it may be one of those that are erased.
    void end(ProcessId process, const End& how) {
        REQUIRE(alive.erase(process) == 1);
        asked.erase(process);
        Actions out;
        fleet.gone(now, process, how, out);
        carry_out(std::move(out));
    }

    /// Steps until nothing is due at this instant.
    void settle() {
        for (int i = 0; i < 100; ++i) {
            Actions out;
            fleet.step(now, out);
            const bool is_quiet = out.empty() && (asked.empty() || is_stubborn);
            carry_out(std::move(out));
            if (!is_stubborn) {
                for (const ProcessId& process : std::set(asked)) {
                    end(process, {});
                }
            }
            const auto next = fleet.next_deadline();
            if (is_quiet && (!next || *next > now)) {
                return;
            }
        }
        FAIL("there is always something to do");
    }

    void pass(base::Duration duration) {
        const base::MonoTime end_at = now + duration;
        for (int i = 0; i < 10'000; ++i) {
            const auto next = fleet.next_deadline();
            if (!next || *next > end_at) {
                now = end_at;
                settle();
                return;
            }
            now = std::max(now, *next);
            settle();
        }
        FAIL("there is always something to do");
    }

    void crash(const ProcessId& process) {
        end(process, {End::How::Signalled, 11, {}});
        settle();
    }

    [[nodiscard]] bool noted(std::string_view event) const {
        return std::ranges::any_of(notes, [&](const Note& n) { return n.event == event; });
    }

    [[nodiscard]] const Slot& slot(const ProcessId& process) const {
        return fleet.pool(process.pool)->slots().at(process.number - 1);
    }

    [[nodiscard]] State state(const ProcessId& process) const { return slot(process).state(); }
};

inline PoolPlan workers(std::string name, std::uint32_t count) {
    PoolPlan plan;
    plan.name = std::move(name);
    plan.count = count;
    plan.scale.min = plan.scale.max = count;
    plan.says_ready = true;
    return plan;
}

inline PoolPlan server(std::string name) {
    PoolPlan plan = workers(std::move(name), 1);
    plan.kind = Kind::Server;
    return plan;
}

}  // namespace steward::supervisor
