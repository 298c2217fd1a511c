// tests: how a client session keeps its connection, and what it says again on the next one.
#include "tests/unit/client/broker_side.hpp"

namespace steward::client::test {
namespace {

std::vector<std::size_t> brokers_of(const std::vector<Connect>& connects) {
    std::vector<std::size_t> brokers;
    for (const auto& connect : connects) {
        brokers.push_back(connect.broker);
    }
    return brokers;
}

}  // namespace

TEST_CASE("After a reconnect everything open is sent again under its number, marked so") {
    Bench bench;
    bench.connect();
    const auto done = bench.submit("mail", false);
    const auto open = bench.submit("mail", false);
    const auto call = bench.submit("image", true);
    const auto query = bench.ask("jobs").value();
    bench.sent();
    bench.hear(native::Accepted{done, kJob}, native::Accepted{call, kJob});
    bench.drain();

    bench.session.disconnected(bench.now);
    const auto fresh = bench.submit("mail", false);  // while there is no connection
    CHECK(bench.sent().empty());
    bench.pass(50ms);
    bench.connect();
    const auto batches = bench.sent();
    REQUIRE(batches.size() == 1);
    REQUIRE(batches[0].size() == 5);
    CHECK(session_of(batches[0]).acked_below == open);
    const auto& first = std::get<native::Submit>(batches[0][1]);
    CHECK(first.number == open);
    CHECK(first.again);
    const auto& second = std::get<native::Submit>(batches[0][2]);
    CHECK(second.number == call);
    CHECK(second.again);
    CHECK(second.spec == spec_of("image", true));
    CHECK(std::get<native::Query>(batches[0][3]).number == query);
    const auto& last = std::get<native::Submit>(batches[0][4]);
    CHECK(last.number == fresh);
    CHECK_FALSE(last.again);
}

TEST_CASE(
    "An accepted call that is sent again is told accepted once, and anew only for another job") {
    Bench bench;
    bench.connect();
    const auto call = bench.submit("mail", true);
    bench.sent();
    bench.hear(native::Accepted{call, kJob});
    CHECK(bench.only<Accepted>().size() == 1);
    bench.session.disconnected(bench.now);
    bench.pass(50ms);
    bench.connect();
    CHECK(bench.sent_submits().size() == 1);
    bench.hear(native::Accepted{call, kJob});
    CHECK(bench.drain().empty());
    bench.hear(native::Accepted{call, {6, 1}});
    CHECK(bench.only<Accepted>().size() == 1);
}

TEST_CASE("What was gathered but not taken before a disconnect is sent on the next connection") {
    SessionOptions options;
    options.batch_bytes_max = 200;
    Bench bench(options);
    bench.connect();
    bench.submit("mail", false);
    bench.submit("mail", false);
    CHECK(bench.session.take_batch(bench.now).has_value());
    bench.session.disconnected(bench.now);
    bench.pass(50ms);
    bench.connect();
    const auto submits = bench.sent_submits();
    REQUIRE(submits.size() == 2);
    CHECK(submits[0].again);
}

TEST_CASE("A lost connection leads to the next broker of the list, and round again") {
    SessionOptions options;
    options.brokers = 3;
    Bench bench(options);
    CHECK(brokers_of(bench.only<Connect>()) == std::vector<std::size_t>{0});
    for (const std::size_t expected : {1U, 2U, 0U, 1U}) {
        bench.session.connected(bench.now);
        bench.session.disconnected(bench.now);
        bench.session.disconnected(bench.now);  // told twice: once is meant
        CHECK(bench.drain().empty());           // not before the pause
        bench.pass(2s);
        CHECK(brokers_of(bench.only<Connect>()) == std::vector<std::size_t>{expected});
    }
}

TEST_CASE("The pause before another connection doubles up to its limit, with chance in it") {
    Bench bench;
    bench.drain();
    base::Duration whole = 50ms;
    for (int i = 0; i < 10; ++i) {
        bench.session.disconnected(bench.now);
        const auto due = bench.session.next_deadline();
        REQUIRE(due);
        const base::Duration pause = *due - bench.now;
        CHECK(pause >= whole / 2);
        CHECK(pause <= whole);
        bench.pass(pause - 1us);
        CHECK(bench.drain().empty());
        bench.pass(1us);
        CHECK(bench.only<Connect>().size() == 1);
        whole = std::min<base::Duration>(whole * 2, 2s);
    }
}

TEST_CASE("A welcome makes the next pause short again") {
    Bench bench;
    for (int i = 0; i < 8; ++i) {
        bench.session.disconnected(bench.now);
        bench.pass(2s);
    }
    bench.connect();
    bench.welcome();
    bench.session.disconnected(bench.now);
    CHECK(*bench.session.next_deadline() - bench.now <= base::Duration(50ms));
}

TEST_CASE("A connection that does not come about is given up after the silent intervals") {
    Bench bench;
    bench.drain();
    CHECK(bench.session.next_deadline() == kStart + 15s);
    bench.pass(15s - 1us);
    CHECK(bench.session.trouble().empty());
    bench.pass(1us);
    CHECK_FALSE(bench.session.trouble().empty());
    bench.pass(50ms);
    CHECK(brokers_of(bench.only<Connect>()) == std::vector<std::size_t>{0});
}

TEST_CASE("A broker whose message is under way, or who takes one, is not silent") {
    Bench bench;
    bench.connect();
    bench.welcome();
    for (int i = 0; i < 10; ++i) {
        bench.pass(15s - 1us);
        bench.session.moved(bench.now);
    }
    CHECK(bench.session.is_welcome());
    bench.pass(15s);
    CHECK_FALSE(bench.session.is_welcome());
}

TEST_CASE("A silent broker is given up after interval times tries, a beating one is not") {
    SessionOptions options;
    options.brokers = 2;
    Bench bench(options);
    bench.connect();
    bench.welcome();
    const auto call = bench.submit("mail", true);
    bench.sent();
    for (int i = 0; i < 10; ++i) {  // longer than the limit: the broker's heartbeats count
        bench.pass(5s);
        bench.hear(native::Heartbeat{});
        bench.sent();
    }
    CHECK(bench.drain().empty());
    bench.pass(15s - 1us);
    CHECK(bench.session.is_welcome());
    bench.pass(1us);
    CHECK_FALSE(bench.session.is_welcome());
    CHECK(bench.session.trouble() == "the broker was silent");
    bench.pass(50ms);
    CHECK(brokers_of(bench.only<Connect>()) == std::vector<std::size_t>{1});
    bench.connect();
    const auto submits = bench.sent_submits();
    REQUIRE(submits.size() == 1);
    CHECK(submits[0].number == call);
    CHECK(submits[0].again);
}

TEST_CASE(
    "Of several brokers one that takes no connection, or does not greet, has its share alone") {
    SessionOptions options;
    options.brokers = 2;
    options.connect_timeout = 10s;
    Bench bench(options);
    CHECK(brokers_of(bench.only<Connect>()) == std::vector<std::size_t>{0});
    std::string why = "no connection could be made";
    SUBCASE("connecting") {}
    SUBCASE("connected, with a heartbeat and no greeting") {
        why = "the broker was silent";
        bench.pass(3s);
        bench.connect();
        bench.hear(native::Heartbeat{});
        bench.session.moved(bench.now);
    }
    const auto due = bench.session.next_deadline();
    REQUIRE(due);
    CHECK(*due <= kStart + 5s);
    bench.pass(kStart + 5s - 50ms - 1us - bench.now);
    CHECK(bench.session.trouble().empty());
    bench.pass(1us);
    CHECK(bench.session.trouble() == why);
    bench.pass(50ms);
    CHECK(brokers_of(bench.only<Connect>()) == std::vector<std::size_t>{1});
}

TEST_CASE("A single broker may take as long to greet as it may be silent later") {
    SessionOptions options;
    options.connect_timeout = 3s;
    Bench bench(options);
    bench.pass(14s);
    bench.connect();
    bench.pass(15s - 1us);
    CHECK(bench.session.trouble().empty());
    bench.pass(1us);
    CHECK(bench.session.trouble() == "the broker was silent");
}

TEST_CASE("However many brokers are silent, each has its turn within the time to connect") {
    for (const std::size_t brokers : {2U, 3U, 8U, 64U}) {
        CAPTURE(brokers);
        SessionOptions options;
        options.brokers = brokers;
        options.connect_timeout = 3s;
        Bench bench(options);
        bench.drain();
        for (int round = 0; round < 20; ++round) {  // the pauses grow
            const base::MonoTime start = bench.now;
            for (std::size_t i = 0; i < brokers; ++i) {
                bench.pass(*bench.session.next_deadline() - bench.now);  // gives it up
                bench.pass(*bench.session.next_deadline() - bench.now);  // tries the next
                CHECK(brokers_of(bench.only<Connect>()) ==
                      std::vector<std::size_t>{(i + 1) % brokers});
            }
            CHECK(bench.now - start <= 3s);
            CHECK(bench.now - start >= 1s);  // a turn is not much less than it could be
        }
    }
}

TEST_CASE("No time to connect makes short turns, not endless ones") {
    SessionOptions options;
    options.brokers = 2;
    options.connect_timeout = 0s;
    Bench bench(options);
    CHECK(*bench.session.next_deadline() >= kStart + 10ms);
}

TEST_CASE("A heartbeat goes out at each interval, not before, and not twice") {
    Bench bench;
    bench.connect();
    bench.welcome();
    CHECK(bench.session.next_deadline() == kStart + 5s);
    bench.pass(5s - 1us);
    CHECK(bench.sent().empty());
    bench.pass(1us);
    const auto batches = bench.sent();
    REQUIRE(batches.size() == 1);
    REQUIRE(batches[0].size() == 1);
    CHECK(std::holds_alternative<native::Heartbeat>(batches[0][0]));
    bench.pass(0us);
    CHECK(bench.sent().empty());
}

TEST_CASE("A heartbeat in a quiet time tells the broker what it need not keep") {
    Bench bench;
    bench.connect();
    bench.welcome();
    const auto call = bench.submit("mail", true);
    bench.sent();
    bench.hear(native::Result{call, kJob, model::JobState::Succeeded, "", {}});
    bench.pass(5s);
    auto batches = bench.sent();
    REQUIRE(batches.size() == 1);
    REQUIRE(batches[0].size() == 2);
    CHECK(session_of(batches[0]).acked_below == call + 1);
    bench.hear(native::Heartbeat{});
    bench.pass(5s);
    batches = bench.sent();
    REQUIRE(batches.size() == 1);
    CHECK(batches[0].size() == 1);  // said once
}

TEST_CASE("A broker that closes the connection is left, with its reason kept") {
    Bench bench;
    bench.connect();
    bench.hear(native::Disconnect{"going down"}, native::Accepted{1, kJob});
    CHECK(bench.session.trouble().find("going down") != std::string::npos);
    CHECK(bench.session.next_deadline() <= bench.now + 50ms);
    CHECK_FALSE(bench.session.is_welcome());
}

TEST_CASE("Bytes that are no message of the protocol cost the connection, not the requests") {
    for (const std::string_view bytes : {"", "x", "STW\x01\xc1", "STW\x01\x93\x50\x01"}) {
        CAPTURE(bytes.size());
        Bench bench;
        bench.connect();
        bench.submit("mail", false);
        bench.sent();
        bench.session.on_frames(bench.now, {base::Blob::copy(bytes)});
        CHECK_FALSE(bench.session.trouble().empty());
        CHECK(bench.session.open() == 1);
        bench.pass(50ms);
        bench.connect();
        CHECK(bench.sent_submits().size() == 1);
    }
    Bench bench;
    bench.connect();
    bench.session.on_frames(bench.now, {});
    CHECK_FALSE(bench.session.trouble().empty());
}

TEST_CASE("What comes from a connection that was given up is not heard") {
    Bench bench;
    bench.connect();
    const auto number = bench.submit("mail", false);
    bench.sent();
    bench.session.disconnected(bench.now);
    bench.hear(native::Accepted{number, kJob});
    bench.session.connected(bench.now);  // the old one, by itself
    CHECK(bench.drain().empty());
    CHECK(bench.sent().empty());
    CHECK(bench.session.open() == 1);
}

TEST_CASE("The same seed and the same events give the same conversation") {
    const auto deadlines = [] {
        Bench bench;
        std::vector<base::MonoTime> all;
        for (int i = 0; i < 5; ++i) {
            bench.session.disconnected(bench.now);
            all.push_back(*bench.session.next_deadline());
            bench.pass(2s);
        }
        return all;
    };
    CHECK(deadlines() == deadlines());
}

}  // namespace steward::client::test
