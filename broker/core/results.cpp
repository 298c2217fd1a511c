#include "broker/core/results.hpp"

#include <functional>

namespace steward::core {

model::JobRow Ended::row(const OwnerTable& owners) const {
    model::JobRow row;
    row.owner = owners.at(owner).name;
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
    if (names != nullptr) {
        row.context = names->context;
        row.group = names->group;
        row.batch = names->batch;
    }
    return row;
}

ResultIndex::Handle ResultIndex::page_of(const model::JobId& first) const {
    return index_.find(std::hash<model::JobId>{}(first),
                       [&](Handle page) { return pages_.at(page).first == first; });
}

void ResultIndex::insert(const model::JobId& id, std::uint32_t number) {
    const model::JobId first = first_of(id);
    Page* page = pages_.find(added_to_);
    if (page == nullptr || page->first != first) {
        added_to_ = page_of(first);
        if (!added_to_.names_something()) {
            added_to_ = pages_.emplace();
            pages_.at(added_to_).first = first;
            index_.insert(std::hash<model::JobId>{}(first), added_to_);
        }
        page = &pages_.at(added_to_);
    }
    page->used |= 1U << place_of(id);
    page->numbers[place_of(id)] = number;
}

void ResultIndex::erase(const model::JobId& id) {
    const model::JobId first = first_of(id);
    Page* page = pages_.find(erased_from_);
    if (page == nullptr || page->first != first) {
        erased_from_ = page_of(first);
        page = &pages_.at(erased_from_);
    }
    page->used &= ~(1U << place_of(id));
    if (page->used == 0) {
        index_.erase(std::hash<model::JobId>{}(first), erased_from_);
        pages_.erase(erased_from_);
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
    if (Ended* place = add(ended.id, ended.forget_at, ended.bytes() - sizeof ended, now, limits)) {
        *place = std::move(ended);
    }
}

Ended* ResultTable::add(const model::JobId& id,
                        base::MonoTime forget_at,
                        std::size_t bytes,
                        base::MonoTime now,
                        const model::Limits& limits) {
    forget_old(now);
    bytes += sizeof(Ended);
    if (forget_at <= now || limits.results_max == 0 || bytes > limits.results_bytes_max) {
        return nullptr;
    }
    while (ring_.size() >= limits.results_max || bytes_ + bytes > limits.results_bytes_max) {
        dropped_ += ring_.front().forget_at > now ? 1U : 0U;
        drop_front();
    }
    index_.insert(id, static_cast<std::uint32_t>(end()));
    bytes_ += bytes;
    Ended& ended = ring_.emplace_back();
    ended.id = id;
    ended.forget_at = forget_at;
    return &ended;
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

void ResultTable::drop_front() {
    const Ended& oldest = ring_.front();
    index_.erase(oldest.id);
    bytes_ -= oldest.bytes();
    ring_.pop_front();
    ++first_;
}

}  // namespace steward::core
