// tests: numbers, sessions and sending order of open requests; the ring beneath them.
#include "client/open_requests.hpp"

#include <map>

#include <doctest/doctest.h>

#include "client/window.hpp"
#include "tests/unit/client/broker_side.hpp"

namespace steward::client::test {
namespace {

std::vector<std::uint64_t> unsent(OpenRequests& requests) {
    std::vector<std::uint64_t> numbers;
    while (const auto* request = requests.next_unsent()) {
        numbers.push_back(request->number);
        requests.advance();
    }
    return numbers;
}

}  // namespace

TEST_CASE("A window finds what is inside and nothing beside it, through growth and sliding") {
    Window<int> window(10);
    CHECK(window.empty());
    CHECK(window.find(10) == nullptr);
    for (int i = 0; i < 1000; ++i) {
        window.push() = i;
        if (i % 3 == 2) {
            window.pop_front();
        }
    }
    CHECK(window.first() == 10 + 333);
    CHECK(window.next() == 10 + 1000);
    CHECK(window.find(window.first() - 1) == nullptr);
    CHECK(window.find(window.next()) == nullptr);
    for (std::uint64_t number = window.first(); number < window.next(); ++number) {
        REQUIRE(window.find(number) != nullptr);
        CHECK(*window.find(number) == static_cast<int>(number - 10));
    }
}

TEST_CASE("A slot of a window is fresh when it is used again") {
    Window<int> window(0);
    for (int i = 0; i < 64; ++i) {
        window.push() = 5;
    }
    window.pop_front();
    CHECK(window.push() == 0);
}

TEST_CASE("A request that stays open for long does not stop the others") {
    constexpr std::size_t kSpan = 8;
    OpenRequests requests(1);
    const auto elder = requests.add(kSpan).number;
    const auto first_session = requests.session_of(elder).session;
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(requests.room(kSpan) > 0);
        auto& request = requests.add(kSpan);
        CHECK(request.number == elder + 1 + static_cast<std::uint64_t>(i));
        requests.close(request);
    }
    CHECK(requests.size() == 1);
    REQUIRE(requests.find(elder) != nullptr);
    CHECK(requests.session_of(elder).session == first_session);
    CHECK(requests.session_of(elder).acked_below == elder);
    CHECK(requests.newest_session().session != first_session);
    CHECK_FALSE(requests.next_settled());
    requests.close(*requests.find(elder));
    CHECK(requests.find(elder) == nullptr);
    const auto settled = requests.next_settled();
    REQUIRE(settled);
    CHECK(settled->session == first_session);
    CHECK(settled->acked_below == elder + kSpan);
    CHECK_FALSE(requests.next_settled());
}

TEST_CASE("A session is not left while half of its numbers are open") {
    OpenRequests requests(1);
    std::vector<std::uint64_t> numbers;
    for (int i = 0; i < 8; ++i) {
        numbers.push_back(requests.add(8).number);
    }
    CHECK(requests.room(8) == 0);
    for (int i = 1; i < 4; ++i) {
        requests.close(*requests.find(numbers[static_cast<std::size_t>(i)]));
        CHECK(requests.room(8) == 0);  // five, six, seven of eight are open
    }
    requests.close(*requests.find(numbers[4]));
    CHECK(requests.room(8) > 0);
    CHECK(requests.add(8).number == 9);
    CHECK(requests.size() == 5);
}

TEST_CASE("Only so many sessions are left behind") {
    constexpr std::size_t kSpan = 2;
    OpenRequests requests(1);
    std::size_t left = 0;
    while (requests.room(kSpan) > 0) {
        requests.add(kSpan);  // stays open
        requests.close(requests.add(kSpan));
        REQUIRE(++left <= OpenRequests::kLeftSessionsMax + 1);
    }
    CHECK(left == OpenRequests::kLeftSessionsMax + 1);
    requests.close(*requests.find(1));
    CHECK(requests.room(kSpan) > 0);
}

TEST_CASE("After a rewind all that is open is sent again in order, those of left sessions too") {
    constexpr std::size_t kSpan = 4;
    OpenRequests requests(1);
    std::map<std::uint64_t, std::uint64_t> open;  // number to session
    for (int i = 0; i < 40; ++i) {
        REQUIRE(requests.room(kSpan) > 0);
        auto& request = requests.add(kSpan);
        if (i % 8 == 0) {
            open[request.number] = requests.session_of(request.number).session;
        } else {
            requests.close(request);
        }
    }
    std::vector<std::uint64_t> expected;
    for (const auto& [number, session] : open) {
        expected.push_back(number);
        CHECK(requests.session_of(number).session == session);
    }
    CHECK(expected.size() == 5);
    CHECK(unsent(requests) == expected);
    CHECK(unsent(requests).empty());
    requests.rewind();
    CHECK(unsent(requests) == expected);
}

TEST_CASE("A message holds the submissions of one session only") {
    Bench bench;
    bench.connect();
    bench.welcome(0, 4);
    const auto elder = bench.submit("mail", true);
    std::uint64_t last = elder;
    for (int i = 0; i < 6; ++i) {
        last = bench.submit("mail", false);
        bench.sent();
        bench.hear(native::Accepted{last, {1, last}});
    }
    const auto newest = bench.submit("mail", false);
    bench.session.disconnected(bench.now);
    bench.pass(50ms);
    bench.connect();
    auto batches = bench.sent();
    REQUIRE(batches.size() == 2);
    CHECK(session_of(batches[0]).acked_below == elder);
    CHECK(std::get<native::Submit>(batches[0].at(1)).number == elder);
    CHECK(session_of(batches[1]).session != session_of(batches[0]).session);
    CHECK(std::get<native::Submit>(batches[1].at(1)).number == newest);

    const auto left = session_of(batches[0]).session;
    bench.hear(native::Result{elder, {1, 1}, model::JobState::Succeeded, "", {}});
    batches = bench.sent();
    REQUIRE(batches.size() == 1);
    REQUIRE(batches[0].size() == 1);  // the broker can let go of the session that was left
    CHECK(session_of(batches[0]).session == left);
    CHECK(session_of(batches[0]).acked_below > elder);
}

}  // namespace steward::client::test
