// broker/app: events are told in order, after their records, and only when somebody listens.
#include "broker/app/news.hpp"

#include <doctest/doctest.h>

#include "tests/unit/app/node_fakes.hpp"

namespace steward::app {
namespace {

struct Newsroom {
    Newsroom() { transport.subscribers = true; }

    void announce(model::EventKind kind, core::Seq after, Peer worker = {}) {
        core::Announce event;
        event.kind = kind;
        event.job = {1, 2};
        event.service = *model::ServiceName::parse("mail");
        event.worker = worker;
        event.after = after;
        std::vector<core::Announce> events;
        events.push_back(std::move(event));
        news.take(events);
        CHECK(events.empty());
    }

    fakes::FakeTransport transport;
    fakes::FakeSink sink;
    PeerTable peers{10};
    News news{transport, sink, peers, model::Limits{}};
};

}  // namespace

TEST_CASE("an event waits for its record, and later ones wait behind it") {
    Newsroom world;
    world.announce(model::EventKind::Enqueued, 0);
    CHECK(world.transport.published.size() == 1);
    world.announce(model::EventKind::Received, 5);
    world.announce(model::EventKind::DelegateStart, 0);
    CHECK(world.transport.published.size() == 1);
    world.news.set_durable(4);
    CHECK(world.transport.published.size() == 1);
    world.news.set_durable(5);
    REQUIRE(world.transport.published.size() == 3);
    CHECK(world.transport.published[1].first == "mail.RECEIVED");
    CHECK(world.transport.published[2].first == "mail.DELEGATE_START");
}

TEST_CASE("the lifecycle log and the news get the same lines, each only if it listens") {
    Newsroom world;
    CHECK(world.news.wanted() == model::EventSet::all());
    world.sink.wanted = model::EventSet::all();
    world.announce(model::EventKind::Enqueued, 0);
    world.transport.subscribers = false;
    world.announce(model::EventKind::DelegateStart, 0);
    CHECK(world.transport.published.size() == 1);
    REQUIRE(world.sink.lines.size() == 2);
    CHECK(world.sink.lines[0] == world.transport.published[0].second);
    world.sink.wanted = {};
    CHECK(world.news.wanted().empty());
    world.announce(model::EventKind::ExecuteComplete, 0);
    CHECK(world.sink.lines.size() == 2);
}

TEST_CASE("neighbours that wait for one record are logged as they came, and once") {
    Newsroom world;
    world.transport.subscribers = false;
    world.sink.wanted = model::EventSet::all();
    world.announce(model::EventKind::Received, 5);
    world.announce(model::EventKind::Enqueued, 5);
    world.announce(model::EventKind::Dequeued, 6);
    world.announce(model::EventKind::DelegateStart, 0);
    CHECK(world.sink.lines.empty());
    world.news.set_durable(5);
    REQUIRE(world.sink.lines.size() == 2);
    CHECK(world.sink.lines[0].find("RECEIVED") != std::string::npos);
    CHECK(world.sink.lines[1].find("ENQUEUED") != std::string::npos);
    world.news.set_durable(6);
    REQUIRE(world.sink.lines.size() == 4);
    CHECK(world.sink.lines[2].find("DEQUEUED") != std::string::npos);
    CHECK(world.sink.lines[3].find("DELEGATE_START") != std::string::npos);
}

TEST_CASE("what one reads and the other does not want is held for each as it was") {
    Newsroom world;
    world.sink.wanted = model::EventSet::all();
    world.transport.subscribers = false;
    world.announce(model::EventKind::Received, 5);
    world.transport.subscribers = true;
    world.announce(model::EventKind::Enqueued, 5);
    world.sink.wanted = {};
    world.announce(model::EventKind::Dequeued, 5);
    world.news.set_durable(5);
    REQUIRE(world.sink.lines.size() == 2);  // as the log wanted when they happened
    CHECK(world.sink.lines[1].find("ENQUEUED") != std::string::npos);
    REQUIRE(world.transport.published.size() == 2);
    CHECK(world.transport.published[0].first == "mail.ENQUEUED");
    CHECK(world.transport.published[1].first == "mail.DEQUEUED");
}

TEST_CASE("a held event names its worker although he has been forgotten meanwhile") {
    Newsroom world;
    const Peer worker = world.peers.add(Side::Backend, "w");
    world.announce(model::EventKind::DelegateError, 5, worker);
    world.peers.forget(worker);
    world.news.set_durable(5);
    REQUIRE(world.transport.published.size() == 1);
    CHECK(world.transport.published.front().second.find("\"77\"") != std::string::npos);
}

TEST_CASE("as many events are held as may be, one more tells the oldest before its time") {
    Newsroom world;
    world.announce(model::EventKind::Received, 1);
    for (std::size_t i = 1; i < News::kHeldMax; ++i) {
        world.announce(model::EventKind::DelegateStart, 1);
    }
    CHECK(world.transport.published.empty());
    world.announce(model::EventKind::DelegateStart, 1);
    REQUIRE(world.transport.published.size() == 1);
    CHECK(world.transport.published.front().first == "mail.RECEIVED");
}

}  // namespace steward::app
