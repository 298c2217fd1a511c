// broker/app: what may go when, in which order, and what becomes of peers that read slowly.
#include "broker/app/outbox.hpp"

#include <doctest/doctest.h>

#include "common/wire/native.hpp"
#include "tests/unit/app/node_fakes.hpp"

namespace steward::app {
namespace {

namespace native = wire::native;
using fakes::Words;

struct Outgoing {
    explicit Outgoing(std::size_t backlog_bytes_max = 64UL << 20U, std::size_t held_max = 100)
        : limits(limits_of(backlog_bytes_max, held_max)),
          outbox(transport, peers, renderer, limits) {}

    static model::Limits limits_of(std::size_t backlog_bytes_max, std::size_t held_max) {
        model::Limits limits;
        limits.peer_backlog_bytes_max = backlog_bytes_max;
        limits.in_flight_max = held_max;
        return limits;
    }

    void post(Peer peer, core::Message&& what, core::Seq after = 0, wire::Form form = {}) {
        std::vector<core::Send> sends;
        sends.emplace_back(core::Address{peer, 0, form.pack()}, std::move(what), after);
        outbox.post(sends);
    }

    void taken(Peer peer, std::uint64_t number, core::Seq after = 0) {
        std::vector<core::Send> sends;
        sends.emplace_back(core::Address{peer, number, 0}, core::JobTaken{{1, number}, {}}, after);
        outbox.post(sends);
    }

    std::vector<Peer> flush() {
        std::vector<Peer> lost;
        outbox.flush(lost);
        return lost;
    }

    /// The numbers of the Accepted commands, and of jobs, sent to a peer, a list for each batch.
    std::vector<std::vector<std::uint64_t>> numbers_sent(std::string_view to) {
        std::vector<std::vector<std::uint64_t>> messages;
        for (const Words& words : transport.take(to)) {
            const Frames frames = fakes::frames_of(words);
            if (!native::is_native(frames)) {
                continue;
            }
            native::BatchReader reader(frames);
            messages.emplace_back();
            for (auto next = reader.next(); next && *next; next = reader.next()) {
                const auto* accepted = std::get_if<native::Accepted>(&**next);
                const auto* assign = std::get_if<native::Assign>(&**next);
                messages.back().push_back(accepted != nullptr ? accepted->number
                                          : assign != nullptr ? assign->attempt.job.number
                                                              : 0);
            }
        }
        return messages;
    }

    model::Limits limits;
    fakes::FakeTransport transport;
    PeerTable peers{10};
    Renderer renderer{core::Policy{}, base::Now{}, peers};
    Outbox outbox;
    Peer a = peers.add(Side::Frontend, "a");
    Peer b = peers.add(Side::Frontend, "b");
    Peer w = peers.add(Side::Backend, "w");
    Peer v = peers.add(Side::Backend, "v");
};

constexpr wire::Form kMdp{wire::DialectId::Mdp01, true};

core::JobResult large(std::size_t bytes) {
    return {{1, 1},
            {},
            model::JobState::Succeeded,
            {},
            {model::Encoding::Opaque, base::Blob::copy(std::string(bytes, 'x'))},
            model::Encoding::Opaque};
}

core::Assign job(std::uint64_t number) {
    core::Assign assign;
    assign.attempt = {{1, number}, 1};
    assign.service = *model::ServiceName::parse("REV");
    return assign;
}

using Numbers = std::vector<std::vector<std::uint64_t>>;

}  // namespace

TEST_CASE("a turn's commands for one peer leave as one message") {
    Outgoing world;
    for (std::uint64_t number = 1; number <= 3; ++number) {
        world.taken(world.a, number);
        world.taken(world.b, number + 10);
    }
    CHECK(world.transport.sent.empty());
    CHECK(world.flush().empty());
    CHECK(world.numbers_sent("a") == Numbers{{1, 2, 3}});
    CHECK(world.numbers_sent("b") == Numbers{{11, 12, 13}});
    CHECK(!world.outbox.is_blocked());
    CHECK(world.flush().empty());
    CHECK(world.transport.sent.empty());
}

TEST_CASE("many jobs for one worker leave in order, whatever comes between them") {
    Outgoing world;
    std::vector<core::Send> sends;
    const auto add = [&](Peer peer, core::Message&& what, core::Seq after = 0) {
        sends.emplace_back(core::Address{peer, 0, 0}, std::move(what), after);
    };
    add(world.w, job(1));
    add(world.w, job(2));
    add(world.v, job(11));
    add(world.w, job(3));
    add(world.w, core::Disconnect{});
    add(world.w, job(4));
    add(world.w, job(5), 7);  // waits for the journal, and so do those behind it
    add(world.w, job(6));
    add(world.v, job(12));
    add(Peer{99}, job(21));  // nobody
    world.outbox.post(sends);
    CHECK(world.flush().empty());
    CHECK(world.numbers_sent("w") == Numbers{{1, 2, 3, 0, 4}});
    CHECK(world.numbers_sent("v") == Numbers{{11, 12}});
    CHECK(world.outbox.counters().undeliverable == 1);
    CHECK(world.outbox.held() == 2);
    world.outbox.set_durable(7);
    CHECK(world.flush().empty());
    CHECK(world.numbers_sent("w") == Numbers{{5, 6}});
    CHECK(world.transport.sent.empty());
}

TEST_CASE("an old dialect's messages go one by one, after what was gathered before them") {
    Outgoing world;
    world.taken(world.a, 1);
    world.post(world.a, core::Disconnect{}, 0, kMdp);
    world.post(world.a, core::Disconnect{}, 0, kMdp);
    world.taken(world.a, 2);
    world.flush();
    const auto sent = world.transport.take("a");
    REQUIRE(sent.size() == 4);
    CHECK(sent[0].front().starts_with(native::kMagic));
    CHECK(sent[1] == Words{"", "MDPW01", "\x05"});
    CHECK(sent[2] == sent[1]);
    CHECK(sent[3].front().starts_with(native::kMagic));
}

TEST_CASE("what a dialect cannot say is not sent") {
    Outgoing world;
    world.post(world.a, core::StopAttempt{}, 0, kMdp);
    world.post(world.a, core::Recall{}, 0, kMdp);
    world.post(world.a, core::Disconnect{}, 0, {wire::DialectId::Zmws1, false});
    CHECK(world.flush().empty());
    CHECK(world.transport.sent.empty());
}

TEST_CASE("a worker is pushed what is his in the form of his READY") {
    Outgoing world;
    world.peers.set_worker_form(world.a, kMdp);
    world.post(world.a, core::HeartbeatOut{}, 0, {wire::DialectId::Zmws1, false});
    world.flush();
    CHECK(world.transport.take("a") == std::vector<Words>{{"", "MDPW01", "\x04"}});
}

TEST_CASE("nothing is said before its record is durable, and it goes when it is") {
    Outgoing world;
    world.taken(world.a, 1, 5);
    world.outbox.set_durable(4);
    world.flush();
    CHECK(world.transport.sent.empty());
    CHECK(world.outbox.held() == 1);
    world.outbox.set_durable(5);
    CHECK(world.outbox.held() == 0);
    world.flush();
    CHECK(world.numbers_sent("a") == Numbers{{1}});
    world.taken(world.a, 2, 5);  // safe already
    world.flush();
    CHECK(world.numbers_sent("a") == Numbers{{2}});
}

TEST_CASE("a client's answers that wait for no record go before those that do") {
    Outgoing world;
    world.taken(world.a, 1, 5);
    world.taken(world.a, 2);
    world.taken(world.a, 3, 3);
    world.taken(world.b, 4);
    world.flush();
    CHECK(world.numbers_sent("a") == Numbers{{2}});
    CHECK(world.numbers_sent("b") == Numbers{{4}});
    world.outbox.set_durable(4);
    world.flush();
    CHECK(world.transport.sent.empty());
    world.outbox.set_durable(9);
    world.flush();
    CHECK(world.numbers_sent("a") == Numbers{{1, 3}});
}

TEST_CASE("for one worker nothing overtakes what is held, and no answer does for an old client") {
    Outgoing world;
    world.post(world.w, job(1), 5);
    world.post(world.w, job(2));
    constexpr wire::Form kZmws{wire::DialectId::Zmws2, false};
    world.post(world.a, core::JobTaken{{1, 1}, {}}, 5, kZmws);
    world.post(world.a, core::JobTaken{{1, 2}, {}}, 0, kZmws);
    world.flush();
    CHECK(world.transport.sent.empty());
    world.outbox.set_durable(5);
    world.flush();
    CHECK(world.numbers_sent("w") == Numbers{{1, 2}});
    CHECK(world.transport.take("a").size() == 2);
}

TEST_CASE("a heartbeat does not wait for the disk") {
    Outgoing world;
    world.taken(world.a, 1, 5);
    world.post(world.a, core::HeartbeatOut{});
    world.flush();
    CHECK(world.numbers_sent("a") == Numbers{{0}});
    CHECK(world.outbox.held() == 1);
}

TEST_CASE("a peer for whom too much is held is given up, one less is kept") {
    Outgoing world(1UL << 20U, 2);
    world.taken(world.a, 1, 5);
    world.taken(world.a, 2, 5);
    CHECK(world.flush().empty());
    world.taken(world.a, 3, 5);
    world.taken(world.a, 4, 5);
    CHECK(world.flush() == std::vector<Peer>{world.a});
    CHECK(world.outbox.counters().backlog_dropped == 2);
    world.outbox.forget(world.a);
    world.peers.forget(world.a);
    world.outbox.set_durable(5);
    CHECK(world.outbox.counters().undeliverable == 2);
    CHECK(world.flush().empty());
}

TEST_CASE("a slow peer gets everything in order when it reads again") {
    Outgoing world;
    world.transport.status["a"] = SendStatus::WouldBlock;
    for (std::uint64_t number = 1; number <= 3; ++number) {
        world.taken(world.a, number);
        CHECK(world.flush().empty());
        CHECK(world.outbox.is_blocked());
    }
    world.transport.status.clear();
    world.taken(world.a, 4);
    CHECK(world.flush().empty());
    CHECK(!world.outbox.is_blocked());
    CHECK(world.numbers_sent("a") == Numbers{{1}, {2, 3, 4}});
}

TEST_CASE("a peer that is never quite up to date gets everything in order and costs no more") {
    Outgoing world;
    std::uint64_t posted = 0;
    Numbers got;
    for (int turn = 0; turn < 300; ++turn) {
        for (int i = 0; i < 3; ++i) {
            world.taken(world.a, ++posted);
            world.post(world.a, core::Disconnect{}, 0, kMdp);  // closes the batch: six messages
        }
        world.transport.room = turn < 200 ? 5 : 10;
        CHECK(world.flush().empty());
        for (auto& numbers : world.numbers_sent("a")) {
            got.push_back(std::move(numbers));
        }
    }
    CHECK(!world.outbox.is_blocked());
    REQUIRE(got.size() == posted);
    for (std::uint64_t number = 1; number <= posted; ++number) {
        CHECK(got[number - 1] == std::vector<std::uint64_t>{number});
    }
}

TEST_CASE("a peer whose backlog passes the limit is given up") {
    Outgoing world(10'000);
    world.transport.status["a"] = SendStatus::WouldBlock;
    world.post(world.a, large(9'000));
    CHECK(world.flush().empty());
    world.post(world.a, large(2'000));
    CHECK(world.flush() == std::vector<Peer>{world.a});
    CHECK(world.outbox.counters().backlog_dropped == 2);
    CHECK(!world.outbox.is_blocked());
}

TEST_CASE("one message waits for a slow peer however large it is, with another it is given up") {
    Outgoing world(10'000);
    world.transport.status["a"] = SendStatus::WouldBlock;
    world.post(world.a, large(1'000'000));
    CHECK(world.flush().empty());
    world.transport.status.clear();
    CHECK(world.flush().empty());
    CHECK(world.transport.take("a").size() == 1);
    world.transport.status["a"] = SendStatus::WouldBlock;
    world.post(world.a, large(1'000'000));
    CHECK(world.flush().empty());
    world.post(world.a, core::HeartbeatOut{}, 0, kMdp);
    CHECK(world.flush() == std::vector<Peer>{world.a});
    CHECK(world.outbox.counters().backlog_dropped == 2);
    CHECK(world.outbox.waiting_bytes() == 0);
}

TEST_CASE("beyond what may wait for all, those are given up who have not moved for longest") {
    Outgoing world;
    world.limits.backlog_bytes_max = 40'000;  // a quarter of it is the transport's
    world.outbox.set_limits(world.limits);
    const Peer c = world.peers.add(Side::Frontend, "c");
    for (const char* name : {"a", "b", "c"}) {
        world.transport.status[name] = SendStatus::WouldBlock;
    }
    world.post(world.a, large(9'000));
    CHECK(world.flush().empty());
    world.post(world.b, large(9'000));
    CHECK(world.flush().empty());
    CHECK(world.outbox.waiting_bytes() > 18'000);
    world.transport.status["a"] = SendStatus::Sent;  // it reads, once
    CHECK(world.flush().empty());
    world.transport.status["a"] = SendStatus::WouldBlock;
    CHECK(world.outbox.waiting_bytes() < 10'000);
    world.post(world.a, large(9'000));
    CHECK(world.flush().empty());
    CHECK(world.outbox.take_given_up().empty());
    world.post(c, large(12'000));
    CHECK(world.flush() == std::vector<Peer>{world.b});
    const auto given_up = world.outbox.take_given_up();
    REQUIRE(given_up.size() == 1);
    CHECK(given_up[0].peer == world.b);
    CHECK(given_up[0].messages == 1);
    CHECK(given_up[0].bytes > 9'000);
    CHECK(given_up[0].limit == "limits.backlog_bytes_max");
    CHECK(world.outbox.counters().backlog_dropped == 1);
    CHECK(world.outbox.waiting_bytes() < 30'000);
    world.transport.status.clear();
    CHECK(world.flush().empty());
    CHECK(world.transport.take("a").size() == 2);
    CHECK(world.transport.take("c").size() == 1);
    CHECK(world.outbox.waiting_bytes() == 0);
}

TEST_CASE("a peer that was given up is told nothing more, though it could be") {
    Outgoing world(10'000);
    world.transport.status["a"] = SendStatus::WouldBlock;
    world.post(world.a, large(9'000));
    CHECK(world.flush().empty());
    world.post(world.a, large(9'000));
    world.transport.status.clear();
    world.taken(world.a, 1);
    world.taken(world.a, 2, 5);
    CHECK(world.flush() == std::vector<Peer>{world.a});
    CHECK(world.transport.sent.empty());
    CHECK(world.outbox.counters().backlog_dropped == 4);
    const auto given_up = world.outbox.take_given_up();
    REQUIRE(given_up.size() == 1);
    CHECK(given_up[0].limit == "limits.peer_backlog_bytes_max");
    CHECK(world.outbox.take_given_up().empty());
    CHECK(world.flush().empty());
}

TEST_CASE("of many that read slowly a flush tries some, and all in turns") {
    Outgoing world;
    constexpr std::size_t kSlow = 3 * Outbox::kRetriedMax;
    world.peers.set_peers_max(kSlow + 10);
    world.transport.room = 0;
    for (std::size_t i = 0; i < kSlow; ++i) {
        world.taken(world.peers.add(Side::Frontend, std::to_string(i)), 1);
    }
    CHECK(world.flush().empty());
    world.transport.attempts = 0;
    for (int i = 0; i < 3; ++i) {
        CHECK(world.flush().empty());
    }
    CHECK(world.transport.attempts == 3 * Outbox::kRetriedMax);
    world.transport.room = SIZE_MAX;
    world.taken(world.b, 7);  // does not wait for them
    CHECK(world.flush().empty());
    CHECK(world.numbers_sent("b") == Numbers{{7}});
    CHECK(world.outbox.is_blocked());
    for (int i = 0; i < 2; ++i) {
        CHECK(world.flush().empty());
    }
    CHECK(world.transport.sent.size() == kSlow);
    CHECK_FALSE(world.outbox.is_blocked());
}

TEST_CASE("large params are no backlog: they are the job's that the worker holds") {
    Outgoing world(2UL << 20U);
    const Peer worker = world.peers.add(Side::Backend, "w");
    world.transport.status["w"] = SendStatus::WouldBlock;
    for (std::uint64_t i = 1; i <= 100; ++i) {
        core::Assign job;
        job.attempt = {{1, i}, 1};
        job.params = {model::Encoding::Opaque, base::Blob::copy(std::string(50'000, 'x'))};
        world.post(worker, std::move(job));
        CHECK(world.flush().empty());
    }
    world.transport.status["w"] = SendStatus::Sent;
    CHECK(world.flush().empty());
    std::size_t bytes = 0;
    for (const Words& words : world.transport.take("w")) {
        for (const std::string& word : words) {
            bytes += word.size();
        }
    }
    CHECK(bytes > 100 * 50'000);
    CHECK(world.outbox.counters().backlog_dropped == 0);
}

TEST_CASE("many tiny messages are a backlog too") {
    Outgoing world(10'000);
    world.transport.status["a"] = SendStatus::WouldBlock;
    std::vector<Peer> lost;
    int posted = 0;
    for (; lost.empty() && posted < 1000; ++posted) {
        world.post(world.a, core::HeartbeatOut{}, 0, kMdp);
        lost = world.flush();
    }
    CHECK(lost == std::vector<Peer>{world.a});
    CHECK(posted < 100);
}

TEST_CASE("a peer that is gone is told of once, with what it missed counted") {
    Outgoing world;
    world.transport.status["a"] = SendStatus::Unroutable;
    world.post(world.a, core::Disconnect{}, 0, kMdp);
    world.post(world.a, core::Disconnect{}, 0, kMdp);
    CHECK(world.flush() == std::vector<Peer>{world.a});
    CHECK(world.outbox.counters().undeliverable == 2);
    world.outbox.forget(world.a);
    world.peers.forget(world.a);
    world.taken(world.a, 1);
    CHECK(world.outbox.counters().undeliverable == 3);
    CHECK(world.flush().empty());
    CHECK(world.transport.attempts == 1);
}

TEST_CASE("what waited for a forgotten peer does not reach the one that takes its slot") {
    Outgoing world;
    world.taken(world.a, 1, 5);
    world.taken(world.b, 2);
    world.transport.status["b"] = SendStatus::WouldBlock;
    world.flush();
    for (const Peer peer : {world.a, world.b}) {
        world.outbox.forget(peer);
        world.peers.forget(peer);
    }
    const Peer c = world.peers.add(Side::Frontend, "c");
    const Peer d = world.peers.add(Side::Frontend, "d");
    CHECK(PeerTable::slot_of(c) == PeerTable::slot_of(world.b));
    CHECK(PeerTable::slot_of(d) == PeerTable::slot_of(world.a));
    world.taken(c, 3);
    world.taken(d, 4);
    world.outbox.set_durable(5);
    CHECK(world.flush().empty());
    CHECK(world.numbers_sent("c") == Numbers{{3}});
    CHECK(world.numbers_sent("d") == Numbers{{4}});
    CHECK(world.transport.sent.empty());
}

TEST_CASE("a batch is cut at about a mebibyte") {
    Outgoing world;
    const base::Blob blob = base::Blob::copy(std::string(300'000, 'x'));
    for (int i = 0; i < 8; ++i) {
        world.post(world.a, core::JobPartial{{1, 1}, {}, {model::Encoding::Opaque, blob}, {}});
    }
    world.flush();
    const auto sent = world.transport.take("a");
    REQUIRE(sent.size() == 2);
    CHECK(sent[0].size() == 5);  // the commands and four payloads
    CHECK(sent[1].size() == 5);
}

}  // namespace steward::app
