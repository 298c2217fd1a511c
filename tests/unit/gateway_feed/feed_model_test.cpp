// tests/unit/gateway_feed: the feed beside a model that forgets nothing. Whom an item is told must
// be whom the model finds by asking everybody; who resumes hears all the model has, or that he does
// not.
#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"
#include "gateway/feed/feed.hpp"

namespace steward::gateway {
namespace {

using namespace std::chrono_literals;
using model::EventKind;

constexpr std::array<EventKind, 6> kSaid = {EventKind::Enqueued,
                                            EventKind::ExecuteStart,
                                            EventKind::Progress,
                                            EventKind::Dead,
                                            EventKind::Retry,
                                            EventKind::ExecuteComplete};
constexpr std::array<const char*, 4> kServices = {"mail", "sms", "fax", "*"};

bool holds(const auto& list, const auto& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

bool matches(const Interest& interest, const FeedItem& item) {
    const bool is_event = item.kind == FeedItem::Kind::Event;
    const bool is_kind = !is_event || interest.kinds.has(item.event);
    if (item.job && holds(interest.jobs, *item.job)) {
        return is_kind;
    }
    if (!is_event || !is_kind) {
        return false;
    }
    if (interest.services.empty()) {
        return interest.jobs.empty();
    }
    return item.service == "*" || holds(interest.services, item.service);
}

FeedLimits tight_limits() {
    FeedLimits limits;
    limits.events_max = 20;
    limits.event_bytes_max = 20 * 150;
    limits.followers_max = 12;
    limits.records.records_max = 4;
    limits.records.bytes_max = 3000;
    limits.records.items_per_job_max = 8;
    limits.records.bytes_per_job_max = 1500;
    limits.records.keep_after_end = 50us;
    return limits;
}

class World {
public:
    explicit World(std::uint64_t seed) : prng_(seed), feed_(limits_, 0) {}

    void step() {
        now_ += base::Duration(static_cast<std::int64_t>(prng_.below(5)));
        switch (prng_.below(10)) {
            case 0: follow(); break;
            case 1: unfollow(); break;
            case 2: keep(); break;
            case 3: feed_.drop_ended(base::MonoTime(now_)); break;
            case 4: begin_job(); break;
            default: tell(); break;
        }
        check_bounds();
    }

    [[nodiscard]] std::size_t complete_replays() const { return complete_replays_; }

    [[nodiscard]] std::size_t missed_replays() const { return missed_replays_; }

private:
    model::JobId any_job() { return {1, prng_.below(jobs_) + 1}; }

    std::string any_service() { return kServices[prng_.below(3)]; }

    // A job's first event is RECEIVED, and it may be kept from then on.
    void begin_job() {
        ++jobs_;
        const model::JobId job{1, jobs_};
        FeedItem item;
        item.event = EventKind::Received;
        item.job = job;
        item.service = any_service();
        const bool is_kept_first = prng_.chance(1, 2);
        if (is_kept_first) {
            feed_.keep(base::MonoTime(now_), job, true);
        }
        publish(std::move(item));
        if (!is_kept_first && prng_.chance(1, 2)) {
            feed_.keep(base::MonoTime(now_), job, true);
        }
    }

    void tell() {
        FeedItem item;
        item.text = base::Blob::copy(std::string(prng_.below(60), 'x'));
        if (prng_.chance(1, 10)) {
            item.event = EventKind::Paused;
            item.service = kServices[prng_.below(4)];
        } else if (jobs_ > 0) {
            item.job = any_job();
            item.kind = static_cast<FeedItem::Kind>(prng_.below(4));
            item.event = kSaid[prng_.below(kSaid.size())];
            item.service = item.kind == FeedItem::Kind::Event ? any_service() : "";
        }
        publish(std::move(item));
    }

    void publish(FeedItem item) {
        const Feed::Told told = feed_.publish(base::MonoTime(now_), std::move(item));
        history_.push_back(told.item);
        REQUIRE(told.item.number == history_.size());
        std::vector<FollowerId> meant;
        for (const auto& [id, interest] : followers_) {
            if (matches(interest, told.item)) {
                meant.push_back(id);
            }
        }
        REQUIRE(told.to == meant);
    }

    void keep() {
        if (jobs_ > 0) {
            feed_.keep(base::MonoTime(now_), any_job(), false);
        }
    }

    Interest any_interest() {
        Interest interest;
        while (jobs_ > 0 && prng_.chance(1, 2)) {
            interest.jobs.push_back(any_job());
        }
        while (prng_.chance(1, 3)) {
            interest.services.push_back(any_service());
        }
        if (prng_.chance(1, 3)) {
            interest.kinds = {};
            interest.kinds.add(kSaid[prng_.below(kSaid.size())]);
        }
        return interest;
    }

    void follow() {
        const Interest interest = any_interest();
        std::optional<std::uint64_t> after;
        if (prng_.chance(2, 3)) {
            const std::uint64_t back = prng_.below(80);
            after = history_.size() - std::min<std::uint64_t>(back, history_.size());
        }
        const auto followed = feed_.follow(base::MonoTime(now_), interest, after);
        if (!followed) {
            REQUIRE(followers_.size() == limits_.followers_max);
            return;
        }
        REQUIRE(followers_.emplace(followed->id, interest).second);
        check_replay(interest, after, *followed);
    }

    void check_replay(const Interest& interest,
                      std::optional<std::uint64_t> after,
                      const Feed::Followed& followed) {
        std::uint64_t last = after.value_or(0);
        for (const FeedItem& item : followed.items) {
            REQUIRE(item.number > last);
            REQUIRE(item == history_.at(item.number - 1));
            REQUIRE(matches(interest, item));
            last = item.number;
        }
        if (!after || followed.has_missed) {
            missed_replays_ += followed.has_missed ? 1 : 0;
            return;
        }
        ++complete_replays_;
        for (std::uint64_t number = *after + 1; number <= history_.size(); ++number) {
            const FeedItem& item = history_[number - 1];
            if (matches(interest, item) && !item.is_progress()) {
                REQUIRE(holds(followed.items, item));
            }
        }
    }

    void unfollow() {
        if (followers_.empty()) {
            return;
        }
        auto who = followers_.begin();
        std::advance(who, static_cast<std::ptrdiff_t>(prng_.below(followers_.size())));
        feed_.unfollow(who->first);
        followers_.erase(who);
    }

    void check_bounds() {
        REQUIRE(feed_.followers() == followers_.size());
        REQUIRE(feed_.events() <= limits_.events_max);
        REQUIRE(feed_.records().size() <= limits_.records.records_max);
        REQUIRE(feed_.records().bytes() <= limits_.records.bytes_max);
        const auto due = feed_.next_deadline();
        REQUIRE((!due || *due <= base::MonoTime(now_) + limits_.records.keep_after_end));
        if (jobs_ > 0) {
            const model::JobId job = any_job();
            const bool is_followed = std::ranges::any_of(
                followers_, [&](const auto& one) { return holds(one.second.jobs, job); });
            REQUIRE(feed_.is_followed(job) == is_followed);
        }
    }

    base::Prng prng_;
    FeedLimits limits_ = tight_limits();
    Feed feed_;
    base::Duration now_{};
    std::uint64_t jobs_ = 0;
    std::vector<FeedItem> history_;
    std::map<FollowerId, Interest> followers_;
    std::size_t complete_replays_ = 0;
    std::size_t missed_replays_ = 0;
};

}  // namespace

TEST_CASE("Whatever happens, the feed tells what a model that forgets nothing would tell") {
    std::size_t complete = 0;
    std::size_t missed = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        World world(seed);
        for (int i = 0; i < 400; ++i) {
            world.step();
        }
        complete += world.complete_replays();
        missed += world.missed_replays();
    }
    // Both happen, or the test would test little.
    CHECK(complete > 100);
    CHECK(missed > 100);
}

TEST_CASE("Thousands of followers are found by what they follow") {
    constexpr std::uint64_t kFollowers = 5000;
    Feed feed({}, 0);
    for (std::uint64_t i = 0; i < kFollowers; ++i) {
        Interest interest;
        if (i % 2 == 0) {
            interest.jobs = {{1, i}};
        } else {
            interest.services = {"service-" + std::to_string(i)};
            interest.kinds = {};
            interest.kinds.add(EventKind::Dead);
        }
        REQUIRE(feed.follow({}, interest, {}));
    }
    std::size_t told = 0;
    FeedItem item;
    for (std::uint64_t i = 0; i < 4 * kFollowers; ++i) {
        item.event = i % 4 == 0 ? EventKind::Dead : EventKind::Enqueued;
        item.job = model::JobId{1, i % kFollowers};
        item.service = "service-" + std::to_string((i + 1) % kFollowers);
        told += feed.publish({}, item).to.size();
    }
    // Each followed job four times; each followed service when its event is DEAD.
    CHECK(told == 4 * kFollowers / 2 + kFollowers);
}

}  // namespace steward::gateway
