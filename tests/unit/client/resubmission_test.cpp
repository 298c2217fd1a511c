// tests: lost submissions on their way to a broker again, conversation by conversation.
#include "client/resubmission.hpp"

#include <set>

#include "tests/unit/client/broker_side.hpp"

namespace steward::client::test {
namespace {

Resubmit lost(std::uint64_t session, std::uint64_t number) {
    return {{session, number}, spec_of("mail", false)};
}

/// A resubmission with the clock and the broker in a test's hand.
struct Desk {
    explicit Desk(std::vector<Resubmit> lost_jobs) : jobs(std::move(lost_jobs)) {}

    void connect() {
        jobs.connected(now);
        const auto hello = jobs.take_batch(now);
        REQUIRE(hello);
        REQUIRE(std::holds_alternative<native::ClientHello>(commands_of(*hello).at(0)));
        REQUIRE(commands_of(*hello).size() == 1);
    }

    struct Sent {
        std::uint64_t session = 0;
        std::uint64_t acked_below = 0;
        std::uint64_t number = 0;

        auto operator<=>(const Sent&) const = default;
    };

    std::vector<Sent> sent() {
        std::vector<Sent> all;
        while (const auto frames = jobs.take_batch(now)) {
            native::Session session;
            for (const auto& command : commands_of(*frames)) {
                if (const auto* named = std::get_if<native::Session>(&command)) {
                    session = *named;
                } else if (const auto* submit = std::get_if<native::Submit>(&command)) {
                    CHECK(submit->again);
                    CHECK_FALSE(submit->spec.options.sync);
                    all.push_back({session.session, session.acked_below, submit->number});
                }
            }
        }
        return all;
    }

    template <class... C>
    void hear(C&&... commands) {
        CHECK(jobs.on_frames(now, batch(std::forward<C>(commands)...)));
    }

    base::MonoTime now = kStart;
    Resubmission jobs;
};

native::Refused refusal(std::uint64_t number,
                        base::Errc code,
                        std::optional<base::Duration> retry_after = {}) {
    return {number, {code, "no", retry_after}};
}

}  // namespace

TEST_CASE("Each session goes in a batch of its own, its numbers ascending, marked as sent before") {
    Desk desk({lost(2, 9), lost(1, 7), lost(1, 3)});
    CHECK_FALSE(desk.jobs.take_batch(desk.now).has_value());
    desk.connect();
    CHECK(desk.sent() == std::vector<Desk::Sent>{{1, 0, 3}, {1, 0, 7}, {2, 0, 9}});
    desk.hear(native::Accepted{3, {5, 3}}, native::Accepted{7, {5, 7}, true});
    CHECK_FALSE(desk.jobs.is_done());
    desk.hear(native::Accepted{9, {5, 9}}, native::Accepted{9, {5, 8}}, native::Accepted{1, kJob});
    CHECK(desk.jobs.is_done());
    const auto results = desk.jobs.take_results();
    REQUIRE(results.size() == 3);
    CHECK(results[0]->job == model::JobId{5, 9});
    CHECK(results[1]->job == model::JobId{5, 7});
    CHECK(results[1]->is_duplicate);
    CHECK(results[2]->job == model::JobId{5, 3});
}

TEST_CASE("Of several sessions with the same number one is asked at a time") {
    Desk desk({lost(1, 1), lost(1, 2), lost(2, 1), lost(2, 2), lost(3, 1)});
    desk.connect();
    CHECK(desk.sent() == std::vector<Desk::Sent>{{1, 0, 1}, {1, 0, 2}});
    desk.hear(native::Accepted{2, {5, 12}});
    CHECK(desk.sent().empty());  // the others begin with 1
    desk.hear(native::Accepted{1, {5, 11}});
    CHECK(desk.sent() == std::vector<Desk::Sent>{{2, 0, 1}, {2, 0, 2}});
    desk.hear(native::Accepted{1, {5, 21}});
    CHECK(desk.sent() == std::vector<Desk::Sent>{{3, 0, 1}});
    desk.hear(native::Accepted{2, {5, 22}}, native::Accepted{1, {5, 31}});
    CHECK(desk.jobs.is_done());
    const auto results = desk.jobs.take_results();
    for (std::size_t i = 0; i < results.size(); ++i) {
        CHECK(results[i]->job.number == std::vector<std::uint64_t>{11, 12, 21, 22, 31}[i]);
    }
}

TEST_CASE("What is not answered is asked again over a new connection, what is answered is not") {
    Desk desk({lost(1, 1), lost(1, 2), lost(2, 1)});
    desk.connect();
    desk.sent();
    desk.hear(native::Accepted{1, {5, 1}});
    desk.sent();
    desk.jobs.disconnected();
    CHECK_FALSE(desk.jobs.take_batch(desk.now).has_value());
    desk.connect();
    CHECK(desk.sent() == std::vector<Desk::Sent>{{1, 0, 2}, {2, 0, 1}});
}

TEST_CASE("A refusal for good is a result, one for lack of room is asked again after a pause") {
    Desk desk({lost(1, 1), lost(1, 2)});
    desk.connect();
    desk.sent();
    desk.hear(refusal(1, base::Errc::UnknownService), refusal(2, base::Errc::QueueFull, 2s));
    CHECK(desk.sent().empty());
    REQUIRE(desk.jobs.next_deadline() == desk.now + 2s);
    desk.now += 2s - 1us;
    CHECK(desk.sent().empty());
    desk.now += 1us;
    CHECK(desk.sent() == std::vector<Desk::Sent>{{1, 0, 2}});
    desk.hear(native::Accepted{2, kJob});
    const auto results = desk.jobs.take_results();
    CHECK(results[0].error().code == base::Errc::UnknownService);
    CHECK(results[1]->job == kJob);
}

TEST_CASE("A broker that cannot hold the whole run of a session is told what it may forget") {
    Desk desk({lost(1, 5), lost(1, 1'000'000), lost(1, 1'000'001)});
    desk.connect();
    desk.sent();
    desk.hear(native::Accepted{5, {5, 5}}, refusal(1'000'000, base::Errc::TooManyInFlight));
    CHECK(desk.sent().empty());
    desk.hear(refusal(1'000'001, base::Errc::TooManyInFlight));
    CHECK(desk.sent() ==
          std::vector<Desk::Sent>{{1, 1'000'000, 1'000'000}, {1, 1'000'000, 1'000'001}});
    desk.hear(native::Accepted{1'000'001, kJob},
              refusal(1'000'000, base::Errc::TooManyInFlight));  // and that is its last word
    CHECK(desk.jobs.is_done());
    CHECK(desk.jobs.take_results()[1].error().code == base::Errc::TooManyInFlight);
}

TEST_CASE("What has no answer at the end is told so, or the refusal it had last") {
    Desk desk({lost(1, 1), lost(1, 2)});
    desk.connect();
    desk.sent();
    desk.hear(refusal(2, base::Errc::QueueFull));
    const auto results = desk.jobs.take_results();
    CHECK(results[0].error().code == base::Errc::Timeout);
    CHECK(results[1].error().code == base::Errc::QueueFull);
}

TEST_CASE("The session beats when it has nothing to say, and knows when it was heard and moved") {
    Desk desk({lost(1, 1)});
    desk.connect();
    desk.sent();
    const base::MonoTime sent_at = desk.now;
    CHECK(desk.jobs.next_deadline() == sent_at + 5s);
    desk.now += 5s;
    const auto beat = desk.jobs.take_batch(desk.now);
    REQUIRE(beat);
    CHECK(std::holds_alternative<native::Heartbeat>(commands_of(*beat).at(0)));
    CHECK_FALSE(desk.jobs.take_batch(desk.now).has_value());
    CHECK(desk.jobs.heard_at() == sent_at);
    desk.hear(native::Heartbeat{});
    CHECK(desk.jobs.heard_at() == desk.now);
    CHECK(desk.jobs.moved_at() == sent_at);
    desk.hear(native::Accepted{1, kJob});
    CHECK(desk.jobs.moved_at() == desk.now);
}

TEST_CASE("A connection is given up for what is no message, and when the broker says so") {
    Desk desk({lost(1, 1)});
    desk.connect();
    CHECK_FALSE(desk.jobs.on_frames(desk.now, {base::Blob::copy("nonsense")}));
    CHECK_FALSE(desk.jobs.on_frames(desk.now, batch(native::Disconnect{"bye"})));
    CHECK_FALSE(desk.jobs.on_frames(desk.now, {base::Blob::copy("STW\x01\xc1")}));
    CHECK(desk.jobs.on_frames(desk.now, batch(native::Welcome{})));
}

TEST_CASE("So many are unanswered at a time, and no more") {
    std::vector<Resubmit> jobs;
    for (std::uint64_t number = 1; number <= Resubmission::kInFlightMax + 1; ++number) {
        jobs.push_back(lost(1, number));
    }
    Desk desk(std::move(jobs));
    desk.connect();
    CHECK(desk.sent().size() == Resubmission::kInFlightMax);
    desk.hear(native::Accepted{17, kJob});
    CHECK(desk.sent() ==
          std::vector<Desk::Sent>{{1, 0, std::uint64_t{Resubmission::kInFlightMax + 1}}});
}

TEST_CASE("One submission that is there twice is one job") {
    Desk desk({lost(1, 1), lost(1, 1)});
    desk.connect();
    CHECK(desk.sent().size() == 1);
    desk.hear(native::Accepted{1, kJob});
    CHECK(desk.sent().size() == 1);
    desk.hear(native::Accepted{1, kJob});
    const auto results = desk.jobs.take_results();
    CHECK(results[0]->job == kJob);
    CHECK(results[1]->job == kJob);
}

}  // namespace steward::client::test
