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

ResultIndex::Handle ResultIndex::page_of(const model::JobId& first) const {
    return index_.find(std::hash<model::JobId>{}(first),
                       [&](Handle page) { return pages_.at(page).first == first; });
}

void ResultIndex::insert(const model::JobId& id, std::uint32_t number) {
    const model::JobId first = first_of(id);
    Handle handle = page_of(first);
    if (!handle.names_something()) {
        handle = pages_.emplace();
        pages_.at(handle).first = first;
        index_.insert(std::hash<model::JobId>{}(first), handle);
    }
    Page& page = pages_.at(handle);
    page.used |= 1U << place_of(id);
    page.numbers[place_of(id)] = number;
}

void ResultIndex::erase(const model::JobId& id) {
    const Handle handle = page_of(first_of(id));
    Page& page = pages_.at(handle);
    page.used &= ~(1U << place_of(id));
    if (page.used == 0) {
        index_.erase(std::hash<model::JobId>{}(page.first), handle);
        pages_.erase(handle);
    }
}

std::optional<std::uint32_t> ResultIndex::find(const model::JobId& id) const {
    const Page* page = pages_.find(page_of(first_of(id)));
    if (page == nullptr || ((page->used >> place_of(id)) & 1U) == 0) {
        return std::nullopt;
    }
    return page->numbers[place_of(id)];
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
    index_.insert(ended.id, static_cast<std::uint32_t>(end()));
    bytes_ += bytes;
    ring_.push_back(std::move(ended));
}

const Ended* ResultTable::find(const model::JobId& id, base::MonoTime now) const {
    const auto number = index_.find(id);
    if (!number) {
        return nullptr;
    }
    const std::uint32_t after_first = *number - static_cast<std::uint32_t>(first_);
    const Ended& ended = at(first_ + after_first);
    return ended.forget_at > now ? &ended : nullptr;
}

void ResultTable::forget_old(base::MonoTime now) {
    while (!ring_.empty() && ring_.front().forget_at <= now) {
        drop_front();
    }
}

void ResultTable::drop_front() {
    const Ended& oldest = ring_.front();
    index_.erase(oldest.id);
    bytes_ -= oldest.bytes();
    ring_.pop_front();
    ++first_;
}

}  // namespace steward::core
