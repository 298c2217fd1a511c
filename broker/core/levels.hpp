// broker/core: the lanes of a queue by their priority. Knows no policy.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "broker/core/lane.hpp"

namespace steward::core {

/// The lanes of one priority.
struct Level {
    using Lanes = base::LinkedList<Lane, &Lane::of_level>;

    LaneList turns;  // those whose first job may start, as far as is known
    std::int32_t priority = model::kPriorityNormal;
    std::size_t jobs = 0;  // of all lanes, parked ones too
    LaneHandle plain;      // of jobs without owner and group
    Lanes special;         // all others, in no order
};

/// The levels of one queue; they do not move. The one of normal priority is always there and stands
/// in the object itself: most queues need no other, and a broker with thousands of queues has so
/// much less to wait for while it comes from memory.
///
/// Cost: O(log priorities) for all calls but each().
class Levels {
public:
    /// The highest in which a lane may start, or null.
    [[nodiscard]] const Level* front() const {
        const Level* best = normal_.turns.empty() ? nullptr : &normal_;
        if (others_ == nullptr) {
            return best;
        }
        for (const auto& [priority, level] : others_->open) {  // few at the front are empty
            if (!level.turns.empty()) {
                return best == nullptr || priority > best->priority ? &level : best;
            }
        }
        return best;
    }

    /// Made if need be.
    [[nodiscard]] Level& of(std::int32_t priority) {
        return priority == normal_.priority ? normal_ : of_others(priority);
    }

    /// Calls `visit(level)` for all, the highest first, until it returns false.
    template <class Visit>
    bool each(Visit&& visit) const {
        if (others_ == nullptr) {
            return visit(normal_);
        }
        const Level* normal = &normal_;
        auto open = others_->open.begin();
        auto closed = others_->closed.begin();
        for (;;) {
            const Level* of_open = open != others_->open.end() ? &open->second : nullptr;
            const Level* of_closed = closed != others_->closed.end() ? &closed->second : nullptr;
            const Level* next = higher(normal, higher(of_open, of_closed));
            if (next == nullptr || !visit(*next)) {
                return next == nullptr;
            }
            if (next == normal) {
                normal = nullptr;
            } else {
                next == of_open ? ++open : ++closed;
            }
        }
    }

    /// A lane of the level has its turn.
    void open(Level& level) {
        if (&level != &normal_) {
            open_other(level.priority);
        }
    }

    /// A lane of the level has lost its turn, or a job. False: the level is empty and should go; a
    /// few empty ones stay, so that a queue that empties and fills does not allocate.
    [[nodiscard]] bool settle(Level& level) {
        return &level == &normal_ || !level.turns.empty() || settle_other(level);
    }

    /// Pre: settle() was false just now.
    void erase(const Level& level);

    /// Whether front() looks for the level where it is. For tests and the simulator.
    [[nodiscard]] bool is_in_place(const Level& level) const;

private:
    using ByPriority = std::map<std::int32_t, Level, std::greater<>>;

    struct Others {
        ByPriority open;    // with lanes that may start, and a few empty ones
        ByPriority closed;  // in which every lane is parked
    };

    static constexpr std::size_t kEmptyKept = 4;

    [[nodiscard]] static const Level* higher(const Level* one, const Level* other) {
        return other == nullptr || (one != nullptr && one->priority > other->priority) ? one
                                                                                       : other;
    }

    Level& of_others(std::int32_t priority);
    void open_other(std::int32_t priority);
    bool settle_other(Level& level);

    // What each job of the queue touches comes first.
    std::unique_ptr<Others> others_;  // null: none
    Level normal_;
};

}  // namespace steward::core
