// The levels of a queue, whatever lanes come and go, beside a map of what there is.
#include "broker/core/levels.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"
#include "common/model/options.hpp"

using namespace steward;
using namespace steward::core;

namespace {

// One lane a priority, which has jobs or not, and its turn or not.
class World {
public:
    // A job comes, or the first of one that was parked may start.
    void open(std::int32_t priority) {
        Level& level = levels_.of(priority);
        ++level.jobs;
        Known& known = known_[priority];
        REQUIRE((known.at == nullptr || known.at == &level));
        known.at = &level;
        if (!known.lane.names_something()) {
            known.lane = lanes_.emplace();
        }
        if (!known.is_turning) {
            level.turns.push_back(lanes_, known.lane);
            levels_.open(level);
        }
        known.is_turning = true;
    }

    void park(std::int32_t priority) { lose_turn(priority, false); }

    void drain(std::int32_t priority) { lose_turn(priority, true); }

    void check() const {
        check_order();
        check_front();
    }

private:
    struct Known {
        Level* at = nullptr;
        LaneHandle lane;
        bool is_turning = false;
    };

    // A few stay, and that of normal priority.
    static constexpr std::ptrdiff_t kEmptyMost = 5;

    // Highest first, each once, and where front() looks for it.
    void check_order() const {
        std::vector<std::int32_t> seen;
        bool are_in_place = true;
        levels_.each([&](const Level& level) {
            seen.push_back(level.priority);
            are_in_place = are_in_place && levels_.is_in_place(level);
            return true;
        });
        CHECK(are_in_place);
        CHECK(std::ranges::adjacent_find(seen, std::less_equal<>()) == seen.end());
        CHECK(std::ranges::all_of(known_, [&](const auto& one) {
            return std::ranges::find(seen, one.first) != seen.end();
        }));
        CHECK(seen.size() <= known_.size() + 1);  // and that of normal priority
    }

    void check_front() const {
        const auto first =
            std::ranges::find_if(known_, [](const auto& one) { return one.second.is_turning; });
        CHECK(levels_.front() == (first != known_.end() ? first->second.at : nullptr));
        CHECK(std::ranges::count_if(
                  known_, [](const auto& one) { return one.second.at->jobs == 0; }) <= kEmptyMost);
    }

    void lose_turn(std::int32_t priority, bool is_drained) {
        const auto found = known_.find(priority);
        if (found == known_.end()) {
            return;
        }
        Known& known = found->second;
        Level& level = *known.at;
        if (known.is_turning) {
            level.turns.remove(lanes_, known.lane);
        }
        known.is_turning = false;
        level.jobs = is_drained ? 0 : level.jobs;
        if (!levels_.settle(level)) {
            REQUIRE(level.jobs == 0);
            levels_.erase(level);
            known_.erase(found);
        }
    }

    Levels levels_;
    LaneMap lanes_;
    std::map<std::int32_t, Known, std::greater<>> known_;
};

}  // namespace

TEST_CASE(
    "levels: the highest whose turn may come is at the front, the one of normal priority too") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        base::Prng prng(seed);
        World world;
        for (int step = 0; step < 500; ++step) {
            const auto priority =
                model::kPriorityNormal + static_cast<std::int32_t>(prng.below(15)) - 7;
            switch (prng.below(3)) {
                case 0: world.open(priority); break;
                case 1: world.park(priority); break;
                default: world.drain(priority);
            }
            world.check();
        }
    }
}
