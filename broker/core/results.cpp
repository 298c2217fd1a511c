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

namespace {

// Whether it is a number of the smaller type, which it is then.
template <class Small>
bool fits(std::int64_t value, Small& small) {
    small = static_cast<Small>(value);
    return small == value;
}

}  // namespace

bool ResultTable::differ_little(const Ended& ended, const Base& base, Differences& differences) {
    const auto after = [](std::uint64_t value, std::uint64_t from) {
        return static_cast<std::int64_t>(value - from);
    };
    differences.owner = ended.owner;
    differences.state = ended.state;
    differences.encoding = ended.result.encoding;
    differences.sync = ended.sync;
    differences.durable = ended.durable;
    differences.has_seq = ended.seq != 0;
    return ended.id.epoch == base.id.epoch && ended.text.empty() && ended.channel.empty() &&
           ended.names == nullptr &&
           fits(after(ended.id.number, base.id.number), differences.number) &&
           fits((ended.accepted_at - base.accepted_at).count(), differences.accepted_us) &&
           fits((ended.started_at - ended.accepted_at).count(), differences.waited_us) &&
           fits((ended.ended_at - ended.started_at).count(), differences.ran_us) &&
           fits((ended.forget_at - base.forget_at).count(), differences.forget_us) &&
           (ended.seq == 0 || fits(after(ended.seq, base.seq), differences.seq)) &&
           fits(ended.priority, differences.priority) && fits(ended.attempt, differences.attempt);
}

std::size_t ResultTable::bytes_of(const Ended& ended, bool is_whole) {
    return sizeof(Kept) + (is_whole ? sizeof ended : 0) +
           (ended.names != nullptr ? sizeof *ended.names : 0) + ended.text.size() +
           ended.result.bytes.size();
}

void ResultTable::add(Ended&& ended, base::MonoTime now, const model::Limits& limits) {
    forget_old(now);
    if (ring_.empty()) {
        bases_.clear();
    }
    const Base its{ended.id, ended.accepted_at, ended.forget_at, ended.seq};
    const bool begins_part = bases_.empty() || end() % kPart == 0;
    Differences differences;
    const bool is_little = differ_little(ended, begins_part ? its : bases_.back(), differences);
    const std::size_t bytes = bytes_of(ended, !is_little);
    if (its.forget_at <= now || limits.results_max == 0 || bytes > limits.results_bytes_max) {
        return;
    }
    while (ring_.size() >= limits.results_max || bytes_ + bytes > limits.results_bytes_max) {
        dropped_ += first_forget_at_ > now ? 1U : 0U;
        drop_front();
    }
    if (begins_part) {
        bases_.push_back(its);
    }
    if (ring_.empty()) {
        first_forget_at_ = its.forget_at;
    }
    index_.insert(its.id, static_cast<std::uint32_t>(end()));
    bytes_ += bytes;
    if (is_little) {
        ring_.emplace_back(differences, std::move(ended.service), std::move(ended.result.bytes));
    } else {
        ring_.emplace_back(std::make_unique<const Ended>(std::move(ended)));
    }
}

std::optional<Ended> ResultTable::find(const model::JobId& id, base::MonoTime now) const {
    const auto low = index_.find(id);
    if (!low) {
        return std::nullopt;
    }
    const std::uint64_t number = first_ + (*low - static_cast<std::uint32_t>(first_));
    return forget_at(number) > now ? std::optional(at(number)) : std::nullopt;
}

model::JobId ResultTable::id(std::uint64_t number) const {
    const Kept& its = kept(number);
    if (its.whole != nullptr) {
        return its.whole->id;
    }
    const model::JobId& base = base_of(number).id;
    return {base.epoch,
            base.number + static_cast<std::uint64_t>(std::int64_t{its.differences.number})};
}

Ended ResultTable::at(std::uint64_t number) const {
    const Kept& its = kept(number);
    if (its.whole != nullptr) {
        return *its.whole;
    }
    const Base& base = base_of(number);
    const Differences& from = its.differences;
    Ended ended;
    ended.id = id(number);
    ended.service = its.service;
    ended.state = from.state;
    ended.sync = from.sync;
    ended.durable = from.durable;
    ended.owner = from.owner;
    ended.priority = from.priority;
    ended.attempt = from.attempt;
    ended.result = {from.encoding, its.result};
    ended.accepted_at = base.accepted_at + base::Duration{from.accepted_us};
    ended.started_at = ended.accepted_at + base::Duration{from.waited_us};
    ended.ended_at = ended.started_at + base::Duration{from.ran_us};
    ended.forget_at = forget_at(number);
    ended.seq = from.has_seq ? base.seq + static_cast<std::uint64_t>(std::int64_t{from.seq}) : 0;
    return ended;
}

void ResultTable::drop_front() {
    index_.erase(id(first_));
    bytes_ -= bytes_of(kept(first_));
    ring_.pop_front();
    ++first_;
    if (first_ % kPart == 0) {
        bases_.pop_front();
    }
    if (!ring_.empty()) {
        first_forget_at_ = forget_at(first_);
    }
}

}  // namespace steward::core
