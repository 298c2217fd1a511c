#include "supervisor/policy/watchdog.hpp"

#include <algorithm>

namespace steward::supervisor {
namespace {

// Of the limit, between two looks: as planned, and at most.
constexpr int kPlannedParts = 8;
constexpr int kCountedParts = 4;

}  // namespace

void Watchdog::hear(base::MonoTime now) {
    if (limit_ > base::Duration::zero()) {
        silence_ = {};
        looked_at_ = now;
    }
}

bool Watchdog::is_silent(base::MonoTime now) {
    if (!looked_at_ || now <= *looked_at_) {
        return false;
    }
    silence_ += std::min(now - *looked_at_, limit_ / kCountedParts);
    looked_at_ = now;
    if (silence_ < limit_) {
        return false;
    }
    looked_at_.reset();
    return true;
}

std::optional<base::MonoTime> Watchdog::next_look() const {
    if (!looked_at_) {
        return std::nullopt;
    }
    // A limit of less than eight units of time is looked at as often as time passes.
    const base::Duration planned = std::max(limit_ / kPlannedParts, base::Duration(1));
    return *looked_at_ + std::min(planned, limit_ - silence_);
}

}  // namespace steward::supervisor
