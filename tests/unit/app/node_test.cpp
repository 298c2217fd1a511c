// broker/app: the node as a whole: what waits for the journal, who is lost, and that no message and
// no order of events can hurt it.
#include "broker/app/node.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "broker/app/given_up_notes.hpp"
#include "broker/core/record_codec.hpp"
#include "common/base/prng.hpp"
#include "tests/unit/app/node_world.hpp"

namespace steward::app {
namespace {

using namespace fakes;
namespace native = wire::native;

Words async(std::uint64_t number, std::string_view service = "mail", bool again = false) {
    native::Submit submit = native_submit(number, service, R"({"n":1})", false);
    submit.again = again;
    return batch({native::Session{9, 0}, submit});
}

}  // namespace

TEST_CASE("a durable job is acknowledged when its record is safe and not before") {
    World world;
    world.journal.late = true;
    world.worker("w", ready(Speaks::Zmws1, "other"));
    world.worker("v", ready(Speaks::Zmws1, "mail"));
    world.client("c", async(1));
    CHECK(!world.journal.records.empty());
    CHECK(world.transport.take("c").empty());
    CHECK(job_in(Speaks::Zmws1, world.transport.take("v").back()).has_value());  // runs meanwhile
    world.turn();
    CHECK(world.transport.take("c").empty());
    world.journal.safe = world.journal.last();
    world.turn();
    CHECK(first<native::Accepted>(world.transport.take("c"))->number == 1);
}

TEST_CASE("a batch of submissions is one commit, one message each way") {
    World world;
    world.worker("w", ready(Speaks::Zmws1, "mail"));
    std::vector<native::Command> commands = {native::Session{9, 0}};
    for (std::uint64_t number = 1; number <= 100; ++number) {
        commands.emplace_back(native_submit(number, "mail", "1", false));
    }
    world.client("c", batch(commands));
    CHECK(world.journal.commits == 1);
    const auto got = world.transport.take("c");
    REQUIRE(got.size() == 1);
    CHECK(commands_of(got.front()).size() == 100);
}

TEST_CASE("a restarted node knows what the journal knows") {
    World first_run;
    first_run.worker("w", ready(Speaks::Zmws1, "other"));
    first_run.worker("v", ready(Speaks::Zmws1, "mail"));
    first_run.client("c", async(1));
    first_run.client("c", async(2));

    World second({}, first_run.journal.records);
    REQUIRE(!second.node.stopped());
    second.pass(second.policy.settle);
    second.worker("x", ready(Speaks::Zmws1, "mail"));
    second.pass(1s);
    CHECK(job_in(Speaks::Zmws1, second.transport.take("x").back()).has_value());
    second.client("c", async(2, "mail", true));
    CHECK(first<native::Accepted>(second.transport.take("c")).has_value());
    CHECK(second.node.core().counters().resends == 1);
    second.node.core().check_invariants();
}

TEST_CASE("a damaged record stops the node before it starts") {
    World world({}, {"nonsense"});
    REQUIRE(world.node.stopped());
    CHECK(world.node.stopped()->failed);
    world.client("c", async(1));
    CHECK(world.transport.sent.empty());
    CHECK(!world.node.next_deadline());
}

TEST_CASE("a dead journal stops the node and nobody is told what it lost") {
    World world;
    world.worker("v", ready(Speaks::Zmws1, "mail"));
    world.transport.sent.clear();
    world.journal.dead = true;
    world.client("c", async(1));
    REQUIRE(world.node.stopped());
    CHECK(world.node.stopped()->failed);
    CHECK(world.transport.take("c").empty());
}

TEST_CASE("a journal without room is tried again, and takes no more durable jobs meanwhile") {
    World world;
    world.worker("v", ready(Speaks::Zmws1, "mail"));
    world.journal.full = true;
    world.client("c", async(1));
    CHECK(world.transport.take("c").empty());
    REQUIRE(world.node.next_deadline());
    CHECK(*world.node.next_deadline() <= world.now.mono + 10ms);
    world.client("d", async(2));
    const auto refused = first<native::Refused>(world.transport.take("d"));
    REQUIRE(refused);
    CHECK(refused->error.code == base::Errc::QueueFull);
    CHECK(refused->error.retry_after.has_value());
    world.journal.full = false;
    world.pass(10ms);
    CHECK(first<native::Accepted>(world.transport.take("c")).has_value());
    CHECK(!world.journal.records.empty());
}

TEST_CASE(
    "a resend of what was taken in is not refused for want of room, and makes no second job") {
    World world;
    world.worker("v", ready(Speaks::Zmws1, "mail"));
    world.journal.full = true;
    world.client("c", async(1));
    world.client("d", async(1, "mail", true));
    CHECK(world.transport.take("d").empty());
    world.client("d", async(2, "mail", true));
    CHECK(first<native::Refused>(world.transport.take("d"))->number == 2);
    world.journal.full = false;
    world.pass(10ms);
    CHECK(first<native::Accepted>(world.transport.take("d"))->number == 1);
    CHECK(world.node.core().counters().accepted == 1);
}

TEST_CASE("a broker that is to end does not wait for a journal without room for ever") {
    core::Policy policy;
    policy.drain_limit = 5s;
    World world(policy);
    world.worker("v", ready(Speaks::Zmws1, "mail"));
    world.journal.full = true;
    world.client("c", async(1));
    world.begin();
    world.node.drain();
    world.node.end_batch();
    world.pass(policy.drain_limit);  // the job is not finished by anybody
    CHECK_FALSE(world.node.stopped());
    REQUIRE(world.node.next_deadline());
    world.pass(policy.drain_limit);
    REQUIRE(world.node.stopped());
    CHECK(world.node.stopped()->failed);
    CHECK(world.node.stopped()->why.find("1 answers were not given") != std::string::npos);
}

TEST_CASE("a worker that is gone when a job is sent to it loses the job to another") {
    World world;
    world.worker("a", ready(Speaks::Mdp01, "mail"));
    world.transport.status["a"] = SendStatus::Unroutable;
    world.client("c", call(Speaks::Mdp01, "mail", "x"));
    CHECK(world.node.edge_counters().undeliverable >= 1);
    CHECK(world.node.core().counters().lost == 1);
    world.worker("b", ready(Speaks::Mdp01, "mail"));
    CHECK(job_in(Speaks::Mdp01, world.transport.take("b").back()).has_value());
    world.node.core().check_invariants();
}

TEST_CASE("a worker that does not read is given up when its backlog is full") {
    core::Policy policy;
    policy.limits.peer_backlog_bytes_max = 1000;
    World world(policy);
    world.worker("a", ready(Speaks::Mdp01, "mail"));
    world.transport.status["a"] = SendStatus::WouldBlock;
    world.client("c", call(Speaks::Mdp01, "mail", std::string(800, 'x')));
    CHECK(world.node.edge_counters().backlog_dropped == 0);  // one message may be larger
    world.pass(policy.heartbeat_interval);
    CHECK(world.node.edge_counters().backlog_dropped == 2);
    CHECK(world.node.core().counters().lost == 1);
    CHECK(world.transport.cut_off == std::vector<std::string>{"a"});
    CHECK(std::ranges::count(world.sink.notes, "peer_given_up") == 1);
}

TEST_CASE("a flood of peers that do not read is some lines a second in the log") {
    core::Policy policy;
    policy.limits.peer_backlog_bytes_max = 1000;
    World world(policy);
    constexpr std::size_t kPeers = 3 * GivenUpNotes::kPerSecond;
    const auto deaf_ones_call = [&] {
        for (std::size_t i = 0; i < kPeers; ++i) {
            const std::string name = "deaf" + std::to_string(i);
            world.transport.status[name] = SendStatus::WouldBlock;
            for (int times = 0; times < 20; ++times) {
                world.client(name, call(Speaks::Zmws1, "nobody", "x"));
            }
        }
    };
    const auto told = [&](const std::string& event) {
        return static_cast<std::size_t>(std::ranges::count(world.sink.notes, event));
    };
    deaf_ones_call();
    CHECK(told("peer_given_up") == GivenUpNotes::kPerSecond);
    CHECK(told("peers_given_up") == 0);
    world.pass(1s);
    deaf_ones_call();
    CHECK(told("peer_given_up") == 2 * GivenUpNotes::kPerSecond);
    CHECK(told("peers_given_up") == 1);
}

TEST_CASE("a slow worker is tried again within milliseconds") {
    World world;
    world.worker("a", ready(Speaks::Mdp01, "mail"));
    world.transport.status["a"] = SendStatus::WouldBlock;
    world.client("c", call(Speaks::Mdp01, "mail", "x"));
    REQUIRE(world.node.next_deadline());
    CHECK(*world.node.next_deadline() <= world.now.mono + 10ms);
    world.transport.status.clear();
    world.pass(2ms);
    CHECK(job_in(Speaks::Mdp01, world.transport.take("a").back()).has_value());
}

TEST_CASE("the peer heard least recently makes room, and a worker's job goes back") {
    core::Policy policy;
    policy.limits.peers_max = 3;
    World world(policy);
    world.worker("w", ready(Speaks::Mdp01, "mail"));
    world.client("c", call(Speaks::Mdp01, "mail", "x"));
    world.client("d", {"", "MDPC01", "mmi.service", "mail"});
    world.transport.sent.clear();
    world.client("e", {"", "MDPC01", "mmi.service", "mail"});  // w is the oldest
    CHECK(world.transport.take("e").front().back() == "404");
    CHECK(world.node.core().counters().lost == 1);
    world.worker("w", {"", "MDPW01", byte(4)});  // c goes; w is a stranger now
    CHECK(world.transport.take("w").front() == Words{"", "MDPW01", byte(5)});
    world.node.core().check_invariants();
}

TEST_CASE("events are told when somebody listens, after their records, with the worker's id") {
    World world;
    world.transport.subscribers = true;
    world.sink.wanted = model::EventSet::all();
    world.journal.late = true;
    world.worker("w", ready(Speaks::Zmws1, "mail"));
    world.client("c", async(1));
    CHECK(world.sink.lines.empty());
    world.journal.safe = world.journal.last();
    world.turn();
    REQUIRE(!world.transport.published.empty());
    CHECK(world.transport.published.front().first == "mail.RECEIVED");
    CHECK(world.sink.lines.size() == world.transport.published.size());
    CHECK(world.sink.lines.back().find("\"77\"") != std::string::npos);
}

TEST_CASE("nobody listens: nothing is told") {
    World world;
    world.worker("w", ready(Speaks::Zmws1, "mail"));
    world.client("c", async(1));
    CHECK(world.transport.published.empty());
    CHECK(world.sink.lines.empty());
}

TEST_CASE("a drained node stops when everything is said") {
    World world;
    world.journal.late = true;
    world.worker("w", ready(Speaks::Zmws1, "mail"));
    world.client("c", async(1));
    const auto job = job_in(Speaks::Zmws1, world.transport.take("w").back());
    world.node.drain();
    world.turn();
    CHECK(!world.node.stopped());
    world.client("d", call(Speaks::Zmws1, "mail", "1"));
    CHECK(world.transport.take("d").front()[1].starts_with("FAIL: mail"));
    world.worker("w", done(Speaks::Zmws1, "mail", *job, "1"));
    world.journal.safe = world.journal.last();
    world.pass(world.policy.drain_limit);
    REQUIRE(world.node.stopped());
    CHECK(!world.node.stopped()->failed);
    CHECK(first<native::Accepted>(world.transport.take("c")).has_value());
}

namespace {

// A frame such as real ones are made of, or noise.
std::string any_frame(base::Prng& prng) {
    static const std::vector<std::string> kPieces = {"",
                                                     "0",
                                                     "1",
                                                     "3",
                                                     "\x01",
                                                     "\x02",
                                                     "\x03",
                                                     "\x04",
                                                     "\x05",
                                                     "\x06",
                                                     "MDPC01",
                                                     "MDPW01",
                                                     "MDPC02",
                                                     "MDPW02",
                                                     "mail",
                                                     "READY",
                                                     "HEARTBEAT",
                                                     "JOB: mail",
                                                     "SYNC-mail",
                                                     "mmi.service",
                                                     "SERVER-JOBS",
                                                     "PARAM-JSON: {\"a\":[1,2]}",
                                                     "PARAM-PHP: a:1:{i:0;i:1;}",
                                                     "PARAM-MSGPACK: \xC1",
                                                     "OPTION-JSON: {\"priority\":1}",
                                                     "COMPLETE: 0",
                                                     "FAIL: ",
                                                     "CONT: x",
                                                     "STW\x01"};
    if (prng.chance(2, 3)) {
        return kPieces[prng.below(kPieces.size())];
    }
    std::string noise(prng.below(24), '\0');
    for (char& c : noise) {
        c = static_cast<char>(prng.below(256));
    }
    return prng.chance(1, 4) ? "STW\x01" + noise : noise;
}

// The same seed, the same everything.
struct Storm {
    explicit Storm(std::uint64_t seed) : prng(seed) {
        policy.limits.peers_max = 20;
        policy.limits.peer_backlog_bytes_max = 2000;
    }

    Words valid_message() {
        const Speaks dialect = kDialects[prng.below(5)];
        return prng.chance(1, 2) ? call(dialect, prng.chance(1, 2) ? "mail" : "image", "[1]")
                                 : ready(dialect, prng.chance(1, 2) ? "mail" : "image");
    }

    Words mutated(Words words) {
        for (std::uint64_t changes = prng.below(3); changes > 0 && !words.empty(); --changes) {
            std::string& word = words[prng.below(words.size())];
            if (!word.empty()) {
                word[prng.below(word.size())] = static_cast<char>(prng.below(256));
            }
        }
        return words;
    }

    Words random_message() {
        if (prng.chance(1, 2)) {
            return mutated(valid_message());
        }
        Words words(prng.below(7));
        for (std::string& word : words) {
            word = any_frame(prng);
        }
        return words;
    }

    void run(World& world, int messages) {
        world.journal.late = true;
        for (int i = 0; i < messages; ++i) {
            const std::string peer = std::to_string(prng.below(30));
            world.transport.status[peer] =
                static_cast<SendStatus>(prng.chance(9, 10) ? 0 : prng.below(3));
            world.say(prng.chance(1, 2) ? Side::Frontend : Side::Backend, peer, random_message());
            world.journal.safe += prng.below(world.journal.last() - world.journal.safe + 1);
            if (prng.chance(1, 50)) {
                world.pass(base::Duration(prng.below(10'000'000)));
            }
        }
        world.node.core().check_invariants();
    }

    core::Policy policy;
    base::Prng prng;
};

}  // namespace

TEST_CASE("ten thousand random messages change nothing but counters") {
    Storm storm(1);
    World world(storm.policy);
    storm.run(world, 10'000);
    CHECK(!world.node.stopped());
    CHECK(world.node.edge_counters().garbage > 100);
    CHECK(world.node.edge_counters().malformed > 100);
    CHECK(world.node.edge_counters().undeliverable > 0);
    CHECK(world.node.core().counters().accepted > 100);
}

TEST_CASE("equal messages at equal instants give equal messages, records and notes") {
    for (std::uint64_t seed = 2; seed < 6; ++seed) {
        Storm one(seed);
        Storm two(seed);
        World first_world(one.policy);
        World second_world(two.policy);
        one.run(first_world, 1500);
        two.run(second_world, 1500);
        CHECK(first_world.transport.sent == second_world.transport.sent);
        CHECK(first_world.journal.records == second_world.journal.records);
        CHECK(first_world.sink.notes == second_world.sink.notes);
    }
}

}  // namespace steward::app
