#include "broker/core/levels.hpp"

#include "common/base/assert.hpp"

namespace steward::core {

Level& Levels::of_others(std::int32_t priority) {
    if (others_ == nullptr) {
        others_ = std::make_unique<Others>();
    }
    const auto closed = others_->closed.find(priority);
    if (closed != others_->closed.end()) {
        return closed->second;
    }
    Level& level = others_->open[priority];
    level.priority = priority;
    return level;
}

void Levels::open_other(std::int32_t priority) {
    const auto closed = others_->closed.find(priority);
    if (closed != others_->closed.end()) {
        others_->open.insert(others_->closed.extract(closed));
    }
}

// Pre: it has no turns.
bool Levels::settle_other(Level& level) {
    const auto open = others_->open.find(level.priority);
    const bool is_open = open != others_->open.end();
    if (level.jobs == 0) {
        return is_open && others_->open.size() <= kEmptyKept;
    }
    if (is_open) {
        others_->closed.insert(others_->open.extract(open));
    }
    return true;
}

void Levels::erase(const Level& level) {
    STEWARD_ASSERT(level.jobs == 0);
    const std::int32_t priority = level.priority;
    if (others_->open.erase(priority) == 0) {
        others_->closed.erase(priority);
    }
}

bool Levels::is_in_place(const Level& level) const {
    if (&level == &normal_) {
        return true;
    }
    const bool is_parked = level.jobs > 0 && level.turns.empty();
    const ByPriority& levels = is_parked ? others_->closed : others_->open;
    const auto found = levels.find(level.priority);
    return found != levels.end() && &found->second == &level;
}

}  // namespace steward::core
