// common/net: what waits for those who do not read is counted in bytes, and bounded for each and
// for all.
#include "common/net/unsent.hpp"

#include <deque>

#include <doctest/doctest.h>

#include "tests/unit/net/net_fixture.hpp"

namespace steward::net::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMessage = 64UL << 10U;

/// A dealer that hardly takes anything from the system before it is asked.
Socket make_deaf(Context& context, const std::string& endpoint) {
    SocketOptions options;
    options.receive_queue_max = 1;
    options.linger = 0s;
    Socket dealer = must(make_dealer(context, options));
    REQUIRE(dealer.connect(endpoint).has_value());
    return dealer;
}

void say(Socket& dealer, const std::string& word) {
    for (int tries = 0; tries < 10'000; ++tries) {
        if (dealer.send(frames_of({word})) == SendStatus::Sent) {
            return;
        }
        Poller poller;
        REQUIRE(poller.wait(1ms).has_value());  // until it has connected
    }
    FAIL("it could not connect");
}

/// Sends until the router takes no more, also a while later. Returns the last status.
SendStatus fill(Socket& router, const std::string& to, UnsentAccounts& accounts) {
    const Frames frames = frames_of({std::string(kMessage, 'x'), "end"});
    SendStatus status = SendStatus::Sent;
    for (int refused = 0; refused < 20;) {
        status = router.send_to(to, frames, accounts);
        if (status == SendStatus::Sent) {
            refused = 0;
            continue;
        }
        ++refused;
        Poller poller;
        REQUIRE(poller.wait(2ms).has_value());
    }
    return status;
}

/// The same until more than `least` bytes wait: the system takes what it can when it finds the
/// time.
bool fill_beyond(std::size_t least,
                 Socket& router,
                 const std::string& to,
                 UnsentAccounts& accounts) {
    bool is_full = false;
    for (int tries = 0; tries < 100 && !is_full; ++tries) {
        is_full = fill(router, to, accounts) == SendStatus::WouldBlock &&
                  accounts.of(to)->bytes() > least;
    }
    return is_full;
}

/// None of them large.
void add_times(UnsentTotal& total, int times, std::size_t bytes) {
    for (int i = 0; i < times; ++i) {
        total.add(bytes);
    }
}

}  // namespace

TEST_CASE("a connection without anything unsent may have what the total has room for") {
    UnsentTotal total({.peer_max = 100, .total_max = 1000});
    CHECK(total.has_room(0, 125));
    add_times(total, 9, 100);
    CHECK(total.has_room(0, 100));
    CHECK_FALSE(total.has_room(0, 101));
    total.add(100);
    CHECK_FALSE(total.has_room(0, 1));
    total.add(1);  // more than there may be
    CHECK_FALSE(total.has_room(0, 1));
    total.remove(1);
    for (int i = 0; i < 10; ++i) {
        total.remove(100);
    }
    CHECK(total.bytes() == 0);
}

TEST_CASE("a large message goes whatever else waits, while large ones have half of the total") {
    UnsentTotal total({.peer_max = 100, .total_max = 1000});
    add_times(total, 9, 100);
    CHECK(total.has_room(0, 126));
    CHECK(total.has_room(0, 1'000'000));  // somebody must be able to get it
    CHECK_FALSE(total.has_room(100, 126));
    total.add(1'000'000);
    CHECK_FALSE(total.has_room(0, 126));
    CHECK(total.has_room(0, 100));  // others go on meanwhile
    total.remove(1'000'000);
    total.add(500);
    CHECK(total.has_room(0, 1'000'000));
    total.add(126);
    CHECK_FALSE(total.has_room(0, 126));
    CHECK(total.bytes() == 1526);
}

TEST_CASE("a connection has its bound, and an eighth of what is free when that is less") {
    UnsentTotal total({.peer_max = 100, .total_max = 1000});
    total.add(60);
    CHECK(total.has_room(60, 40));
    CHECK_FALSE(total.has_room(60, 41));
    add_times(total, 5, 108);
    CHECK(total.has_room(10, 40));
    CHECK_FALSE(total.has_room(10, 41));
    CHECK_FALSE(total.has_room(60, 1));
    total.set_bounds({.peer_max = 20, .total_max = 1000});
    CHECK(total.has_room(10, 10));
    CHECK_FALSE(total.has_room(10, 11));
}

TEST_CASE("accounts that are empty are forgotten, the others are not") {
    const auto total = std::make_shared<UnsentTotal>(UnsentBounds{});
    UnsentAccounts accounts(total);
    accounts.of("slow")->add(10);
    for (int i = 0; i < 10'000; ++i) {
        CHECK(accounts.of(std::to_string(i))->bytes() == 0);
        CHECK(accounts.size() <= UnsentAccounts::kKeptMin);
    }
    CHECK(accounts.of("slow")->bytes() == 10);
    CHECK(total->bytes() == 10);
    const std::shared_ptr<UnsentAccount> late = accounts.of("slow");
    accounts = UnsentAccounts(total);
    late->remove(10);  // what is on its way outlives all
    CHECK(total->bytes() == 0);
}

TEST_CASE("a peer that does not read is given its share of bytes, and more when it reads") {
    Context context = must(Context::open());
    Listening listening(context);
    Socket deaf = make_deaf(context, listening.endpoint);
    say(deaf, "here");
    const std::string id = listening.receive().first;
    const auto total = std::make_shared<UnsentTotal>(
        UnsentBounds{.peer_max = 1UL << 20U, .total_max = 64UL << 20U});
    UnsentAccounts accounts(total);
    constexpr std::size_t kNearlyAll = (1UL << 20U) - 2 * kMessage;
    CHECK(fill_beyond(kNearlyAll, listening.router, id, accounts));
    const std::size_t most = total->bytes();
    CHECK(most <= 1UL << 20U);
    // Small messages have ZeroMQ's own bound, a count.
    CHECK(listening.router.send_to(id, frames_of({"small"}), accounts) == SendStatus::Sent);
    CHECK(total->bytes() <= most);
    Frames frames;
    while (total->bytes() > 0) {
        await_readable(deaf);
        while (deaf.receive(frames) == ReceiveStatus::Received) {
        }
    }
    CHECK(fill_beyond(kNearlyAll, listening.router, id, accounts));
    CHECK(total->bytes() <= 1UL << 20U);
}

TEST_CASE("many that do not read have no more than the total, and it is free when they are gone") {
    Context context = must(Context::open());
    Listening listening(context);
    const auto total = std::make_shared<UnsentTotal>(
        UnsentBounds{.peer_max = 4UL << 20U, .total_max = 8UL << 20U});
    UnsentAccounts accounts(total);
    std::deque<Socket> crowd;
    for (int i = 0; i < 12; ++i) {
        crowd.push_back(make_deaf(context, listening.endpoint));
        say(crowd.back(), "here");
        const std::string id = listening.receive().first;
        CHECK(fill(listening.router, id, accounts) == SendStatus::WouldBlock);
        CHECK(total->bytes() <= 8UL << 20U);
    }
    // Whoever comes then still has room, if not as much.
    Socket quick = must(make_dealer(context, {.linger = 0s}));
    REQUIRE(quick.connect(listening.endpoint).has_value());
    say(quick, "here");
    const std::string id = listening.receive().first;
    CHECK(listening.router.send_to(id, frames_of({std::string(kMessage, 'x')}), accounts) ==
          SendStatus::Sent);
    await_readable(quick);
    crowd.clear();
    std::string routing_id;
    Frames frames;
    for (int tries = 0; tries < 10'000 && total->bytes() > 0; ++tries) {
        CHECK(listening.router.receive_from(routing_id, frames) == ReceiveStatus::Nothing);
        Poller poller;
        REQUIRE(poller.wait(1ms).has_value());
    }
    CHECK(total->bytes() == 0);
}

TEST_CASE("a peer that takes nothing for the standstill is dropped with what waits for it") {
    Context context = must(Context::open());
    SocketOptions options;
    options.standstill = 3s;
    Listening listening(context, options);
    Socket deaf = make_deaf(context, listening.endpoint);
    say(deaf, "here");
    const std::string id = listening.receive().first;
    const auto total = std::make_shared<UnsentTotal>(
        UnsentBounds{.peer_max = 1UL << 20U, .total_max = 64UL << 20U});
    UnsentAccounts accounts(total);
    CHECK(fill(listening.router, id, accounts) == SendStatus::WouldBlock);
    std::string routing_id;
    Frames frames;
    for (int tries = 0; tries < 15'000 && total->bytes() > 0; ++tries) {
        CHECK(listening.router.receive_from(routing_id, frames) == ReceiveStatus::Nothing);
        Poller poller;
        REQUIRE(poller.wait(1ms).has_value());
    }
    CHECK(total->bytes() == 0);
}

}  // namespace steward::net::test
