#include "gateway/feed/feed.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace steward::gateway {

namespace {

constexpr std::string_view kAllServices = "*";

std::size_t index_of(model::EventKind kind) {
    return static_cast<std::size_t>(kind);
}

bool is_event(const FeedItem& item) {
    return item.kind == FeedItem::Kind::Event;
}

}  // namespace

Feed::Feed(const FeedLimits& limits, std::uint64_t before_first)
    : limits_(limits), number_(before_first), floor_(before_first), records_(limits.records) {}

Feed::Told Feed::publish(base::MonoTime now, FeedItem item) {
    if (!records_.is_first(item)) {
        told_ = std::move(item);
        to_.clear();
        return {told_, to_};
    }
    item.number = ++number_;
    told_ = std::move(item);
    records_.put(now, told_);
    if (is_event(told_)) {
        put_in_ring(told_);
    }
    find_followers(told_);
    return {told_, to_};
}

std::optional<FeedItem> Feed::missed_before(const FeedItem& item) {
    if (!records_.has_missed_beginning(item)) {
        return std::nullopt;
    }
    FeedItem missed;
    missed.kind = FeedItem::Kind::Missed;
    missed.job = item.job;
    missed.text = base::Blob::copy("{}");
    return missed;
}

void Feed::put_in_ring(const FeedItem& item) {
    Kept kept{item, 0};
    if (item.job) {
        std::uint64_t& last = last_of_job_[*item.job];
        kept.previous = std::exchange(last, item.number);
    }
    ring_bytes_ += item.bytes();
    ring_.push_back(std::move(kept));
    while (ring_.size() > limits_.events_max || ring_bytes_ > limits_.event_bytes_max) {
        drop_oldest();
    }
}

void Feed::drop_oldest() {
    const FeedItem& oldest = ring_.front().item;
    if (oldest.job) {
        const auto last = last_of_job_.find(*oldest.job);
        if (last != last_of_job_.end() && last->second == oldest.number) {
            last_of_job_.erase(last);
        }
    }
    floor_ = oldest.number;
    ring_bytes_ -= oldest.bytes();
    ring_.pop_front();
}

const Feed::Kept* Feed::in_ring(std::uint64_t number) const {
    const auto found = std::lower_bound(
        ring_.begin(), ring_.end(), number, [](const Kept& kept, std::uint64_t wanted) {
            return kept.item.number < wanted;
        });
    return found != ring_.end() && found->item.number == number ? &*found : nullptr;
}

std::vector<FeedItem> Feed::ring_items_of(const model::JobId& job) const {
    std::vector<FeedItem> items;
    const auto last = last_of_job_.find(job);
    for (const Kept* kept = last == last_of_job_.end() ? nullptr : in_ring(last->second);
         kept != nullptr;
         kept = in_ring(kept->previous)) {
        items.push_back(kept->item);
    }
    std::ranges::reverse(items);
    return items;
}

void Feed::find_followers(const FeedItem& item) {
    to_.clear();
    if (item.job) {
        if (const auto found = by_job_.find(*item.job); found != by_job_.end()) {
            tell(found->second, item);
        }
    }
    if (is_event(item)) {
        const std::size_t kind = index_of(item.event);
        if (item.service == kAllServices) {
            tell(of_any_service_[kind], item);
        } else if (const auto found = by_service_.find(item.service); found != by_service_.end()) {
            tell(found->second[kind], item);
        }
        tell(of_all_[kind], item);
    }
    if (!std::ranges::is_sorted(to_)) {
        std::ranges::sort(to_);
    }
}

void Feed::tell(const Followers& followers, const FeedItem& item) {
    for (const FollowerId id : followers) {
        Follower& follower = followers_.at(id);
        if (follower.told != item.number &&
            (!is_event(item) || follower.interest.kinds.has(item.event))) {
            follower.told = item.number;
            to_.push_back(id);
        }
    }
}

void Feed::keep(base::MonoTime now, const model::JobId& job, bool is_new) {
    if (records_.find(job) != nullptr) {
        return;
    }
    const std::vector<FeedItem> items = ring_items_of(job);
    const bool has_beginning = !items.empty() &&
                               items.front().event == model::EventKind::Received &&
                               items.front().number > floor_;
    const std::uint64_t floor = is_new ? 0 : std::max(has_beginning ? 0 : floor_, records_.gone());
    records_.open(now, job, items, floor, is_new);
}

base::Expected<Feed::Followed> Feed::follow(base::MonoTime now,
                                            const Interest& interest,
                                            std::optional<std::uint64_t> after) {
    if (followers_.size() >= limits_.followers_max) {
        return base::fail(base::Errc::TooManyWaiters,
                          "the gateway has " + std::to_string(followers_.size()) +
                              " followers of events, as many as it may");
    }
    const std::size_t names = interest.jobs.size() + interest.services.size();
    if (names > limits_.names_max) {
        return base::fail(base::Errc::TooLarge,
                          "one follower names " + std::to_string(names) + " jobs and services, " +
                              std::to_string(limits_.names_max) +
                              " are allowed; follow all events instead");
    }
    for (const model::JobId& job : interest.jobs) {
        keep(now, job, false);
    }
    Followed followed;
    replay(interest, after, followed);
    followed.id = FollowerId{next_follower_++};
    enlist(followed.id, interest);
    return followed;
}

void Feed::replay(const Interest& interest,
                  std::optional<std::uint64_t> after,
                  Followed& followed) {
    if (after && *after > number_) {  // of another run, of which nothing is known
        followed.has_missed = true;
        after.reset();
    }
    std::vector<FeedItem>& items = followed.items;
    for (const model::JobId& job : interest.jobs) {
        append_of_job(job, interest.kinds, after, followed);
    }
    followed.is_ended = followed.is_ended && interest.jobs.size() == 1 && interest.services.empty();
    if (after && (!interest.services.empty() || interest.jobs.empty())) {
        followed.has_missed = followed.has_missed || *after < floor_;
        append_from_ring(interest, *after, items);
    }
    std::ranges::sort(items, {}, &FeedItem::number);
    const auto twice = [](const FeedItem& one, const FeedItem& next) {
        return one.number == next.number;
    };
    items.erase(std::unique(items.begin(), items.end(), twice), items.end());
}

void Feed::append_of_job(const model::JobId& job,
                         const model::EventSet& kinds,
                         std::optional<std::uint64_t> after,
                         Followed& followed) const {
    const JobRecords::Record* record = records_.find(job);
    if (record == nullptr) {  // others needed the room
        followed.has_missed = followed.has_missed || after.has_value();
        return;
    }
    followed.has_missed = followed.has_missed || (after && *after < record->floor);
    for (const FeedItem& item : record->items) {
        const bool is_wanted = !is_event(item) || kinds.has(item.event);
        if (is_wanted && (!after || item.number > *after)) {
            followed.items.push_back(item);
        }
        followed.is_ended =
            item.kind == FeedItem::Kind::End || (followed.is_ended && !item.is_retry());
    }
}

void Feed::append_from_ring(const Interest& interest,
                            std::uint64_t after,
                            std::vector<FeedItem>& items) const {
    const bool wants_all = interest.services.empty();
    const std::unordered_set<std::string_view> services(interest.services.begin(),
                                                        interest.services.end());
    const auto first = std::upper_bound(
        ring_.begin(), ring_.end(), after, [](std::uint64_t number, const Kept& kept) {
            return number < kept.item.number;
        });
    for (auto kept = first; kept != ring_.end(); ++kept) {
        const FeedItem& item = kept->item;
        if (interest.kinds.has(item.event) &&
            (wants_all || item.service == kAllServices || services.contains(item.service))) {
            items.push_back(item);
        }
    }
}

void Feed::enlist(FollowerId id, const Interest& interest) {
    for (const model::JobId& job : interest.jobs) {
        by_job_[job].insert(id);
    }
    const auto add = [&](ByKind& followers) {
        for (std::size_t kind = 0; kind < model::kEventKinds; ++kind) {
            if (interest.kinds.has(static_cast<model::EventKind>(kind))) {
                followers[kind].insert(id);
            }
        }
    };
    for (const std::string& service : interest.services) {
        add(by_service_[service]);
    }
    if (!interest.services.empty()) {
        add(of_any_service_);
    } else if (interest.jobs.empty()) {
        add(of_all_);
    }
    followers_.emplace(id, Follower{interest, 0});
}

void Feed::unfollow(FollowerId id) {
    const auto follower = followers_.find(id);
    if (follower == followers_.end()) {
        return;
    }
    const Interest& interest = follower->second.interest;
    for (const model::JobId& job : interest.jobs) {
        const auto found = by_job_.find(job);
        if (found != by_job_.end() && found->second.erase(id) > 0 && found->second.empty()) {
            by_job_.erase(found);
        }
    }
    // True: nobody is left.
    const auto remove = [id](ByKind& followers) {
        bool is_empty = true;
        for (Followers& of_kind : followers) {
            of_kind.erase(id);
            is_empty = is_empty && of_kind.empty();
        }
        return is_empty;
    };
    for (const std::string& service : interest.services) {
        const auto found = by_service_.find(service);
        if (found != by_service_.end() && remove(found->second)) {
            by_service_.erase(found);
        }
    }
    (void)remove(of_any_service_);
    (void)remove(of_all_);
    followers_.erase(follower);
}

bool Feed::is_followed(const model::JobId& job) const {
    return by_job_.contains(job);
}

std::optional<base::MonoTime> Feed::next_deadline() const {
    return records_.next_deadline();
}

void Feed::drop_ended(base::MonoTime now) {
    records_.drop_ended(now);
}

void Feed::note_gap() {
    floor_ = ++number_;
    records_.raise_floors(number_);
}

}  // namespace steward::gateway
