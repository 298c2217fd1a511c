// tests: a node with its fakes, driven turn by turn.
#pragma once

#include <map>
#include <set>
#include <string>

#include "tests/unit/app/node_peers.hpp"

namespace steward::app::fakes {

using namespace std::chrono_literals;

struct World {
    explicit World(core::Policy with = {}, std::vector<std::string> earlier = {})
        : policy(std::move(with)), journal(journal_with(std::move(earlier))) {}

    static FakeJournal journal_with(std::vector<std::string> earlier) {
        FakeJournal journal;
        journal.earlier = std::move(earlier);
        return journal;
    }

    /// One turn with one message.
    void say(Side side, const std::string& from, const Words& words) {
        begin();
        node.on_frames(side, from, frames_of(words), keys[from]);
        node.end_batch();
    }

    /// A native client says hello before its first words; what it is told to that is not kept.
    void client(const std::string& from, const Words& words) {
        const bool is_native = !words.empty() && words.front().starts_with(wire::native::kMagic);
        if (is_native && greeted.insert(from).second) {
            say(Side::Frontend, from, batch({wire::native::ClientHello{}}));
            transport.take(from);
        }
        say(Side::Frontend, from, words);
    }

    void worker(const std::string& from, const Words& words) { say(Side::Backend, from, words); }

    void begin() { node.begin_batch(now); }

    void turn() {
        begin();
        node.end_batch();
    }

    void pass(base::Duration duration) {
        now.mono += duration;
        now.wall += duration;
        turn();
    }

    core::Policy policy;
    std::map<std::string, access::PrincipalId> keys;  // by routing id, of those that have one
    std::set<std::string> greeted;
    FakeTransport transport;
    FakeJournal journal;
    FakeSink sink;
    base::Now now{base::MonoTime(1h), base::WallTime(1'700'000'000s)};
    Node node{policy, now, 1, transport, journal, sink};
};

}  // namespace steward::app::fakes
