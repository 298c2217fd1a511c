#include "broker/core/history.hpp"

#include <algorithm>

namespace steward::core {

model::JobRow Past::row(const OwnerTable& owners) const {
    model::JobRow row;
    row.owner = owners.at(owner).name;
    row.id = id;
    row.service = service;
    row.state = state;
    row.sync = sync;
    row.priority = priority;
    row.attempt = attempt;
    if (client.value != 0) {
        row.client = client;
    }
    if (worker.value != 0) {
        row.worker = worker;
    }
    row.accepted_at = accepted_at;
    if (attempt > 0) {
        row.started_at = started_at;
    }
    row.ended_at = ended_at;
    row.params = params;
    row.text = text.view();
    row.failures = failures;
    row.losses = losses;
    row.channel = channel;
    if (names != nullptr) {
        row.context = names->context;
        row.group = names->group;
        row.batch = names->batch;
    }
    return row;
}

// The bound has changed: the newest stay, the oldest first.
void History::fit(std::size_t most) {
    const auto oldest = ring_.begin() + static_cast<std::ptrdiff_t>(next_);
    std::rotate(ring_.begin(), oldest, ring_.end());
    next_ = 0;
    if (ring_.size() > most) {
        ring_.erase(ring_.begin(), ring_.end() - static_cast<std::ptrdiff_t>(most));
    }
}

}  // namespace steward::core
