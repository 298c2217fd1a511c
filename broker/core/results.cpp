#include "broker/core/results.hpp"

#include <functional>

namespace steward::core {

model::JobRow Ended::row() const {
    model::JobRow row;
    row.id = id;
    row.service = service;
    row.state = state;
    row.sync = sync;
    row.priority = priority;
    row.attempt = attempt;
    row.accepted_at = accepted_at;
    if (attempt > 0) {
        row.started_at = started_at;
    }
    row.ended_at = ended_at;
    row.text = text.view();
    row.channel = channel;
    row.context = context;
    row.group = group;
    row.batch = batch;
    return row;
}

void ResultTable::add(Ended&& ended, base::MonoTime now, const model::Limits& limits) {
    forget_old(now);
    const std::size_t bytes = ended.bytes();
    if (ended.forget_at <= now || limits.results_max == 0 || bytes > limits.results_bytes_max) {
        return;
    }
    while (ring_.size() >= limits.results_max || bytes_ + bytes > limits.results_bytes_max) {
        dropped_ += ring_.front().forget_at > now ? 1U : 0U;
        drop_front();
    }
    index_.insert(std::hash<model::JobId>{}(ended.id), place_of(end()));
    bytes_ += bytes;
    ring_.push_back(std::move(ended));
}

const Ended* ResultTable::find(const model::JobId& id, base::MonoTime now) const {
    const Place place = index_.find(std::hash<model::JobId>{}(id), [&](Place at_place) {
        return at(number_of(at_place)).id == id;
    });
    if (!place.names_something()) {
        return nullptr;
    }
    const Ended& ended = at(number_of(place));
    return ended.forget_at > now ? &ended : nullptr;
}

void ResultTable::forget_old(base::MonoTime now) {
    while (!ring_.empty() && ring_.front().forget_at <= now) {
        drop_front();
    }
}

void ResultTable::drop_front() {
    const Ended& oldest = ring_.front();
    index_.erase(std::hash<model::JobId>{}(oldest.id), place_of(first_));
    bytes_ -= oldest.bytes();
    ring_.pop_front();
    ++first_;
}

}  // namespace steward::core
