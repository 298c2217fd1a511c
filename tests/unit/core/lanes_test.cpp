// Queues: higher priority first; within one, the lanes of groups take turns by their weights.
#include <map>

#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;

namespace {

Call of_group(std::string group, std::string params, std::uint32_t weight = 1) {
    Call call;
    call.params = std::move(params);
    call.options.group = group;
    if (weight != 1) {
        call.options.group_weight = weight;
    }
    return call;
}

Call with_priority(std::int32_t priority, std::string params) {
    Call call;
    call.params = std::move(params);
    call.options.priority = priority;
    return call;
}

// A broker whose service is known and has no worker.
class Waiting : public Broker {
public:
    explicit Waiting(Policy settings = {}) : Broker(known(std::move(settings))) {}

private:
    static Policy known(Policy settings) {
        settings.services.push_back({"X", {}, 0});
        settings.ahead = base::Duration::zero();
        return settings;
    }
};

}  // namespace

TEST_CASE("lanes: a group with many jobs does not keep the others waiting") {
    Waiting broker;
    for (int i = 0; i < 6; ++i) {
        broker.submit(of_group("big", "b"));
    }
    broker.submit(of_group("small", "s"));
    broker.submit(of_group("little", "l"));
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "bslbbbbb");
}

TEST_CASE("lanes: jobs without a group share turns as a group does") {
    Waiting broker;
    for (int i = 0; i < 3; ++i) {
        broker.submit(of_group("g", "g"));
    }
    for (int i = 0; i < 3; ++i) {
        broker.submit(of_group("", "-"));
    }
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "g-g-g-");
}

TEST_CASE("lanes: in its turn a group starts as many jobs as it has weight") {
    Waiting broker;
    for (int i = 0; i < 7; ++i) {
        broker.submit(of_group("heavy", "h", 3));
        broker.submit(of_group("light", "l"));
    }
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "hhhlhhhlhlllll");
}

TEST_CASE("lanes: a weight that changes counts from the group's next turn") {
    Waiting broker;
    for (int i = 0; i < 6; ++i) {
        broker.submit(of_group("a", "a"));
        broker.submit(of_group("b", "b"));
    }
    SetGroup heavier;
    heavier.name = "b";
    heavier.weight = 2;
    broker.operate(heavier);
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "abbabbabbaaa");
}

TEST_CASE("lanes: first in, first out within a group") {
    Waiting broker;
    for (const char* params : {"1", "2", "3"}) {
        broker.submit(of_group("a", params));
        broker.submit(of_group("b", "."));
    }
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "1.2.3.");
}

TEST_CASE("lanes: higher priority goes first, whatever group it is of, the extremes too") {
    Waiting broker;
    broker.submit(with_priority(INT32_MIN, "9"));
    broker.submit(with_priority(-1, "7"));
    broker.submit(with_priority(0, "6"));
    broker.submit(with_priority(model::kPriorityLow, "5"));
    broker.submit(of_group("g", "3"));  // normal
    broker.submit(with_priority(model::kPriorityNormal, "4"));
    broker.submit(with_priority(model::kPriorityUrgent, "0"));
    broker.submit(with_priority(model::kPriorityHigh, "2"));
    broker.submit(with_priority(INT32_MAX, "1"));
    broker.submit(with_priority(-2, "8"));
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "0123456789");
}

TEST_CASE("lanes: a turn that was not used up does not follow a group into another priority") {
    Waiting broker;
    for (int i = 0; i < 4; ++i) {
        broker.submit(of_group("a", "a", 2));
        broker.submit(of_group("b", "b", 2));
        broker.submit(of_group("a", "A", 2).with([](auto& o) { o.priority = 5000; }));
        broker.submit(of_group("b", "B", 2).with([](auto& o) { o.priority = 5000; }));
    }
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "AABBAABBaabbaabb");
}

TEST_CASE("lanes: what its worker gives back or loses comes first again, in its old order") {
    Waiting broker;
    for (const char* params : {"1", "2", "3", "4"}) {
        broker.submit(of_group("", params));
    }
    broker.ready(1, {"X"}, 3);
    CHECK(sent<Assign>(broker.effects).size() == 3);
    broker.apply(PeerLost{Peer{1}});
    broker.ready(2, {"X"});
    CHECK(work_off(broker, 2) == "1234");
}

TEST_CASE("lanes: a lost job's group has the next turn") {
    Waiting broker;
    broker.submit(of_group("a", "1"));
    broker.submit(of_group("a", "2"));
    broker.submit(of_group("b", "b"));
    broker.ready(1, {"X"});
    broker.apply(PeerLost{Peer{1}});
    broker.ready(2, {"X"});
    const std::string order = work_off(broker, 2);
    CHECK(order.find('1') < order.find('2'));
    CHECK(order.size() == 3);
}

TEST_CASE("lanes: what waits with a closed group lets others pass, and comes when it opens") {
    Waiting broker;
    const auto limited = [&](const char* params) {
        return of_group("a", params).with([](auto& o) { o.group_limit = 1; });
    };
    for (const char* params : {"1", "2", "3"}) {
        broker.submit(limited(params));
    }
    broker.submit(of_group("b", "b"));
    broker.submit(of_group("", "-"));
    broker.ready(1, {"X"}, 5);
    std::string given;
    std::map<std::string, model::Attempt> held;
    for (const auto& [to, assign] : sent<Assign>(broker.effects)) {
        given += assign->params.bytes.view();
        held.emplace(assign->params.bytes.view(), assign->attempt);
    }
    CHECK(given == "1b-");
    broker.finish(1, held.at("b"));
    CHECK(sent<Assign>(broker.effects).empty());
    broker.finish(1, held.at("1"));
    const auto next = sent<Assign>(broker.effects);
    REQUIRE(next.size() == 1);
    CHECK(next.front().second->params.bytes.view() == "2");
}

TEST_CASE("lanes: a priority of which every lane is parked lets lower ones run") {
    Waiting broker;
    for (int i = 0; i < 3; ++i) {
        broker.submit(of_group("a", "H").with([](auto& o) {
            o.group_limit = 1;
            o.priority = 9000;
        }));
        broker.submit(of_group("", "l"));
    }
    broker.ready(1, {"X"}, 3);
    std::string given;
    for (const auto& [to, assign] : sent<Assign>(broker.effects)) {
        given += assign->params.bytes.view();
    }
    CHECK(given == "Hll");
}

TEST_CASE("lanes: a channel has its own queue, and only workers that joined it serve it") {
    Waiting broker;
    broker.submit(of_group("", "d"));
    broker.submit(of_group("", "g").with([](auto& o) { o.channel = "gpu"; }));
    broker.submit(of_group("", "D").with([](auto& o) { o.channel = "default"; }));
    Ready gpu;
    gpu.from = at(1);
    gpu.services = {service("X")};
    gpu.channels = {"gpu"};
    gpu.beats_while_busy = true;
    broker.apply(gpu);
    CHECK(work_off(broker, 1) == "g");
    gpu.from = at(2);
    gpu.channels = {"default", "gpu"};
    broker.apply(gpu);
    CHECK(work_off(broker, 2) == "dD");
}

TEST_CASE("lanes: a worker of several channels takes the highest priority, else turns") {
    Waiting broker;
    for (int i = 0; i < 3; ++i) {
        broker.submit(of_group("", "d"));
        broker.submit(of_group("", "g").with([](auto& o) { o.channel = "gpu"; }));
    }
    broker.submit(with_priority(9000, "U").with([](auto& o) { o.channel = "gpu"; }));
    Ready both;
    both.from = at(1);
    both.services = {service("X")};
    both.channels = {"", "gpu"};
    both.beats_while_busy = true;
    broker.apply(both);
    const std::string order = work_off(broker, 1);
    CHECK(order.front() == 'U');
    CHECK(order.size() == 7);
    CHECK(order.find("ddd") == std::string::npos);
    CHECK(order.find("ggg") == std::string::npos);
}

TEST_CASE("lanes: ten thousand groups share turns, one job each in a round") {
    Waiting broker;
    constexpr std::size_t kGroups = 1000;
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < kGroups; ++i) {
            broker.submit(of_group("g" + std::to_string(i), std::to_string(i) + " "));
        }
    }
    broker.ready(1, {"X"});
    std::string expected;
    for (int round = 0; round < 2; ++round) {
        for (std::size_t i = 0; i < kGroups; ++i) {
            expected += std::to_string(i) + " ";
        }
    }
    CHECK(work_off(broker, 1) == expected);
}
