#include "common/net/unsent.hpp"

#include <algorithm>

namespace steward::net {
namespace {

// Of what is free.
constexpr std::size_t kShare = 8;

}  // namespace

bool UnsentTotal::has_room(std::size_t own, std::size_t message) const {
    if (is_large(message)) {
        const std::size_t large = large_.load(std::memory_order_relaxed);
        return own == 0 && large <= bounds_.total_max / 2;
    }
    const std::size_t used = bytes_.load(std::memory_order_relaxed);
    if (used == 0 && own == 0) {
        return true;
    }
    const std::size_t free = bounds_.total_max - std::min(bounds_.total_max, used);
    const std::size_t share = std::min(bounds_.peer_max, free / kShare);
    return own == 0 ? message <= free : own + message <= share;
}

const std::shared_ptr<UnsentAccount>& UnsentAccounts::of(std::string_view routing_id) {
    if (const auto found = accounts_.find(routing_id); found != accounts_.end()) {
        return found->second;
    }
    if (accounts_.size() >= forget_at_) {
        forget_empty();
    }
    return accounts_.emplace(routing_id, std::make_shared<UnsentAccount>(total_)).first->second;
}

void UnsentAccounts::forget_empty() {
    std::erase_if(accounts_, [](const auto& entry) { return entry.second->bytes() == 0; });
    forget_at_ = std::max(kKeptMin, 2 * accounts_.size());
}

}  // namespace steward::net
