#include "supervisor/policy/scaler.hpp"

#include <algorithm>

namespace steward::supervisor {

std::uint32_t Scaler::decide(base::MonoTime now,
                             const Load& load,
                             std::uint32_t count,
                             const ScaleRules& rules) {
    const bool is_deep = load.waiting > std::uint64_t{rules.depth} * count;
    const bool is_late = load.waiting > 0 && load.oldest >= rules.wait;
    if (is_deep || is_late) {
        idle_since_.reset();
        if (last_up_ && now - *last_up_ < rules.up_every) {
            return count;
        }
        last_up_ = now;
        return std::clamp(count + std::max(1U, count / 2), rules.min, rules.max);
    }
    const bool has_idle = load.waiting == 0 && load.running < count;
    if (!has_idle) {
        idle_since_.reset();
        return std::clamp(count, rules.min, rules.max);
    }
    if (!idle_since_) {
        idle_since_ = now;
    }
    if (now - *idle_since_ < rules.down_after) {
        return std::clamp(count, rules.min, rules.max);
    }
    idle_since_ = now;
    return std::clamp(count > 0 ? count - 1 : 0, rules.min, rules.max);
}

}  // namespace steward::supervisor
