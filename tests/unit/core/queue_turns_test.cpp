// The turns of a crew's queues, whatever is listed and taken, beside a plain list of them.
#include "broker/core/queue_turns.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"

using namespace steward;
using namespace steward::core;

namespace {

constexpr std::size_t kQueues = 9;
constexpr std::int32_t kNormal = model::kPriorityNormal;

// What is listed, in the order in which it was, and the priority of the next job that each queue
// really has.
class World {
public:
    void list(std::size_t index, std::int32_t priority) {
        turns_.list(index, priority);
        const auto known = std::ranges::find(listed_, index, &Listed::index);
        if (known != listed_.end()) {
            if (known->priority >= priority) {
                return;
            }
            listed_.erase(known);
        }
        listed_.push_back({index, priority});
    }

    void set_next(std::size_t index, std::optional<std::int32_t> priority) {
        next_[index] = priority;
    }

    [[nodiscard]] std::size_t take() {
        return turns_.take([&](std::size_t index, std::int32_t& priority) {
            priority = next_[index].value_or(0);
            return next_[index].has_value();
        });
    }

    [[nodiscard]] std::size_t expected() {
        while (!listed_.empty()) {
            // The first of the highest.
            const auto first = std::ranges::max_element(listed_, std::less<>{}, &Listed::priority);
            const Listed turn = *first;
            listed_.erase(first);
            if (next_[turn.index] == turn.priority) {
                return turn.index;
            }
            if (next_[turn.index]) {
                listed_.push_back({turn.index, *next_[turn.index]});
            }
        }
        return SIZE_MAX;
    }

    [[nodiscard]] bool agree_on_empty() const { return turns_.empty() == listed_.empty(); }

private:
    struct Listed {
        std::size_t index = 0;
        std::int32_t priority = 0;
    };

    QueueTurns turns_{kQueues};
    std::vector<Listed> listed_;
    std::vector<std::optional<std::int32_t>> next_ =
        std::vector<std::optional<std::int32_t>>(kQueues);
};

// Something happens by chance. Whether both know the same afterwards.
bool step_agrees(World& world, base::Prng& chance) {
    const std::size_t index = chance.below(kQueues);
    const auto priority =
        kNormal + static_cast<std::int32_t>(chance.below(3) * chance.below(2)) - 1;
    switch (chance.below(3)) {
        case 0: world.list(index, priority); break;
        case 1:
            world.set_next(index, chance.below(4) == 0 ? std::nullopt : std::optional(priority));
            break;
        default: return world.take() == world.expected() && world.agree_on_empty();
    }
    return world.agree_on_empty();
}

}  // namespace

TEST_CASE("queue turns: the highest priority first, queues of one in turns") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        base::Prng chance(seed);
        World world;
        bool do_agree = true;
        for (int step = 0; step < 400 && do_agree; ++step) {
            do_agree = step_agrees(world, chance);
        }
        CHECK(do_agree);
    }
}

TEST_CASE("queue turns: who is listed at a higher priority loses the place at the lower one") {
    World world;
    world.set_next(0, kNormal + 1);
    world.set_next(1, kNormal);
    world.list(0, kNormal);
    world.list(1, kNormal);
    world.list(0, kNormal + 1);
    CHECK(world.take() == 0);
    CHECK(world.take() == 1);
    CHECK(world.take() == SIZE_MAX);
}
