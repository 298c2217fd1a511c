// tests/unit/gateway_feed: who hears what, at once and late, and what is forgotten.
#include "gateway/feed/feed.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace steward::gateway {
namespace {

using namespace std::chrono_literals;
using model::EventKind;
using Kind = FeedItem::Kind;

constexpr std::uint64_t kBefore = 1000;

base::MonoTime at(base::Duration since_start) {
    return base::MonoTime(since_start);
}

model::JobId job(std::uint64_t number) {
    return {7, number};
}

FeedItem event(EventKind kind, std::uint64_t number, const std::string& service = "mail") {
    FeedItem item;
    item.event = kind;
    item.job = job(number);
    item.service = service;
    item.text = base::Blob::copy("e");
    return item;
}

FeedItem said(Kind kind, std::uint64_t number, std::string_view text = "s") {
    FeedItem item;
    item.kind = kind;
    item.job = job(number);
    item.text = base::Blob::copy(text);
    return item;
}

FeedItem part(std::uint64_t number, std::string_view text, model::PartNumber which) {
    FeedItem item = said(Kind::Partial, number, text);
    item.part = which;
    return item;
}

model::EventSet only(EventKind kind) {
    model::EventSet set;
    set.add(kind);
    return set;
}

Interest in_jobs(std::vector<model::JobId> jobs) {
    return {.jobs = std::move(jobs), .services = {}};
}

Interest in_services(std::vector<std::string> services) {
    return {.jobs = {}, .services = std::move(services)};
}

struct Fixture {
    explicit Fixture(const FeedLimits& limits = {}) : feed(limits, kBefore) {}

    Feed::Followed follow(const Interest& interest, std::optional<std::uint64_t> after = {}) {
        auto followed = feed.follow(at(now), interest, after);
        REQUIRE(followed);
        return *followed;
    }

    std::vector<FollowerId> tell(const FeedItem& item) { return feed.publish(at(now), item).to; }

    base::Duration now{};
    Feed feed;
};

std::string texts(const std::vector<FeedItem>& items) {
    std::string all;
    for (const FeedItem& item : items) {
        all += item.text.view();
    }
    return all;
}

using Ids = std::vector<FollowerId>;

}  // namespace

TEST_CASE("An event reaches those who follow its job, its service or everything, each once") {
    Fixture f;
    const auto all = f.follow({}).id;
    const auto both = f.follow({.jobs = {job(1)}, .services = {"mail", "mail", "sms"}}).id;
    const auto by_job = f.follow(in_jobs({job(1), job(2)})).id;
    const auto by_service = f.follow(in_services({"mail"})).id;
    CHECK(f.tell(event(EventKind::Enqueued, 1)) == Ids{all, both, by_job, by_service});
    CHECK(f.tell(event(EventKind::Enqueued, 3)) == Ids{all, both, by_service});
    CHECK(f.tell(event(EventKind::Enqueued, 2, "fax")) == Ids{all, by_job});
    CHECK(f.feed.followers() == 4);
}

TEST_CASE("What a job says itself is for those who follow that job") {
    Fixture f;
    (void)f.follow({});
    (void)f.follow(in_services({"mail"}));
    const auto one =
        f.follow({.jobs = {job(1)}, .services = {}, .kinds = only(EventKind::Dead)}).id;
    CHECK(f.tell(said(Kind::Partial, 1)) == Ids{one});
    CHECK(f.tell(said(Kind::Progress, 1)) == Ids{one});
    CHECK(f.tell(said(Kind::End, 1)) == Ids{one});
    CHECK(f.tell(said(Kind::Partial, 2)).empty());
    CHECK(f.tell(event(EventKind::Enqueued, 1)).size() == 2);
    CHECK(f.tell(event(EventKind::Dead, 1)).size() == 3);
}

TEST_CASE("An event of all services is for all who follow any") {
    Fixture f;
    const auto all = f.follow({}).id;
    const auto mail = f.follow(in_services({"mail"})).id;
    const auto dead =
        f.follow({.jobs = {}, .services = {"sms"}, .kinds = only(EventKind::Dead)}).id;
    (void)f.follow(in_jobs({job(1)}));
    FeedItem paused = event(EventKind::Paused, 0, "*");
    paused.job.reset();
    CHECK(f.tell(paused) == Ids{all, mail});
    paused.event = EventKind::Dead;
    CHECK(f.tell(paused) == Ids{all, mail, dead});
}

TEST_CASE("Who has gone is told nothing, and may go twice") {
    Fixture f;
    const auto one = f.follow({.jobs = {job(1)}, .services = {"mail"}}).id;
    const auto all = f.follow({}).id;
    f.feed.unfollow(one);
    f.feed.unfollow(one);
    CHECK_FALSE(f.feed.is_followed(job(1)));
    CHECK(f.tell(event(EventKind::Enqueued, 1)) == Ids{all});
    f.feed.unfollow(all);
    CHECK(f.tell(event(EventKind::Enqueued, 1)).empty());
    CHECK(f.feed.followers() == 0);
}

TEST_CASE("Numbers rise from those of the run before") {
    Fixture f;
    CHECK(f.feed.publish(at(0s), event(EventKind::Enqueued, 1)).item.number == kBefore + 1);
    CHECK(f.feed.publish(at(0s), said(Kind::Partial, 1)).item.number == kBefore + 2);
    CHECK(f.feed.last_number() == kBefore + 2);
}

TEST_CASE("Who resumes is told what came since, and nobody else is told old events") {
    Fixture f;
    for (const std::uint64_t number : {1U, 2U, 3U}) {
        f.tell(event(EventKind::Enqueued, number));
        f.tell(event(EventKind::Dead, number, "sms"));
    }
    CHECK(f.follow({}).items.empty());
    const auto all = f.follow({}, kBefore + 2);
    CHECK(all.items.size() == 4);
    CHECK(all.items.front().number == kBefore + 3);
    CHECK_FALSE(all.has_missed);
    CHECK(f.follow(in_services({"sms"}), kBefore).items.size() == 3);
    CHECK(f.follow({.jobs = {}, .services = {}, .kinds = only(EventKind::Dead)}, kBefore + 2)
              .items.size() == 2);
    CHECK(f.follow({}, kBefore + 6).items.empty());
    CHECK(f.follow({.jobs = {job(3)}, .services = {"mail"}}, kBefore).items.size() == 4);
}

TEST_CASE(
    "Who resumes from before the ring, or from another run, hears that something is missing") {
    FeedLimits limits;
    limits.events_max = 2;
    Fixture f(limits);
    CHECK_FALSE(f.follow({}, kBefore).has_missed);
    CHECK(f.follow({}, kBefore - 1).has_missed);
    for (const std::uint64_t number : {1U, 2U, 3U}) {
        f.tell(event(EventKind::Enqueued, number));
    }
    CHECK(f.feed.events() == 2);
    CHECK_FALSE(f.follow({}, kBefore + 1).has_missed);
    const auto late = f.follow({}, kBefore);
    CHECK(late.has_missed);
    CHECK(late.items.size() == 2);
    const auto later_run = f.follow({}, kBefore + 4);
    CHECK(later_run.has_missed);
    CHECK(later_run.items.empty());
}

TEST_CASE("The ring is held to its bytes") {
    FeedLimits limits;
    FeedItem large = event(EventKind::Enqueued, 1);
    large.text = base::Blob::copy(std::string(1000, 'x'));
    limits.event_bytes_max = 2 * large.bytes();
    Fixture f(limits);
    f.tell(large);
    f.tell(large);
    CHECK(f.feed.events() == 2);
    f.tell(event(EventKind::Enqueued, 1));
    CHECK(f.feed.events() == 2);
    large.text = base::Blob::copy(std::string(5000, 'x'));
    f.tell(large);
    CHECK(f.feed.events() == 0);
    CHECK(f.follow({}, kBefore + 3).has_missed);
}

TEST_CASE("A gap in the news is a gap for all who resume from before") {
    Fixture f;
    f.tell(event(EventKind::Received, 1));
    f.feed.keep(at(0s), job(1), true);
    f.feed.note_gap();
    f.tell(event(EventKind::Enqueued, 1));
    CHECK(f.follow({}, kBefore + 1).has_missed);
    CHECK(f.follow(in_jobs({job(1)}), kBefore + 1).has_missed);
    CHECK_FALSE(f.follow({}, f.feed.last_number()).has_missed);
    f.tell(event(EventKind::Received, 2));
    CHECK_FALSE(f.follow(in_jobs({job(2)}), f.feed.last_number() - 1).has_missed);
}

TEST_CASE("Late followers of a job hear all that it said") {
    Fixture f;
    f.tell(event(EventKind::Received, 1));
    f.feed.keep(at(0s), job(1), true);
    f.tell(said(Kind::Partial, 1, "a"));
    f.tell(said(Kind::Partial, 2, "not kept"));
    f.tell(said(Kind::Partial, 1, "b"));
    const auto late = f.follow(in_jobs({job(1)}));
    CHECK(texts(late.items) == "eab");
    CHECK_FALSE(late.has_missed);
    CHECK_FALSE(late.is_ended);
    CHECK(f.feed.is_followed(job(1)));
    f.tell(said(Kind::End, 1, "c"));
    const auto after_end = f.follow(in_jobs({job(1)}), late.items[1].number);
    CHECK(texts(after_end.items) == "bc");
    CHECK(after_end.is_ended);
    CHECK_FALSE(f.follow({.jobs = {job(1)}, .services = {"mail"}}).is_ended);
    CHECK_FALSE(f.follow(in_jobs({job(1), job(2)})).is_ended);
}

TEST_CASE("A new job whose first events were not heard is told to have missed them, once") {
    Fixture f;
    const auto missed = [&](const FeedItem& item) { return f.feed.missed_before(item); };
    const auto keep = [&](std::uint64_t id, bool is_new) { f.feed.keep(at(0s), job(id), is_new); };
    keep(1, true);
    CHECK_FALSE(missed(said(Kind::Partial, 1)));
    CHECK_FALSE(missed(event(EventKind::Received, 1)));
    CHECK_FALSE(missed(event(EventKind::Enqueued, 1)));
    CHECK_FALSE(missed(said(Kind::End, 1)));
    keep(2, true);
    CHECK_FALSE(missed(said(Kind::Partial, 2)));
    const auto told = missed(event(EventKind::ExecuteComplete, 2));
    REQUIRE(told);
    CHECK(told->kind == Kind::Missed);
    CHECK(told->job == job(2));
    CHECK(f.tell(*told).empty());
    CHECK_FALSE(missed(said(Kind::End, 2)));
    CHECK(f.follow(in_jobs({job(2)})).items.front().kind == Kind::Missed);
    keep(3, true);
    CHECK(missed(said(Kind::End, 3)));
    // The beginning was heard before the answer to the submission came.
    f.tell(event(EventKind::Received, 4));
    keep(4, true);
    CHECK_FALSE(missed(event(EventKind::Enqueued, 4)));
    // Who follows a job that he did not submit expects no beginning.
    keep(5, false);
    CHECK_FALSE(missed(event(EventKind::Enqueued, 5)));
    CHECK_FALSE(missed(event(EventKind::Enqueued, 6)));
}

TEST_CASE("A job that goes on after its end has not ended") {
    Fixture f;
    f.feed.keep(at(0s), job(1), true);
    f.tell(said(Kind::End, 1));
    f.tell(event(EventKind::Dead, 1));
    CHECK(f.follow(in_jobs({job(1)})).is_ended);
    CHECK(f.feed.next_deadline());
    f.tell(event(EventKind::Retry, 1));
    CHECK_FALSE(f.follow(in_jobs({job(1)})).is_ended);
    CHECK_FALSE(f.feed.next_deadline());
}

TEST_CASE("Events of before a job was followed are taken from the ring") {
    Fixture f;
    f.tell(event(EventKind::Enqueued, 1));
    f.tell(event(EventKind::Received, 2));
    f.tell(event(EventKind::Enqueued, 2));
    CHECK(f.follow(in_jobs({job(1)})).items.size() == 1);
    CHECK(f.follow(in_jobs({job(2)})).items.size() == 2);
    // Of job 1 nobody knows what was said before; of job 2 its beginning is there.
    CHECK_FALSE(f.follow(in_jobs({job(1)}), kBefore).has_missed);
    CHECK(f.follow(in_jobs({job(1)}), kBefore - 1).has_missed);
    CHECK_FALSE(f.follow(in_jobs({job(2)}), kBefore - 1).has_missed);
}

TEST_CASE("Of progress only the latest is kept") {
    Fixture f;
    f.feed.keep(at(0s), job(1), true);
    f.tell(said(Kind::Progress, 1, "1"));
    f.tell(said(Kind::Partial, 1, "p"));
    f.tell(event(EventKind::Progress, 1));
    f.tell(said(Kind::Progress, 1, "2"));
    CHECK(texts(f.follow(in_jobs({job(1)})).items) == "p2");
}

TEST_CASE("A record is held to its items and bytes, the oldest make room") {
    FeedLimits limits;
    limits.records.items_per_job_max = 2;
    limits.records.bytes_per_job_max = 3 * said(Kind::Partial, 1).bytes();
    Fixture f(limits);
    f.feed.keep(at(0s), job(1), true);
    f.tell(said(Kind::Partial, 1, "a"));
    f.tell(said(Kind::Partial, 1, "b"));
    CHECK_FALSE(f.follow(in_jobs({job(1)}), kBefore).has_missed);
    f.tell(said(Kind::Partial, 1, "c"));
    const auto late = f.follow(in_jobs({job(1)}), kBefore);
    CHECK(texts(late.items) == "bc");
    CHECK(late.has_missed);
    CHECK_FALSE(f.follow(in_jobs({job(1)}), kBefore + 1).has_missed);
    f.tell(said(Kind::Partial, 1, std::string(1000, 'x')));
    CHECK(f.follow(in_jobs({job(1)})).items.empty());
    CHECK(f.feed.records().bytes() == 0);
}

TEST_CASE("Records are held to their number: the ended go first, then the quiet") {
    FeedLimits limits;
    limits.records.records_max = 2;
    Fixture f(limits);
    f.feed.keep(at(0s), job(1), true);
    f.feed.keep(at(0s), job(2), true);
    f.tell(said(Kind::Partial, 1));
    f.feed.keep(at(0s), job(3), true);  // 2 is quieter than 1
    CHECK(f.feed.records().find(job(1)) != nullptr);
    CHECK(f.feed.records().find(job(2)) == nullptr);
    f.tell(said(Kind::End, 3));
    f.feed.keep(at(0s), job(4), true);
    CHECK(f.feed.records().find(job(3)) == nullptr);
    CHECK(f.feed.records().find(job(1)) != nullptr);
    CHECK(f.feed.records().size() == 2);
    // Who comes back to a record that had to go is told.
    CHECK(f.follow(in_jobs({job(3)}), kBefore).has_missed);
}

TEST_CASE("All records together are held to their bytes") {
    FeedLimits limits;
    limits.records.bytes_max = 3 * said(Kind::Partial, 1).bytes();
    Fixture f(limits);
    for (const std::uint64_t number : {1U, 2U, 3U, 4U}) {
        f.feed.keep(at(0s), job(number), true);
        f.tell(said(Kind::Partial, number));
    }
    CHECK(f.feed.records().size() == 3);
    CHECK(f.feed.records().find(job(1)) == nullptr);
    CHECK(f.feed.records().bytes() == limits.records.bytes_max);
}

TEST_CASE("A record is dropped some time after its job's end") {
    Fixture f;
    f.feed.keep(at(0s), job(1), true);
    f.feed.keep(at(0s), job(2), true);
    CHECK_FALSE(f.feed.next_deadline());
    f.now = 10s;
    f.tell(event(EventKind::ExecuteComplete, 1));
    const auto due = at(10s) + FeedLimits().records.keep_after_end;
    CHECK(f.feed.next_deadline() == due);
    f.feed.drop_ended(due - 1us);
    CHECK(f.feed.records().size() == 2);
    f.feed.drop_ended(due);
    CHECK(f.feed.records().size() == 1);
    CHECK(f.feed.records().find(job(2)) != nullptr);
    CHECK_FALSE(f.feed.next_deadline());
}

TEST_CASE("Followers and what they name are bounded") {
    FeedLimits limits;
    limits.followers_max = 1;
    limits.names_max = 2;
    Fixture f(limits);
    const auto names = f.feed.follow(at(0s), in_services({"a", "b", "c"}), {});
    REQUIRE_FALSE(names);
    CHECK(names.error().code == base::Errc::TooLarge);
    const auto id = f.follow(in_services({"a", "b"})).id;
    const auto full = f.feed.follow(at(0s), {}, {});
    REQUIRE_FALSE(full);
    CHECK(full.error().code == base::Errc::TooManyWaiters);
    f.feed.unfollow(id);
    CHECK(f.feed.follow(at(0s), {}, {}));
}

TEST_CASE("a part that comes again, for its job was asked for again, is told once and kept once") {
    Fixture world;
    const FollowerId early = world.follow(in_jobs({job(1)})).id;
    CHECK(world.tell(part(1, "a", {5, 11})) == Ids{early});
    CHECK(world.tell(part(1, "b", {5, 12})) == Ids{early});
    const std::uint64_t last = world.feed.last_number();
    CHECK(world.tell(part(1, "a", {5, 11})).empty());
    CHECK(world.tell(part(1, "b", {5, 12})).empty());
    CHECK(world.feed.last_number() == last);
    CHECK(world.tell(part(1, "c", {5, 13})) == Ids{early});
    // Another broker's run counts anew, and an older one not at all.
    CHECK(world.tell(part(1, "d", {6, 1})) == Ids{early});
    CHECK(world.tell(part(1, "e", {})) == Ids{early});
    CHECK(world.tell(part(1, "e", {})) == Ids{early});
    CHECK(texts(world.follow(in_jobs({job(1)})).items) == "abcdee");
    // Of a job without a record nothing is known.
    CHECK(world.tell(part(2, "a", {5, 11})).empty());
    CHECK(texts(world.follow(in_jobs({job(2)})).items).empty());
}

}  // namespace steward::gateway
