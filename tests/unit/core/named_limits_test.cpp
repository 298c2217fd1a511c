// Named limits: what several services may do together.
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;

namespace {

LimitSettings limit(std::string name,
                    std::optional<std::uint32_t> at_once,
                    std::vector<std::string> services,
                    std::optional<model::Rate> rate = {}) {
    LimitSettings settings;
    settings.name = name;
    settings.at_once = at_once;
    settings.rate = rate;
    settings.services = std::move(services);
    return settings;
}

std::vector<model::LimitRow> rows(Broker& broker) {
    return ask<model::LimitReport>(broker, QueryKind::Limits).rows;
}

}  // namespace

TEST_CASE("limits: services that share one run together what it allows, and not one more") {
    Broker broker;
    broker.ready(1, {"X", "Y", "Z"}, 20);
    CHECK(changed(broker.operate(SetLimit{limit("db", 3, {"X", "Y"})})) == 1);
    CHECK(start(broker, of("X"), 2) == 2);
    CHECK(start(broker, of("Y"), 2) == 1);
    CHECK(start(broker, of("X"), 1) == 0);
    CHECK(start(broker, of("Z"), 5) == 5);
    REQUIRE(rows(broker).size() == 1);
    CHECK(rows(broker).front().active == 3);
    CHECK(rows(broker).front().is_holding);
}

TEST_CASE("limits: the services that wait for one take their turns when it opens") {
    Broker broker;
    broker.ready(1, {"X", "Y"}, 20);
    broker.operate(SetLimit{limit("db", 1, {"X", "Y"})});
    const auto first = only_assign(broker.submit(of("X", "0")));
    for (int i = 0; i < 3; ++i) {
        broker.submit(of("X", "x"));
        broker.submit(of("Y", "y"));
    }
    broker.finish(1, first.second);
    const std::string order = work_off(broker, 1);
    CHECK(order.size() == 6);
    CHECK(order.find("xxx") == std::string::npos);
    CHECK(order.find("yyy") == std::string::npos);
}

TEST_CASE("limits: a rate holds for all services together") {
    Broker broker(patient());
    broker.ready(1, {"X", "Y"}, 20);
    broker.operate(SetLimit{limit("api", {}, {"X", "Y"}, model::Rate{1s})});
    CHECK(start(broker, of("X"), 2) == 1);
    CHECK(start(broker, of("Y"), 2) == 0);
    CHECK(assigned(broker.wait(999ms)) == 0);
    CHECK(assigned(broker.wait(1ms)) == 1);
    CHECK(assigned(broker.wait(2s)) == 2);
}

TEST_CASE("limits: a service under several limits obeys each of them") {
    Broker broker;
    broker.ready(1, {"X", "Y"}, 20);
    broker.operate(SetLimit{limit("a", 3, {"X", "Y"})});
    broker.operate(SetLimit{limit("b", 1, {"X"})});
    CHECK(start(broker, of("X"), 2) == 1);
    CHECK(start(broker, of("Y"), 5) == 2);
}

TEST_CASE("limits: set while jobs run, it counts them") {
    Broker broker;
    broker.ready(1, {"X"}, 20);
    const auto first = only_assign(broker.submit(of("X")));
    CHECK(start(broker, of("X"), 2) == 2);
    broker.operate(SetLimit{limit("db", 2, {"X"})});
    CHECK(rows(broker).front().active == 3);
    CHECK(start(broker, of("X"), 1) == 0);
    CHECK(assigned(broker.finish(1, first.second)) == 0);  // two still run
}

TEST_CASE("limits: changed while jobs run and wait, it holds at once") {
    Broker broker;
    broker.ready(1, {"X", "Y"}, 20);
    broker.operate(SetLimit{limit("db", 1, {"X"})});
    CHECK(start(broker, of("X"), 6) == 1);
    CHECK(assigned(broker.operate(SetLimit{limit("db", 4, {"X"})})) == 3);
    CHECK(assigned(broker.operate(SetLimit{limit("db", 2, {"X"})})) == 0);
    CHECK(rows(broker).front().active == 4);
    // Another service's limit from now on: this one is free.
    CHECK(assigned(broker.operate(SetLimit{limit("db", 1, {"Y"})})) == 2);
    CHECK(start(broker, of("Y"), 2) == 1);
}

TEST_CASE("limits: setting a rate anew does not let one start early") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 20);
    broker.operate(SetLimit{limit("api", {}, {"X"}, model::Rate{10s})});
    CHECK(start(broker, of("X"), 4) == 1);
    CHECK(assigned(broker.operate(SetLimit{limit("api", {}, {"X"}, model::Rate{10s})})) == 0);
    CHECK(assigned(broker.wait(5s)) == 0);
    CHECK(assigned(broker.operate(SetLimit{limit("api", {}, {"X"}, model::Rate{4s})})) == 1);
    CHECK(assigned(broker.wait(3999ms)) == 0);
    CHECK(assigned(broker.wait(1ms)) == 1);
}

TEST_CASE("limits: reading the configuration again does not let one start early") {
    Policy policy = patient_knowing({"X"});
    policy.limits_named = {limit("api", {}, {"X"}, model::Rate{10s})};
    Broker broker(policy);
    broker.ready(1, {"X"}, 20);
    CHECK(start(broker, of("X"), 4) == 1);
    broker.core.set_policy(broker.policy);
    CHECK(assigned(broker.apply(Tick{})) == 0);
    CHECK(assigned(broker.wait(9999ms)) == 0);
    CHECK(assigned(broker.wait(1ms)) == 1);
}

TEST_CASE("limits: removed while jobs run and wait, it holds nobody") {
    Broker broker;
    broker.ready(1, {"X"}, 20);
    broker.operate(SetLimit{limit("db", 1, {"X"})});
    CHECK(start(broker, of("X"), 3) == 1);
    CHECK(assigned(broker.operate(RemoveLimit{"db"})) == 2);
    CHECK(rows(broker).empty());
    CHECK(start(broker, of("X"), 1) == 1);
    CHECK(refused_with(broker.operate(RemoveLimit{"db"})) == base::Errc::UnknownName);
}

TEST_CASE("limits: one may name services that nobody has announced yet") {
    Broker broker;
    broker.operate(SetLimit{limit("db", 1, {"later"})});
    broker.ready(1, {"later"}, 5);
    CHECK(start(broker, of("later"), 3) == 1);
}

TEST_CASE("limits: naming a service does not make it known") {
    Broker broker;
    broker.operate(SetLimit{limit("db", 1, {"later"})});
    CHECK(refused_with(broker.submit(of("later"))) == base::Errc::UnknownService);
}

TEST_CASE("limits: those of the configuration hold, and end with it") {
    Policy policy;
    policy.limits_named.push_back(limit("db", 1, {"X"}));
    Broker broker(policy);
    broker.ready(1, {"X"}, 20);
    CHECK(start(broker, of("X"), 3) == 1);
    broker.operate(SetLimit{limit("other", 2, {"X"})});
    policy.limits_named.clear();
    broker.policy = policy;
    broker.core.set_policy(policy);
    // Its jobs start with the next thing that happens, which is soon.
    REQUIRE(broker.core.next_deadline());
    CHECK(*broker.core.next_deadline() <= broker.now.mono);
    CHECK(assigned(broker.apply(Tick{})) == 1);
    REQUIRE(rows(broker).size() == 1);
    CHECK(rows(broker).front().name == model::Label("other"));
}

TEST_CASE("limits: there are as many as limits_max allows and not one more") {
    Policy policy;
    policy.limits.limits_max = 2;
    Broker broker(policy);
    broker.operate(SetLimit{limit("a", 1, {"X"})});
    broker.operate(SetLimit{limit("b", 1, {"X"})});
    CHECK(refused_with(broker.operate(SetLimit{limit("c", 1, {"X"})})) == base::Errc::TooManyNames);
    CHECK(changed(broker.operate(SetLimit{limit("b", 2, {"X"})})) == 1);
}

TEST_CASE("limits: one that names too many services changes nothing") {
    Policy policy;
    policy.limits.services_max = 3;
    Broker broker(policy);
    broker.ready(1, {"X"}, 20);
    broker.operate(SetLimit{limit("db", 1, {"X"})});
    CHECK(refused_with(broker.operate(SetLimit{limit("db", 9, {"A", "B", "C", "D"})})) ==
          base::Errc::TooManyServices);
    CHECK(start(broker, of("X"), 3) == 1);
    CHECK(rows(broker).front().at_once == 1U);
}

TEST_CASE("limits: with a group's limit, whichever is less lets less start") {
    Broker broker;
    broker.ready(1, {"X"}, 20);
    broker.operate(SetLimit{limit("db", 3, {"X"})});
    const Call of_group = of("X").with([](auto& o) {
        o.group = "g";
        o.group_limit = 2;
    });
    const auto first = only_assign(broker.submit(of_group));
    CHECK(start(broker, of_group, 3) == 1);
    CHECK(start(broker, of("X"), 3) == 1);
    // The place of the ended one goes to whoever's turn it is, and to one only.
    CHECK(assigned(broker.finish(1, first.second)) == 1);
    CHECK(rows(broker).front().active == 3);
}
