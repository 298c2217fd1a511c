// tests/e2e: messages that begin and do not end. libzmq keeps their frames and tells nobody; the
// broker closes the connection, and nobody else notices. Its own loop keeps no more than may be.
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/e2e/harness/native_peer.hpp"
#include "tests/e2e/harness/sanitized.hpp"
#include "tests/e2e/harness/wait_until.hpp"
#include "tests/e2e/harness/zmtp_peer.hpp"
#include "tests/e2e/hostile_house.hpp"

namespace steward::e2e {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// Others are served for a while in which the broker looks several times.
std::vector<Clock::duration> serve_for(Others& others, std::chrono::milliseconds time) {
    std::vector<Clock::duration> took;
    const Clock::time_point end = Clock::now() + time;
    while (Clock::now() < end) {
        took.push_back(others.call());
    }
    return took;
}

}  // namespace

TEST_CASE("A message that never ends costs its connection, not the memory of libzmq's broker") {
    Broker broker(with("message_bytes_max = \"4MiB\"\n", ServedBy::Libzmq));
    Others others(broker);
    others.call();
    const std::size_t before = peak_mib(broker.process());
    for (const std::string& door : {broker.endpoints().frontend, broker.endpoints().backend}) {
        std::size_t sent = 0;
        std::jthread flood([&] {
            ZmtpPeer peer(door);
            constexpr std::size_t kEnough = 64UL << 10U;  // 64 GiB: it is cut before
            while (sent < kEnough && peer.begin(kMiB)) {
                ++sent;
            }
        });
        std::vector<Clock::duration> took;
        const std::uint64_t cuts = count_of(broker, "unfinished");
        while (count_of(broker, "unfinished") == cuts) {
            took.push_back(others.call());
        }
        flood.join();
        MESSAGE("cut after " << sent << " MiB; p99 of " << took.size()
                             << " calls: " << p99_of(took).count() << " us; peak " << before
                             << " to " << peak_mib(broker.process()) << " MiB");
        CHECK(broker.process().wait_for_line("message_unfinished"));
    }
    CHECK(count_of(broker, "unfinished") == 2);
    // libzmq reads on for as long as the broker's loop does not get to run.
    CHECK(peak_mib(broker.process()) < before + (kIsSanitized ? 6000 : 4000));
    others.call();
}

TEST_CASE("In the broker's loop a message past its bound ends its connection at once") {
    Broker broker(with("message_bytes_max = \"4MiB\"\n"));
    Others others(broker);
    others.call();
    const std::size_t before = peak_mib(broker.process());
    for (const std::string& door : {broker.endpoints().frontend, broker.endpoints().backend}) {
        ZmtpPeer of_bytes(door);
        static_cast<void>(of_bytes.begin(8 * kMiB));
        CHECK(of_bytes.is_closed());
        ZmtpPeer of_frames(door);
        static_cast<void>(of_frames.repeat("", 1'000'000, ZmtpPeer::More::Yes));
        CHECK(of_frames.is_closed());
        CHECK(broker.process().wait_for_line("message_too_large"));
        others.call();
    }
    CHECK(count_of(broker, "unfinished") == 0);
    CHECK((kIsSanitized || peak_mib(broker.process()) < before + 32));
}

TEST_CASE("A message that comes slowly and in many frames ends when it ends") {
    const ServedBy by = either_way();
    Broker broker(with("message_bytes_max = \"4MiB\"\n", by));
    Others others(broker);
    ZmtpPeer slow(broker.endpoints().frontend);
    const std::uint64_t garbage = count_of(broker, "garbage");
    for (int step = 0; step < 4; ++step) {
        REQUIRE(slow.begin(kMiB - (64U << 10U)));
        CHECK_FALSE(serve_for(others, 400ms).empty());
    }
    REQUIRE(slow.send("the end", ZmtpPeer::More::No));
    CHECK(wait_until([&] { return count_of(broker, "garbage") == garbage + 1; }));
    // And again on the same connection.
    REQUIRE(slow.begin(4 * kMiB - (64U << 10U)));
    CHECK_FALSE(serve_for(others, 400ms).empty());
    REQUIRE(slow.send("the end", ZmtpPeer::More::No));
    CHECK(wait_until([&] { return count_of(broker, "garbage") == garbage + 2; }));
    CHECK(count_of(broker, "unfinished") == 0);
}

TEST_CASE("Many messages that have not ended are bounded together: those begun first are cut") {
    const ServedBy by = either_way();
    Broker broker(with("message_bytes_max = \"4MiB\"\nbacklog_bytes_max = \"8MiB\"\n", by));
    Others others(broker);
    std::vector<std::unique_ptr<ZmtpPeer>> peers;
    for (int i = 0; i < 6; ++i) {
        peers.push_back(std::make_unique<ZmtpPeer>(broker.endpoints().frontend));
        REQUIRE(peers.back()->begin(kMiB / 2));
        // It is noticed before the next comes.
        CHECK_FALSE(serve_for(others, by == ServedBy::Libzmq ? 1200ms : 100ms).empty());
    }
    for (const auto& peer : peers) {
        REQUIRE(peer->begin(3 * kMiB));
    }
    // 18 MiB, of which two connections' fit.
    CHECK(wait_until([&] { return count_of(broker, "unfinished") == 4; }));
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(peers.at(i)->is_closed());
    }
    const std::uint64_t garbage = count_of(broker, "garbage");
    for (std::size_t i = 4; i < 6; ++i) {
        REQUIRE(peers.at(i)->send("the end", ZmtpPeer::More::No));
    }
    CHECK(wait_until([&] { return count_of(broker, "garbage") == garbage + 2; }));
    CHECK(count_of(broker, "unfinished") == 4);
    CHECK(broker.process().wait_for_line("limits.backlog_bytes_max"));
}

}  // namespace steward::e2e
