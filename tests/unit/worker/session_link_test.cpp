// tests: the worker session's rules about its connection: READY, heartbeats, fail-over, leaving,
// idle.
#include "tests/unit/worker/session_harness.hpp"

namespace steward::worker::testing {
namespace {

SessionOptions with_brokers(std::size_t brokers) {
    SessionOptions options = Harness::defaults();
    options.brokers = brokers;
    return options;
}

std::vector<std::size_t> connects(const std::vector<Action>& actions) {
    std::vector<std::size_t> brokers;
    for (const Connect& connect : only<Connect>(actions)) {
        brokers.push_back(connect.broker);
    }
    return brokers;
}

std::vector<model::Attempt> listed(const native::WorkerReady& ready) {
    std::vector<model::Attempt> attempts;
    for (const auto& running : ready.running) {
        attempts.push_back(running.attempt);
    }
    return attempts;
}

}  // namespace

TEST_CASE("the first thing a session wants is a connection to the first broker") {
    Harness h(with_brokers(2));
    CHECK(connects(h.actions()) == std::vector<std::size_t>{0});
    CHECK(h.said().empty());
    CHECK_FALSE(h.session.is_registered());
}

TEST_CASE("a connection begins with READY, which says all that the worker is") {
    SessionOptions options = Harness::defaults();
    options.services = {"A", "B"};
    options.channels = {"gpu", "default"};
    options.concurrency = 2;
    Harness h(options);
    h.session.connected(h.now);
    const auto said = h.said();
    REQUIRE(said.size() == 1);
    const auto& ready = std::get<native::WorkerReady>(said[0]);
    CHECK(ready.version == native::kVersion);
    CHECK(ready.library == "steward-cpp");
    CHECK(ready.heartbeat_interval == 1s);
    CHECK(ready.concurrency == 2);
    CHECK(ready.credit_max == 4);
    CHECK(ready.services == std::vector<std::string>{"A", "B"});
    CHECK(ready.channels == std::vector<std::string>{"gpu", "default"});
    CHECK(ready.running.empty());
    CHECK_FALSE(h.session.is_registered());
    h.say({native::Welcome{}});
    CHECK(h.session.is_registered());
    CHECK(h.said().empty());
}

TEST_CASE(
    "a credit below the concurrency is raised to it, and both are held to what READY may list") {
    SessionOptions options = Harness::defaults();
    options.concurrency = 8;
    options.credit_max = 1;
    Harness small(options);
    small.session.connected(small.now);
    CHECK(only<native::WorkerReady>(small.said()).at(0).credit_max == 8);

    options.concurrency = 0;
    options.credit_max = 1'000'000;
    Harness large(options);
    large.session.connected(large.now);
    const auto ready = only<native::WorkerReady>(large.said()).at(0);
    CHECK(ready.concurrency == 1);
    CHECK(ready.credit_max == 4096);
}

TEST_CASE(
    "after a broken connection READY lists what runs, waits or is unsent; outcomes follow it") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2), job(3)});
    h.finish(1);
    h.session.disconnected(h.now);
    CHECK(h.said().empty());
    h.pass(100ms);
    CHECK(connects(h.actions()) == std::vector<std::size_t>{0});
    h.session.connected(h.now);
    const auto said = h.said();
    REQUIRE(said.size() == 2);
    const auto& ready = std::get<native::WorkerReady>(said[0]);
    CHECK(listed(ready) == std::vector{attempt(1), attempt(2), attempt(3)});
    CHECK(ready.running[1].submission == model::SubmissionId{99, 2});
    CHECK(ready.running[1].service == "ECHO");
    CHECK(std::get<native::Finish>(said[1]).attempt == attempt(1));
}

TEST_CASE(
    "READY lists attempts as they have ended, run and will be begun, whatever their numbers") {
    Harness h;
    h.register_worker();
    h.say({job(4), job(3), job(1), job(2)});
    h.finish(4);
    h.finish(3);
    h.session.disconnected(h.now);
    h.session.connected(h.now);
    const auto ready = only<native::WorkerReady>(h.said()).at(0);
    CHECK(listed(ready) == std::vector{attempt(4), attempt(3), attempt(1), attempt(2)});
}

TEST_CASE("what was sent or stopped is not listed again") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2)});
    h.finish(1);
    CHECK(only<native::Finish>(h.said()).size() == 1);
    h.say({native::StopAttempt{attempt(2), "cancelled"}});
    h.session.disconnected(h.now);
    h.session.connected(h.now);
    const auto said = h.said();
    REQUIRE(said.size() == 1);
    CHECK(std::get<native::WorkerReady>(said[0]).running.empty());
}

TEST_CASE("an attempt that has ended is run again when a broker gives it after a READY") {
    Harness h;
    h.register_worker();
    h.say({job(1)});
    h.finish(1);
    CHECK(only<native::Finish>(h.said()).size() == 1);
    h.say({job(1)});
    CHECK(only<StartJob>(h.actions()).size() == 1);  // a repetition on one connection is none
    h.session.disconnected(h.now);
    h.session.connected(h.now);
    CHECK(only<native::WorkerReady>(h.said()).size() == 1);
    h.say({job(1)});  // the broker lost the start of this attempt in a crash
    CHECK(only<StartJob>(h.actions()).size() == 1);
}

TEST_CASE("outcomes that come while no connection stands wait for the next one") {
    Harness h;
    h.register_worker();
    h.say({job(1)});
    h.session.disconnected(h.now);
    h.session.partial(h.now, attempt(1), text("kept"));
    h.finish(1);
    h.session.connected(h.now);
    const auto said = h.said();
    REQUIRE(said.size() == 3);
    CHECK(std::holds_alternative<native::WorkerReady>(said[0]));
    CHECK(std::holds_alternative<native::Partial>(said[1]));
    CHECK(std::holds_alternative<native::Finish>(said[2]));
}

TEST_CASE("a broker that asks to register again gets READY with everything") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2)});
    h.say({native::RegisterAgain{}});
    CHECK_FALSE(h.session.is_registered());
    const auto said = h.said();
    REQUIRE(said.size() == 1);
    CHECK(listed(std::get<native::WorkerReady>(said[0])) == std::vector{attempt(1), attempt(2)});
    h.say({native::Welcome{}});
    CHECK(h.session.is_registered());
}

TEST_CASE("a question is passed on and its answer told, over the same connection only") {
    Harness h;
    h.register_worker();
    h.say({native::Ask{7, "check", true}});
    const auto asked = only<Asked>(h.actions());
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].number == 7);
    CHECK(asked[0].what == "check");
    CHECK(asked[0].privileged);
    h.session.told(7, base::Blob::copy("{}"));
    const auto told = only<native::Told>(h.said());
    REQUIRE(told.size() == 1);
    CHECK(told[0] == native::Told{7, base::Blob::copy("{}")});

    h.say({native::Ask{8, "check", false}, native::RegisterAgain{}});
    CHECK(only<Asked>(h.actions()).size() == 1);
    h.session.told(8, base::Blob::copy("{}"));
    CHECK(only<native::Told>(h.said()).size() == 1);  // asked before, told behind the READY
    h.session.told(9, base::Blob::copy("{}"));
    h.session.disconnected(h.now);
    h.pass(5s);
    h.session.connected(h.now);
    CHECK(only<native::Told>(h.said()).empty());
}

TEST_CASE("no more questions wait than may, and an answer goes before the goodbye") {
    Harness h;
    h.register_worker();
    for (std::uint64_t i = 0; i <= Session::kAskedMax; ++i) {
        h.say({native::Ask{i, "check", false}});
    }
    CHECK(only<Asked>(h.actions()).size() == Session::kAskedMax);
    h.session.told(0, {});
    h.say({native::Ask{99, "stop", true}});
    CHECK(only<Asked>(h.actions()).size() == 1);
    h.session.leave(h.now);
    const auto said = h.said();
    REQUIRE(said.size() == 2);
    CHECK(std::holds_alternative<native::Told>(said[0]));
    CHECK(std::holds_alternative<native::Goodbye>(said[1]));
}

TEST_CASE("heartbeats go at the worker's own interval, also while work runs") {
    Harness h;
    h.register_worker();
    h.say({job(1)});
    h.pass(1s - kBlink);
    CHECK(h.said().empty());
    h.pass(kBlink);
    CHECK(only<native::Heartbeat>(h.said()).size() == 1);
    h.say({native::Heartbeat{}});
    h.pass(1s);
    CHECK(only<native::Heartbeat>(h.said()).size() == 1);
    CHECK(h.session.running() == 1);
}

TEST_CASE("a worker beats along with its broker when it would beat soon anyway") {
    Harness h;
    h.register_worker();
    h.pass(500ms - kBlink);
    h.say({native::Heartbeat{}});
    CHECK(h.said().empty());
    h.pass(kBlink);
    h.say({native::Heartbeat{}});
    CHECK(only<native::Heartbeat>(h.said()).size() == 1);
    h.say({native::Heartbeat{}});
    h.pass(1s - kBlink);
    CHECK(h.said().empty());
    h.pass(kBlink);
    CHECK(only<native::Heartbeat>(h.said()).size() == 1);
}

TEST_CASE("heartbeats that could not be sent are one when they can") {
    Harness h;
    h.register_worker();
    h.pass(2s);
    CHECK(only<native::Heartbeat>(h.said()).size() == 1);
}

TEST_CASE("a broker silent for three intervals is given up, and the next of the list is tried") {
    Harness h(with_brokers(2));
    h.register_worker();
    h.pass(3s - kBlink);
    CHECK(h.session.is_registered());
    h.pass(kBlink);
    CHECK_FALSE(h.session.is_registered());
    CHECK(h.session.trouble().find("silent for 3000 ms") != std::string::npos);
    h.pass(50ms);
    CHECK(connects(h.actions()) == std::vector<std::size_t>{1});
    h.session.connected(h.now);
    CHECK(only<native::WorkerReady>(h.said()).size() == 1);
}

TEST_CASE("any word of the broker shows that it lives") {
    Harness h;
    h.register_worker();
    for (int i = 0; i < 5; ++i) {
        h.pass(3s - kBlink);
        h.say({native::Heartbeat{}});
    }
    CHECK(h.session.is_registered());
}

TEST_CASE("a broker whose message is under way is not silent") {
    Harness h;
    h.register_worker();
    for (int i = 0; i < 5; ++i) {
        h.pass(3s - kBlink);
        h.session.moved(h.now);
    }
    CHECK(h.session.is_registered());
    h.pass(3s);
    CHECK_FALSE(h.session.is_registered());
    h.session.moved(h.now);  // of the connection that was given up
    CHECK_FALSE(h.session.is_registered());
}

TEST_CASE("silence is measured by the interval that the broker promised") {
    Harness h;
    h.register_worker();
    h.say({native::Welcome{1, "slow", 5s, 0, 0, 0s}});
    h.pass(15s - kBlink);
    CHECK(h.session.is_registered());
    h.pass(kBlink);
    CHECK_FALSE(h.session.is_registered());
}

TEST_CASE("an absurd interval of the broker is held within reason") {
    Harness h;
    h.register_worker();
    h.say({native::Welcome{1, "hasty", 1us, 0, 0, 0s}});
    h.pass(30ms - kBlink);
    CHECK(h.session.is_registered());
    h.pass(kBlink);
    CHECK_FALSE(h.session.is_registered());
}

TEST_CASE("a broker that never answers a connection is given up too") {
    Harness h(with_brokers(2));
    static_cast<void>(h.actions());
    h.pass(3s + 50ms);
    CHECK(connects(h.actions()) == std::vector<std::size_t>{1});
}

TEST_CASE("brokers are tried in turn, with a pause that doubles up to its limit") {
    SessionOptions options = with_brokers(3);
    options.heartbeat_interval = 1h;  // no other deadline comes between
    Harness h(options);
    static_cast<void>(h.actions());
    base::Duration longest = 50ms;
    for (std::size_t i = 1; i <= 10; ++i) {
        const base::MonoTime lost = h.now;
        h.session.disconnected(h.now);
        REQUIRE(h.session.next_deadline().has_value());
        const base::Duration pause = *h.session.next_deadline() - lost;
        CHECK(pause >= longest / 2);
        CHECK(pause <= longest);
        CHECK(connects(h.actions()).empty());
        h.now = lost + pause;
        h.session.on_time(h.now);
        CHECK(connects(h.actions()) == std::vector<std::size_t>{i % 3});
        longest = std::min<base::Duration>(longest * 2, 2s);
    }
}

TEST_CASE("pauses differ by chance between workers, and not between runs of one seed") {
    const auto pause = [](std::uint64_t seed) {
        Session session(Harness::defaults(), base::MonoTime{}, seed);
        session.disconnected(base::MonoTime{});
        return *session.next_deadline();
    };
    CHECK(pause(1) == pause(1));
    CHECK(pause(1) != pause(2));
}

TEST_CASE("a connection that has lasted an interval makes the pause short again") {
    Harness h;
    for (int i = 0; i < 8; ++i) {
        h.session.disconnected(h.now);
        h.pass(2s);
    }
    h.register_worker();
    h.pass(1s);
    h.session.disconnected(h.now);
    CHECK(*h.session.next_deadline() - h.now <= 50ms);
}

TEST_CASE("a loss that is told twice is one loss") {
    Harness h(with_brokers(3));
    h.register_worker();
    h.session.disconnected(h.now);
    h.session.disconnected(h.now);
    h.pass(50ms);
    CHECK(connects(h.actions()) == std::vector<std::size_t>{1});
}

TEST_CASE("a broker that disconnects the worker is left for the next") {
    Harness h(with_brokers(2));
    h.register_worker();
    h.say({native::Disconnect{"draining"}, job(1)});
    CHECK(h.session.held() == 0);  // nothing after a Disconnect counts
    CHECK(h.session.trouble().find("draining") != std::string::npos);
    h.pass(50ms);
    CHECK(connects(h.actions()) == std::vector<std::size_t>{1});
}

TEST_CASE("another broker is not told of jobs that were only held ahead for the first") {
    Harness h(with_brokers(2));
    h.register_worker();
    h.say({job(1), job(2)});
    h.session.disconnected(h.now);
    h.pass(50ms);
    h.session.connected(h.now);
    const auto ready = only<native::WorkerReady>(h.said());
    REQUIRE(ready.size() == 1);
    CHECK(listed(ready[0]) == std::vector{attempt(1)});
    CHECK(h.session.held() == 1);
}

TEST_CASE("bytes that are no native message, or cannot be read, cost the connection") {
    SUBCASE("another dialect") {
        Harness h;
        h.register_worker();
        h.session.on_frames(h.now, {base::Blob::copy("HEARTBEAT")});
        CHECK_FALSE(h.session.is_registered());
    }
    SUBCASE("no frames") {
        Harness h;
        h.register_worker();
        h.session.on_frames(h.now, {});
        CHECK_FALSE(h.session.is_registered());
    }
    SUBCASE("a cut batch") {
        Harness h;
        h.register_worker();
        const std::string whole(batch({job(1)})[0].view());
        for (std::size_t size = native::kMagic.size() + 1; size < whole.size(); ++size) {
            h.session.connected(h.now);
            h.session.on_frames(h.now, {base::Blob::copy(std::string_view(whole).substr(0, size))});
            CHECK_FALSE(h.session.is_registered());
            CHECK(h.session.next_deadline().has_value());
        }
        CHECK(h.session.held() == 0);
    }
}

TEST_CASE("commands that are not for workers pass by") {
    Harness h;
    h.register_worker();
    h.say({native::Accepted{1, {7, 7}, false}, native::Goodbye{}, job(1)});
    CHECK(h.session.is_registered());
    CHECK(h.session.held() == 1);
}

TEST_CASE("a message of a connection that was given up is not obeyed") {
    Harness h;
    h.register_worker();
    h.session.disconnected(h.now);
    h.say({job(1)});
    CHECK(h.session.held() == 0);
}

TEST_CASE("idle is called once after three intervals without work and again only after work") {
    Harness h;
    h.register_worker();
    const auto idles = [&](base::Duration duration) {
        std::size_t count = 0;
        for (base::Duration passed{}; passed < duration; passed += 1s) {
            h.pass(1s);
            h.say({native::Heartbeat{}});
            count += only<CallIdle>(h.actions()).size();
        }
        return count;
    };
    CHECK(idles(2s) == 0);
    CHECK(idles(1s) == 1);
    CHECK(idles(20s) == 0);
    h.say({native::Recall{{attempt(8)}}});  // no work
    CHECK(idles(20s) == 0);
    h.say({job(1)});
    CHECK(idles(20s) == 0);  // long work is not idle
    h.finish(1);
    CHECK(idles(2s) == 0);
    CHECK(idles(1s) == 1);
    CHECK(idles(20s) == 0);
}

TEST_CASE("leaving gives back what has not been started, finishes what runs, and ends") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2), job(3)});
    static_cast<void>(h.actions());
    h.session.leave(h.now);
    CHECK(h.actions().empty());
    auto said = h.said();
    REQUIRE(said.size() == 2);
    // In this order: what is given back must not be given to this worker again.
    CHECK(std::get<native::Goodbye>(said[0]).finishing);
    CHECK(std::get<native::Return>(said[1]).attempts == std::vector{attempt(2), attempt(3)});

    h.say({job(4)});  // crossed the goodbye
    said = h.said();
    REQUIRE(said.size() == 1);
    CHECK(std::get<native::Return>(said[0]).attempts == std::vector{attempt(4)});

    h.pass(1s);  // heartbeats go on
    CHECK(only<native::Heartbeat>(h.said()).size() == 1);
    h.finish(1);
    CHECK(h.actions().empty());  // the outcome has not left yet
    said = h.said();
    REQUIRE(said.size() == 1);
    CHECK(std::holds_alternative<native::Finish>(said[0]));
    CHECK(h.actions().empty());  // something may still be on its way
    h.say({job(5)});
    CHECK(only<native::Return>(h.said()).size() == 1);
    h.say({native::Disconnect{"goodbye"}});
    CHECK(only<Left>(h.actions()).size() == 1);
    CHECK_FALSE(h.session.next_deadline().has_value());
    h.session.leave(h.now);
    CHECK(h.actions().empty());
    CHECK(h.said().empty());
}

TEST_CASE("leaving with nothing to do says goodbye and ends at the broker's last word") {
    Harness h;
    h.register_worker();
    h.session.leave(h.now);
    const auto said = h.said();
    REQUIRE(said.size() == 1);
    CHECK(std::get<native::Goodbye>(said[0]).finishing);
    CHECK(h.actions().empty());
    SUBCASE("that comes") {
        h.say({native::Disconnect{"goodbye"}});
        CHECK(only<Left>(h.actions()).size() == 1);
    }
    SUBCASE("that does not come") {
        h.pass(3s - kBlink);
        CHECK(only<Left>(h.actions()).empty());
        h.pass(kBlink);
        CHECK(only<Left>(h.actions()).size() == 1);
    }
}

TEST_CASE("a broker that ends it while work goes on is tried again, also by one that leaves") {
    Harness h;
    h.register_worker();
    h.say({job(1)});
    static_cast<void>(h.actions());
    h.session.leave(h.now);
    static_cast<void>(h.said());
    h.say({native::Disconnect{"what a pity"}});
    CHECK(h.actions().empty());
    h.pass(50ms);
    CHECK(only<Connect>(h.actions()).size() == 1);
}

TEST_CASE("leaving without a broker and with nothing unsent ends at once") {
    Harness h;
    h.session.leave(h.now);
    CHECK(only<Left>(h.actions()).size() == 1);
}

TEST_CASE("leaving across a lost connection: the next READY is followed by the goodbye") {
    Harness h;
    h.register_worker();
    h.say({job(1), job(2)});
    h.session.leave(h.now);
    h.session.disconnected(h.now);
    h.pass(50ms);
    CHECK(only<Connect>(h.actions()).size() == 1);
    h.session.connected(h.now);
    const auto said = h.said();
    REQUIRE(said.size() == 2);
    CHECK(listed(std::get<native::WorkerReady>(said[0])) == std::vector{attempt(1)});
    CHECK(std::get<native::Goodbye>(said[1]).finishing);
}

TEST_CASE("an outcome that finds no broker holds up leaving for three intervals and no longer") {
    Harness h;
    h.register_worker();
    h.say({job(1)});
    static_cast<void>(h.actions());
    h.session.leave(h.now);
    h.session.disconnected(h.now);
    h.pass(10s);  // work takes its time
    CHECK(only<Left>(h.actions()).empty());
    h.finish(1);
    h.pass(3s - kBlink);
    CHECK(only<Left>(h.actions()).empty());
    h.pass(kBlink);
    CHECK(only<Left>(h.actions()).size() == 1);
}

TEST_CASE("idle is not called while leaving") {
    Harness h;
    h.register_worker();
    h.session.leave(h.now);
    h.pass(2s);
    CHECK(only<CallIdle>(h.actions()).empty());
}

}  // namespace steward::worker::testing
