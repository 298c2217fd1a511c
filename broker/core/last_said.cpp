#include "broker/core/last_said.hpp"

#include <functional>
#include <utility>

namespace steward::core {

void LastSaidTable::add(LastSaid&& said, base::MonoTime now, const model::Limits& limits) {
    forget_old(now);
    forget(said.job);
    if (said.forget_at <= now || limits.parts_jobs_max == 0) {
        return;
    }
    while (order_.size() >= limits.parts_jobs_max) {
        drop(order_.front());
    }
    all_.bytes += said.progress_text.size();
    const Handle handle = map_.emplace(std::move(said));
    order_.push_back(map_, handle);
    index_.insert(std::hash<model::JobId>{}(map_.at(handle).job), handle);
    make_room(0, limits);
}

LastSaidTable::Handle LastSaidTable::handle_of(const model::JobId& job) const {
    return index_.find(std::hash<model::JobId>{}(job),
                       [&](Handle handle) { return map_.at(handle).job == job; });
}

const LastSaid* LastSaidTable::find(const model::JobId& job, base::MonoTime now) const {
    const LastSaid* said = map_.find(handle_of(job));
    return said != nullptr && said->forget_at > now ? said : nullptr;
}

void LastSaidTable::forget(const model::JobId& job) {
    if (const Handle handle = handle_of(job); handle.names_something()) {
        drop(handle);
    }
}

void LastSaidTable::forget_old(base::MonoTime now) {
    while (!order_.empty() && map_.at(order_.front()).forget_at <= now) {
        drop(order_.front());
    }
}

void LastSaidTable::make_room(std::size_t bytes, const model::Limits& limits) {
    while (!order_.empty() && bytes <= limits.parts_bytes_max &&
           all_.bytes + bytes > limits.parts_bytes_max) {
        drop(order_.front());
    }
}

std::size_t LastSaidTable::bytes() const {
    std::size_t sum = 0;
    for (Handle at = order_.front(); at.names_something(); at = map_.at(at).place.next) {
        const LastSaid& said = map_.at(at);
        sum += said.progress_text.size() + (said.parts != nullptr ? said.parts->bytes() : 0);
    }
    return sum;
}

void LastSaidTable::drop(Handle handle) {
    const LastSaid& said = map_.at(handle);
    all_.bytes -= said.progress_text.size();
    index_.erase(std::hash<model::JobId>{}(said.job), handle);
    order_.remove(map_, handle);
    map_.erase(handle);
}

}  // namespace steward::core
