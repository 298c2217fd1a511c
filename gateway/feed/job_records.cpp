#include "gateway/feed/job_records.hpp"

#include <algorithm>
#include <utility>

namespace steward::gateway {

namespace {

bool is_the_end(const FeedItem& item) {
    return item.kind == FeedItem::Kind::End ||
           (item.kind == FeedItem::Kind::Event && model::is_end(item.event));
}

bool is_beginning(const FeedItem& item) {
    return item.kind == FeedItem::Kind::Event && item.event == model::EventKind::Received;
}

}  // namespace

void JobRecords::open(base::MonoTime now,
                      const model::JobId& job,
                      const std::vector<FeedItem>& items,
                      std::uint64_t floor,
                      bool is_new) {
    const auto [place, is_opened] = records_.try_emplace(job);
    if (!is_opened) {
        return;
    }
    Record& record = place->second;
    record.floor = floor;
    record.lacks_beginning = is_new && std::ranges::none_of(items, is_beginning);
    record.place = open_.insert(open_.end(), job);
    for (const FeedItem& item : items) {
        add(now, record, item);
    }
    make_room();
}

void JobRecords::put(base::MonoTime now, const FeedItem& item) {
    const auto record = item.job ? records_.find(*item.job) : records_.end();
    if (record != records_.end()) {
        add(now, record->second, item);
        make_room();
    } else if (item.kind != FeedItem::Kind::Event) {
        gone_ = item.number;
    }
}

bool JobRecords::is_first(const FeedItem& item) {
    const auto record = item.job ? records_.find(*item.job) : records_.end();
    return item.kind != FeedItem::Kind::Partial || record == records_.end() ||
           record->second.heard.is_first(item.part);
}

// Events come in their order: none comes before the first. Parts come another way, and may.
bool JobRecords::has_missed_beginning(const FeedItem& item) {
    const auto record = item.job ? records_.find(*item.job) : records_.end();
    const bool tells = item.kind == FeedItem::Kind::Event || item.kind == FeedItem::Kind::End;
    if (record == records_.end() || !tells || !record->second.lacks_beginning) {
        return false;
    }
    record->second.lacks_beginning = false;
    return !is_beginning(item);
}

void JobRecords::add(base::MonoTime now, Record& record, const FeedItem& item) {
    if (item.is_progress() && record.progress) {
        remove_item(record, *record.progress);
    }
    const auto added = record.items.insert(record.items.end(), item);
    record.bytes += item.bytes();
    bytes_ += item.bytes();
    if (item.is_progress()) {
        record.progress = added;
    }
    while (record.items.size() > limits_.items_per_job_max ||
           record.bytes > limits_.bytes_per_job_max) {
        record.floor = record.items.front().number;
        remove_item(record, record.items.begin());
    }
    touch(now, record, item);
}

void JobRecords::remove_item(Record& record, std::list<FeedItem>::iterator item) {
    if (record.progress == item) {
        record.progress.reset();
    }
    record.bytes -= item->bytes();
    bytes_ -= item->bytes();
    record.items.erase(item);
}

void JobRecords::touch(base::MonoTime now, Record& record, const FeedItem& item) {
    std::list<model::JobId>& from = record.ends_at ? ended_ : open_;
    if (is_the_end(item)) {
        record.ends_at = now + limits_.keep_after_end;
    } else if (item.is_retry()) {
        record.ends_at.reset();
    } else if (record.ends_at) {
        return;  // said after its end: that makes it no younger
    }
    std::list<model::JobId>& to = record.ends_at ? ended_ : open_;
    to.splice(to.end(), from, record.place);
}

const JobRecords::Record* JobRecords::find(const model::JobId& job) const {
    const auto found = records_.find(job);
    return found == records_.end() ? nullptr : &found->second;
}

std::optional<base::MonoTime> JobRecords::next_deadline() const {
    return ended_.empty() ? std::nullopt : records_.at(ended_.front()).ends_at;
}

void JobRecords::drop_ended(base::MonoTime now) {
    for (auto due = next_deadline(); due && *due <= now; due = next_deadline()) {
        erase(records_.find(ended_.front()));
    }
}

void JobRecords::raise_floors(std::uint64_t number) {
    for (auto& [job, record] : records_) {
        record.floor = std::max(record.floor, number);
    }
}

void JobRecords::erase(Records::iterator record) {
    Record& gone = record->second;
    if (!gone.items.empty()) {
        gone_ = std::max(gone_, gone.items.back().number);
    }
    bytes_ -= gone.bytes;
    (gone.ends_at ? ended_ : open_).erase(gone.place);
    records_.erase(record);
}

void JobRecords::make_room() {
    while (records_.size() > limits_.records_max || bytes_ > limits_.bytes_max) {
        erase(records_.find((ended_.empty() ? open_ : ended_).front()));
    }
}

}  // namespace steward::gateway
