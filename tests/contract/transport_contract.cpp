#include "tests/contract/transport_contract.hpp"

#include <set>

#include <doctest/doctest.h>

namespace steward::contract {
namespace {

using app::SendStatus;

constexpr int kMomentsMax = 10'000;

Frames frames_of(std::initializer_list<std::string> texts) {
    Frames frames;
    for (const std::string& text : texts) {
        frames.push_back(base::Blob::copy(text));
    }
    return frames;
}

// Lets moments pass until `condition` holds; fails the test when it never does.
template <class Condition>
void eventually(TransportWorld& world, const char* what, Condition&& condition) {
    for (int i = 0; i < kMomentsMax; ++i) {
        if (condition()) {
            return;
        }
        world.let_pass();
    }
    FAIL("never came true: ", std::string(what));
}

Frames at_peer(TransportWorld& world, const Peer& peer) {
    Frames frames;
    eventually(world, "a message at the peer", [&] {
        auto message = world.peer_receive(peer);
        frames = message ? std::move(*message) : Frames();
        return message.has_value();
    });
    return frames;
}

Incoming at_broker(TransportWorld& world, Side side) {
    Incoming incoming;
    eventually(world, "a message at the broker", [&] {
        auto message = world.receive(side);
        incoming = message ? std::move(*message) : Incoming();
        return message.has_value();
    });
    return incoming;
}

SendStatus send(TransportWorld& world, const Peer& peer, const Frames& frames) {
    Frames copy = frames;
    const SendStatus status = world.transport().send(peer.side, peer.routing_id, copy);
    if (status != SendStatus::Sent) {
        CHECK_MESSAGE(copy == frames, "frames that were not sent are left as they are");
    }
    return status;
}

void must_send(TransportWorld& world, const Peer& peer, const Frames& frames) {
    eventually(world, "Sent", [&] { return send(world, peer, frames) == SendStatus::Sent; });
}

// A lost connection is noticed between reads: with a full queue ZeroMQ says WouldBlock until the
// socket has been read once more, as a broker's loop does in each turn.
void becomes_unroutable(TransportWorld& world, const Peer& peer) {
    eventually(world, "Unroutable", [&] {
        CHECK_FALSE(world.receive(peer.side).has_value());
        return send(world, peer, frames_of({"anybody?"})) == SendStatus::Unroutable;
    });
}

void strangers_are_unroutable(TransportWorld& world) {
    for (const Side side : {Side::Frontend, Side::Backend}) {
        const Peer stranger{0, side, "nobody"};
        CHECK(send(world, stranger, frames_of({"a", "b"})) == SendStatus::Unroutable);
    }
    const Peer peer = world.connect(Side::Frontend, "somebody");
    CHECK(send(world, peer, frames_of({"x"})) == SendStatus::Sent);
    CHECK(send(world, {0, Side::Frontend, "nobody"}, frames_of({"x"})) == SendStatus::Unroutable);
}

void frames_arrive_as_sent(TransportWorld& world) {
    const Peer peer = world.connect(Side::Backend, "worker");
    const Frames messages[] = {frames_of({""}),
                               frames_of({"", ""}),
                               frames_of({std::string("\0\1\xff", 3), "", "tail"}),
                               frames_of({std::string(4096, 'a'), std::string(4097, 'b')}),
                               frames_of({std::string(1U << 20U, 'c'), "end"})};
    for (const Frames& message : messages) {
        must_send(world, peer, message);
        CHECK(at_peer(world, peer) == message);
        world.peer_send(peer, message);
        const Incoming back = at_broker(world, Side::Backend);
        CHECK(back.routing_id == peer.routing_id);
        CHECK(back.frames == message);
    }
}

void order_is_kept_for_each_peer(TransportWorld& world) {
    constexpr int kMessages = 500;
    const Peer one = world.connect(Side::Frontend, "one");
    const Peer two = world.connect(Side::Frontend, "two");
    for (int i = 0; i < kMessages; ++i) {
        must_send(world, one, frames_of({std::to_string(i)}));
        must_send(world, two, frames_of({std::to_string(i)}));
        world.peer_send(one, frames_of({std::to_string(i)}));
        world.peer_send(two, frames_of({std::to_string(i)}));
    }
    int next_one = 0;
    int next_two = 0;
    for (int i = 0; i < kMessages; ++i) {
        REQUIRE(at_peer(world, one) == frames_of({std::to_string(i)}));
        REQUIRE(at_peer(world, two) == frames_of({std::to_string(i)}));
    }
    for (int i = 0; i < 2 * kMessages; ++i) {
        const Incoming incoming = at_broker(world, Side::Frontend);
        int& next = incoming.routing_id == one.routing_id ? next_one : next_two;
        REQUIRE(incoming.frames == frames_of({std::to_string(next)}));
        ++next;
    }
    CHECK(next_one == kMessages);
    CHECK(next_two == kMessages);
}

void nameless_peers_get_names(TransportWorld& world) {
    std::set<std::string> names;
    std::vector<Peer> peers;
    for (int i = 0; i < 8; ++i) {
        peers.push_back(world.connect(Side::Frontend, ""));
        CHECK_FALSE(peers.back().routing_id.empty());
        names.insert(peers.back().routing_id);
    }
    CHECK(names.size() == peers.size());
    for (const Peer& peer : peers) {
        must_send(world, peer, frames_of({peer.routing_id}));
    }
    for (const Peer& peer : peers) {
        CHECK(at_peer(world, peer) == frames_of({peer.routing_id}));
    }
}

void names_may_hold_any_bytes(TransportWorld& world) {
    for (const std::string& name : {std::string("a\0b", 3),
                                    std::string("a\0c", 3),
                                    std::string(1, 'x'),
                                    std::string(255, '\xfe')}) {
        const Peer peer = world.connect(Side::Backend, name);
        CHECK(peer.routing_id == name);
        must_send(world, peer, frames_of({name}));
        CHECK(at_peer(world, peer) == frames_of({name}));
    }
}

void sides_are_apart(TransportWorld& world) {
    const Peer client = world.connect(Side::Frontend, "same");
    CHECK(send(world, {0, Side::Backend, "same"}, frames_of({"x"})) == SendStatus::Unroutable);
    const Peer worker = world.connect(Side::Backend, "same");
    must_send(world, client, frames_of({"to the client"}));
    must_send(world, worker, frames_of({"to the worker"}));
    CHECK(at_peer(world, client) == frames_of({"to the client"}));
    CHECK(at_peer(world, worker) == frames_of({"to the worker"}));
}

void who_left_is_unroutable(TransportWorld& world) {
    const Peer peer = world.connect(Side::Backend, "leaver");
    const Peer other = world.connect(Side::Backend, "other");
    world.disconnect(peer);
    becomes_unroutable(world, peer);
    must_send(world, other, frames_of({"still here"}));
    CHECK(at_peer(world, other) == frames_of({"still here"}));
}

void who_comes_back_is_reached(TransportWorld& world) {
    const Peer before = world.connect(Side::Backend, "comes back");
    world.disconnect(before);
    becomes_unroutable(world, before);
    const Peer after = world.connect(Side::Backend, "comes back");
    CHECK(after.routing_id == before.routing_id);
    must_send(world, after, frames_of({"hello again"}));
    CHECK(at_peer(world, after) == frames_of({"hello again"}));
}

void a_name_is_handed_over(TransportWorld& world) {
    const Peer first = world.connect(Side::Frontend, "claimed twice");
    const Peer second = world.connect(Side::Frontend, "claimed twice");
    must_send(world, second, frames_of({"for the second"}));
    CHECK(at_peer(world, second) == frames_of({"for the second"}));
    CHECK_FALSE(world.peer_receive(first).has_value());
}

void a_full_queue_would_block(TransportWorld& world) {
    constexpr int kMessagesMax = 100'000;
    const Peer slow = world.connect(Side::Frontend, "slow");
    const Peer quick = world.connect(Side::Frontend, "quick");
    const base::Blob load = base::Blob::copy(std::string(64U << 10U, 'x'));
    int sent = 0;
    SendStatus status = SendStatus::Sent;
    for (int refused = 0; sent < kMessagesMax && refused < 50;) {
        status = send(world, slow, {base::Blob::copy(std::to_string(sent)), load});
        REQUIRE(status != SendStatus::Unroutable);
        sent += status == SendStatus::Sent ? 1 : 0;
        refused += status == SendStatus::Sent ? 0 : 1;
        if (status != SendStatus::Sent) {
            world.let_pass();  // what is under way may make room yet
        }
    }
    REQUIRE(status == SendStatus::WouldBlock);
    must_send(world, quick, frames_of({"not held up"}));
    CHECK(at_peer(world, quick) == frames_of({"not held up"}));
    for (int i = 0; i < sent; ++i) {
        const Frames frames = at_peer(world, slow);
        REQUIRE(frames.size() == 2);
        REQUIRE(frames[0].view() == std::to_string(i));
    }
    must_send(world, slow, frames_of({"room again"}));
    CHECK(at_peer(world, slow) == frames_of({"room again"}));
}

void what_waited_is_lost_with_the_connection(TransportWorld& world) {
    const Peer before = world.connect(Side::Backend, "unlucky");
    const base::Blob load = base::Blob::copy(std::string(64U << 10U, 'x'));
    for (int i = 0; i < 100'000 && send(world, before, {load}) == SendStatus::Sent; ++i) {
    }
    world.disconnect(before);
    becomes_unroutable(world, before);
    const Peer after = world.connect(Side::Backend, "unlucky");
    must_send(world, after, frames_of({"new"}));
    CHECK(at_peer(world, after) == frames_of({"new"}));
    CHECK_FALSE(world.peer_receive(after).has_value());
}

void news_reach_who_asked(TransportWorld& world) {
    app::Transport& transport = world.transport();
    CHECK_FALSE(transport.has_subscribers());
    transport.publish("reverse.accepted", "lost");
    const std::size_t all = world.subscribe("");
    const std::size_t some = world.subscribe("reverse.");
    const auto arrived = [&](std::size_t reader, const std::string& body) {
        eventually(world, "news", [&] {
            transport.publish("reverse.test", body);  // a subscription takes a moment
            while (const auto news = world.reader_receive(reader)) {
                if ((*news)[1].view() == body) {
                    return true;
                }
            }
            return false;
        });
    };
    arrived(all, "first");
    arrived(some, "second");
    eventually(world, "the readers to be known", [&] { return transport.has_subscribers(); });
    transport.publish("sleep.started", "not for some");
    transport.publish("reverse.ended", "last");
    Frames news;
    eventually(world, "the last news", [&] {
        const auto next = world.reader_receive(some);
        news = next ? *next : Frames();
        CHECK((news.empty() || news[0].view().starts_with("reverse.")));
        return !news.empty() && news[1].view() == "last";
    });
    CHECK(news == frames_of({"reverse.ended", "last"}));
    world.unsubscribe(some);
    world.unsubscribe(all);
    eventually(world, "no readers", [&] { return !transport.has_subscribers(); });
}

void a_reader_that_sleeps_blocks_nobody(TransportWorld& world) {
    app::Transport& transport = world.transport();
    const std::size_t reader = world.subscribe("");
    eventually(world, "a reader", [&] { return transport.has_subscribers(); });
    const std::string body(64U << 10U, 'x');
    for (int i = 0; i < 5'000; ++i) {
        transport.publish("topic", body);  // returns, or this test never ends
    }
    eventually(world, "what the reader still got", [&] {
        const auto news = world.reader_receive(reader);
        return news && (*news)[1].view() == body;
    });
}

constexpr TransportRule kRules[] = {
    {"a message to a peer that never connected is Unroutable", &strangers_are_unroutable},
    {"frames arrive as they were sent, whatever their bytes and size", &frames_arrive_as_sent},
    {"messages of and to one peer keep their order", &order_is_kept_for_each_peer},
    {"a peer without a name is given one of its own", &nameless_peers_get_names},
    {"a name may hold zero bytes and be 255 bytes long", &names_may_hold_any_bytes},
    {"one name on both sides is two peers", &sides_are_apart},
    {"a peer that left becomes Unroutable, and the others do not notice", &who_left_is_unroutable},
    {"a peer that comes back under its name is reached again", &who_comes_back_is_reached},
    {"who comes with the name of a connected peer takes it over", &a_name_is_handed_over},
    {"a peer that does not read gets WouldBlock and loses nothing that was Sent",
     &a_full_queue_would_block},
    {"what waited for a peer that left is lost, also for its successor",
     &what_waited_is_lost_with_the_connection},
    {"news reach those who asked for their topic, and it is known whether anybody did",
     &news_reach_who_asked},
    {"a reader of news that does not read holds up nobody", &a_reader_that_sleeps_blocks_nobody},
};

}  // namespace

std::span<const TransportRule> transport_rules() {
    return kRules;
}

void check_transport(const std::function<std::unique_ptr<TransportWorld>()>& make_world) {
    for (const TransportRule& rule : transport_rules()) {
        INFO(std::string(rule.sentence));
        const auto world = make_world();
        rule.check(*world);
    }
}

}  // namespace steward::contract
