// tests: what a broker makes of the facts of a long life: names that were forgotten and given anew,
// attempts that other brokers counted, and the order in which jobs came.
#include "tests/unit/core/core_fixture.hpp"

namespace steward::core::test {
namespace {

// Params of the jobs that a worker of X for one at a time is given, one after the other.
std::vector<std::string> run_all(Core& core, const base::Now& now) {
    std::vector<std::string> order;
    Ready ready;
    ready.from = at(5);
    ready.name = "test";
    ready.services = {service("X")};
    ready.beats_while_busy = true;
    Effects effects;
    core.apply(now, ready, effects);
    for (auto given = sent<Assign>(effects); !given.empty(); given = sent<Assign>(effects)) {
        const Assign& assign = *given.front().second;
        order.emplace_back(assign.params.bytes.view());
        Finish finish;
        finish.from = Peer{5};
        finish.attempt = assign.attempt;
        effects = {};
        core.apply(now, finish, effects);
    }
    return order;
}

}  // namespace

TEST_CASE("restart: a batch's name may have been another's before") {
    for (const bool is_closed : {false, true}) {
        CAPTURE(is_closed);
        Policy policy = patient();
        policy.result_ttl = 1h;
        Broker broker(policy);
        broker.ready(1, {"X", "F"}, 10);
        const auto open = [&](bool closes) {
            model::JobSpec then;
            then.service = service("F");
            broker.operate(OpenBatch{model::Label("nightly"), then});
            const auto job = only_assign(broker.submit(Call{}.with([](auto& o) {
                                 o.batch = "nightly";
                             }))).second;
            if (closes) {
                broker.operate(CloseBatch{model::Label("nightly")});
                broker.finish(1, only_assign(broker.finish(1, job)).second);
            }
        };
        open(true);
        broker.wait(2h);  // it is forgotten
        open(is_closed);
    }
}

TEST_CASE("restart: services that made room for one another are no reason not to start") {
    Policy policy = patient();
    policy.limits.services_max = 10;
    Broker broker(policy);
    broker.facts_tell_all = false;  // of services that nobody knows any more, too
    for (int i = 0; i < 40; ++i) {
        const std::string name = "S" + std::to_string(i);
        broker.wait(1s);
        broker.ready(1, {name});
        broker.finish(1, only_assign(broker.submit(of(name))).second);
        broker.apply(Goodbye{Peer{1}, false});
    }
    const auto second = restored(broker);
    Effects effects;
    Ready ready;
    ready.from = at(5);
    ready.name = "test";
    ready.services = {service("T")};
    second->apply(broker.now, ready, effects);
    CHECK(sent<Disconnect>(effects).empty());
    second->check_invariants();
}

TEST_CASE("restart: an attempt of a job from another broker may have any number") {
    Broker broker(patient_knowing({"X"}));
    broker.facts_tell_all = false;
    Ready ready;
    ready.from = at(1);
    ready.name = "test";
    ready.services = {service("X")};
    ready.beats_while_busy = true;
    ready.running = {{{{77U << 16U, 5}, 20}, {7, 1}, service("X")}};
    broker.apply(ready);
    Call call;
    call.number = 1;
    call.again = true;
    call.options.sync = true;
    call.options.durable = true;
    broker.submit(call);
    CHECK(broker.journal.size() == 2);
    restored(broker)->check_invariants();
}

TEST_CASE("restart: what ran does not go behind what waited") {
    Broker broker(patient_knowing({"X"}));
    broker.facts_tell_all = false;
    for (const char* params : {"a", "b", "c", "d"}) {
        broker.submit(of("X", params));
    }
    broker.ready(1, {"X"});  // the first runs
    CHECK(run_all(*restored(broker), broker.now) == std::vector<std::string>{"a", "b", "c", "d"});
}

}  // namespace steward::core::test
