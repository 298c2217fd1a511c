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
        std::vector<std::int32_t> seen;
        levels_.each([&](const Level& level) {
            seen.push_back(level.priority);
            CHECK(levels_.is_in_place(level));
            return true;
        });
        CHECK(std::ranges::is_sorted(seen, std::greater<>()));
        CHECK(std::ranges::adjacent_find(seen) == seen.end());
        const Level* first = nullptr;
        std::size_t empty = 0;
        for (const auto& [priority, known] : known_) {
            CHECK(std::ranges::count(seen, priority) == 1);
            first = first == nullptr && known.is_turning ? known.at : first;
            empty += known.at->jobs == 0 ? 1 : 0;
        }
        CHECK(levels_.front() == first);
        CHECK(seen.size() <= known_.size() + 1);  // and that of normal priority
        CHECK(empty <= kEmptyMost);
    }

private:
    struct Known {
        Level* at = nullptr;
        LaneHandle lane;
        bool is_turning = false;
    };

    // A few stay, and that of normal priority.
    static constexpr std::size_t kEmptyMost = 5;

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
