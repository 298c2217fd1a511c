// broker/app: numbers for routing ids, and who was heard least recently.
#include "broker/app/peer_table.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "common/base/prng.hpp"

namespace steward::app {

TEST_CASE("a peer keeps its number, and the two sockets do not share routing ids") {
    PeerTable peers(10);
    CHECK(!peers.hear(Side::Frontend, "a"));
    const Peer client = peers.add(Side::Frontend, "a");
    const Peer worker = peers.add(Side::Backend, "a");
    CHECK(client != worker);
    CHECK(peers.hear(Side::Frontend, "a") == client);
    CHECK(peers.hear(Side::Backend, "a") == worker);
    CHECK(peers.find(worker)->side == Side::Backend);
    CHECK(peers.text_of(client) == "61");
}

TEST_CASE("any routing id of 1 to 255 bytes is a name of its own") {
    PeerTable peers(1000);
    std::set<Peer> numbers;
    for (std::size_t length = 1; length <= 255; ++length) {
        numbers.insert(peers.add(Side::Frontend, std::string(length, '\0')));
        numbers.insert(peers.add(Side::Frontend, std::string(length, '@')));
    }
    CHECK(numbers.size() == 510);
    CHECK(peers.hear(Side::Frontend, std::string(33, '@')).has_value());
}

TEST_CASE("a forgotten peer that speaks again is a new one") {
    PeerTable peers(1);
    const Peer first = peers.add(Side::Backend, "w");
    peers.set_worker_form(first, {wire::DialectId::Mdp01, true});
    CHECK(peers.find(first)->worker_form == wire::Form{wire::DialectId::Mdp01, true});
    peers.forget(first);
    CHECK(peers.find(first) == nullptr);
    CHECK(peers.text_of(first).empty());
    const Peer again = peers.add(Side::Backend, "w");
    CHECK(again != first);
    CHECK(PeerTable::slot_of(again) == PeerTable::slot_of(first));
    CHECK(!peers.find(again)->worker_form);
    peers.set_worker_form(first, {});  // of a stale number: nothing happens
    peers.forget(first);
    CHECK(!peers.find(again)->worker_form);
}

TEST_CASE("peer 0 is nobody") {
    PeerTable peers(1);
    const Peer only = peers.add(Side::Frontend, "a");
    CHECK(only.value != 0);
    CHECK(peers.find(Peer{}) == nullptr);
    peers.forget(Peer{});
    CHECK(peers.size() == 1);
}

TEST_CASE("the table is full at its limit and not one before, and always takes one") {
    PeerTable peers(2);
    peers.add(Side::Frontend, "a");
    CHECK(!peers.full());
    peers.add(Side::Frontend, "b");
    CHECK(peers.full());
    CHECK(!PeerTable(0).full());
}

TEST_CASE("the oldest is the one heard least recently, whatever happens in between") {
    PeerTable peers(50);
    std::vector<std::string> order;  // oldest first
    base::Prng prng(5);
    for (int step = 0; step < 20'000; ++step) {
        const std::string id = std::to_string(prng.below(80));
        const auto at = std::ranges::find(order, id);
        if (at != order.end() && prng.chance(1, 4)) {
            peers.forget(*peers.hear(Side::Frontend, id));
            order.erase(at);
        } else if (at != order.end()) {
            REQUIRE(peers.hear(Side::Frontend, id));
            order.erase(at);
            order.push_back(id);
        } else {
            REQUIRE(!peers.hear(Side::Frontend, id));
            if (peers.full()) {
                peers.forget(peers.oldest());
                order.erase(order.begin());
            }
            peers.add(Side::Frontend, id);
            order.push_back(id);
        }
        REQUIRE(peers.size() == order.size());
        if (!order.empty()) {
            REQUIRE(peers.find(peers.oldest())->routing_id == order.front());
        }
    }
}

}  // namespace steward::app
