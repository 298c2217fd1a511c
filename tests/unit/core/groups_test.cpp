// Groups: how many of one run at once, how often one starts, who says so, and when a group is
// forgotten.
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;

namespace {

Call of_group(std::string group = "g") {
    Call call;
    call.options.group = std::move(group);
    return call;
}

Call limited(std::uint32_t limit) {
    return of_group().with([&](auto& o) { o.group_limit = limit; });
}

Call spaced(base::Duration spacing) {
    return of_group().with([&](auto& o) { o.group_rate = model::Rate{spacing}; });
}

SetGroup settings(std::optional<std::uint32_t> weight,
                  std::optional<std::uint32_t> limit,
                  std::optional<base::Duration> spacing) {
    SetGroup set;
    set.name = "g";
    set.weight = weight;
    set.limit = limit;
    set.spacing = spacing;
    return set;
}

std::optional<model::GroupRow> row(Broker& broker, std::string name = "g") {
    JobFilter filter;
    filter.group = std::move(name);
    const auto rows = ask<model::GroupReport>(broker, QueryKind::Groups, filter).rows;
    return rows.empty() ? std::nullopt : std::optional(rows.front());
}

}  // namespace

TEST_CASE("groups: as many jobs of a group run at once as its limit allows, and not one more") {
    Broker broker;
    broker.ready(1, {"X"}, 10);
    CHECK(start(broker, limited(3), 5) == 3);
    CHECK(start(broker, of_group("other"), 2) == 2);
    broker.submit(Call{});
    CHECK(assigned(broker.effects) == 1);
}

TEST_CASE("groups: each end lets one start, whichever end it is") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 10);
    auto running = only_assign(broker.submit(limited(1)));
    start(broker, limited(1), 5);
    running = only_assign(broker.finish(1, running.second));
    running = only_assign(broker.finish(1, running.second, model::Verdict::FailedForGood));
    // A failure that will be tried again gives its place to the next, too.
    running = only_assign(broker.finish(1, running.second, model::Verdict::Failed));
    broker.operate(CancelJobs{only_job(running.second.job), 0});
    CHECK(assigned(broker.effects) == 0);  // it still runs
    running = only_assign(broker.finish(1, running.second));
    broker.ready(2, {"X"}, 1);
    CHECK(only_assign(broker.apply(PeerLost{Peer{1}})).second.job == running.second.job);
}

TEST_CASE("groups: one limit for all services and channels of the group") {
    Broker broker;
    broker.ready(1, {"X", "Y"}, 10);
    CHECK(start(broker, limited(2), 1) == 1);
    Call other = limited(2);
    other.name = "Y";
    CHECK(start(broker, other, 2) == 1);
}

TEST_CASE("groups: the latest job's word on its group counts for all") {
    Broker broker;
    broker.ready(1, {"X"}, 10);
    CHECK(start(broker, limited(1), 4) == 1);
    // Says nothing: the limit stays.
    CHECK(start(broker, of_group(), 1) == 0);
    // Says more: those that waited start as well.
    CHECK(start(broker, limited(4), 1) == 3);
    // Says less: what runs, runs.
    CHECK(start(broker, limited(1), 1) == 0);
    CHECK(row(broker)->active == 4);
}

TEST_CASE("groups: a rate lets one start at once and the next after its spacing") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 10);
    CHECK(start(broker, spaced(1s), 4) == 1);
    CHECK(assigned(broker.wait(999'999us)) == 0);
    CHECK(assigned(broker.wait(1us)) == 1);
    CHECK(assigned(broker.wait(999'999us)) == 0);
    CHECK(assigned(broker.wait(1us)) == 1);
    CHECK(assigned(broker.wait(5s)) == 1);
    CHECK(assigned(broker.submit(spaced(1s))) == 1);  // nobody has started for long
    CHECK(assigned(broker.submit(spaced(1s))) == 0);
}

TEST_CASE("groups: a rate is not to be hurried by ends, failures or losses") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 10);
    const auto running = only_assign(broker.submit(spaced(1s)));
    CHECK(start(broker, spaced(1s), 1) == 0);
    CHECK(assigned(broker.finish(1, running.second)) == 0);
    const auto second = only_assign(broker.wait(1s));
    broker.ready(2, {"X"}, 1);
    CHECK(assigned(broker.apply(PeerLost{Peer{1}})) == 0);
    CHECK(assigned(broker.wait(999ms)) == 0);
    CHECK(only_assign(broker.wait(1ms)).second.job == second.second.job);
}

TEST_CASE("groups: limit and rate must both allow a start") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 10);
    const Call both = spaced(1s).with([](auto& o) { o.group_limit = 2; });
    const auto first = only_assign(broker.submit(both));
    CHECK(start(broker, both, 3) == 0);
    CHECK(assigned(broker.wait(10s)) == 1);
    CHECK(assigned(broker.finish(1, first.second)) == 1);
    CHECK(assigned(broker.wait(10s)) == 0);
}

TEST_CASE("groups: a slower rate takes effect at once, and so does a faster one") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 10);
    CHECK(start(broker, spaced(1h), 3) == 1);
    broker.wait(10s);
    // Ten seconds have passed since the last start: the next may be at once.
    CHECK(assigned(broker.operate(settings({}, {}, 1s))) == 1);
    CHECK(assigned(broker.operate(settings({}, {}, 1min))) == 0);
    CHECK(assigned(broker.wait(59s)) == 0);
    CHECK(assigned(broker.wait(1s)) == 1);
}

TEST_CASE("groups: a rate that is said later counts from the last start") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 10);
    CHECK(start(broker, of_group(), 1) == 1);
    CHECK(start(broker, spaced(10s), 1) == 0);
    CHECK(assigned(broker.wait(9999ms)) == 0);
    CHECK(assigned(broker.wait(1ms)) == 1);
}

TEST_CASE("groups: without its rate what waited for it starts") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 10);
    CHECK(start(broker, spaced(1h), 3) == 1);
    CHECK(assigned(broker.operate(settings({}, {}, 0s))) == 2);
}

TEST_CASE("groups: an operator's word counts more than the jobs'") {
    Broker broker;
    broker.ready(1, {"X"}, 10);
    CHECK(changed(broker.operate(settings(7, 2, {}))) == 1);
    CHECK(start(broker, limited(9), 5) == 2);
    CHECK(row(broker)->limit == 2);
    CHECK(row(broker)->weight == 7);
    // What the operator leaves unset stays; with nothing left the jobs may say again.
    CHECK(assigned(broker.operate(settings({}, 3, {}))) == 1);
    CHECK(row(broker)->weight == 7);
    CHECK(assigned(broker.operate(settings(1, 0, 0s))) == 2);
    CHECK(start(broker, limited(1), 1) == 0);
    CHECK(row(broker)->limit == 1);
}

TEST_CASE("groups: the configuration's word counts more than the jobs'") {
    Policy policy;
    policy.groups.push_back({"g", 1, 2, {}});
    Broker broker(policy);
    broker.ready(1, {"X"}, 10);
    CHECK(start(broker, limited(9), 5) == 2);
}

TEST_CASE("groups: the configuration's word is newer than the journal's") {
    Policy policy;
    policy.groups.push_back({"g", 1, 2, {}});
    Broker broker(policy);
    broker.facts_tell_all = false;  // until the next start the operator's word counts
    broker.operate(settings(1, 5, {}));
    CHECK(row(broker)->limit == 5);
    const auto second = restored(broker);
    Effects effects;
    Query query;
    query.from = at(kOperator);
    query.kind = QueryKind::Groups;
    second->apply(broker.now, query, effects);
    const auto answers = sent<Answer>(effects);
    CHECK(std::get<model::GroupReport>(*answers.front().second->report).rows.front().limit == 2);
}

TEST_CASE("groups: a service's configuration may name the group of its jobs") {
    Policy policy;
    ServicePolicy x{"X", {}, 0};
    x.defaults.group = "g";
    x.defaults.group_limit = 1;
    policy.services.push_back(x);
    Broker broker(policy);
    broker.ready(1, {"X"}, 10);
    CHECK(start(broker, Call{}, 3) == 1);
    CHECK(start(broker, of_group("own"), 2) == 1);  // its group, the service's limit
}

TEST_CASE("groups: a group is forgotten with its last job, but not before it may start again") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 10);
    const auto job = only_assign(broker.submit(spaced(10s)));
    broker.finish(1, job.second);
    CHECK(row(broker));
    CHECK(start(broker, spaced(10s), 1) == 0);  // or its rate would be forgotten too early
    broker.wait(10s);
    CHECK(row(broker)->active == 1);

    const auto other = only_assign(broker.submit(of_group("other")));
    CHECK(row(broker, "other"));
    broker.finish(1, other.second);
    CHECK_FALSE(row(broker, "other"));
}

TEST_CASE("groups: a rate is remembered without jobs until its instant, and no longer") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 10);
    broker.finish(1, only_assign(broker.submit(spaced(10s))).second);
    broker.wait(9999ms);
    CHECK(row(broker));
    broker.wait(1ms);
    CHECK_FALSE(row(broker));
}

TEST_CASE("groups: what the operator has set is kept without jobs, until it is unset") {
    Broker broker;
    broker.operate(settings(5, {}, {}));
    CHECK(row(broker));
    broker.operate(settings(1, {}, {}));
    CHECK_FALSE(row(broker));
}

TEST_CASE("groups: a dead letter is of its group, but neither waits nor runs") {
    Broker broker;
    broker.ready(1, {"X"}, 10);
    const auto job = only_assign(broker.submit(limited(1)));
    broker.finish(1, job.second, model::Verdict::FailedForGood);
    REQUIRE(row(broker));
    CHECK(row(broker)->waiting == 0);
    CHECK(row(broker)->active == 0);
    CHECK(start(broker, limited(1), 2) == 1);
    CHECK(row(broker)->waiting == 1);
}

TEST_CASE("groups: there are as many as groups_max allows and not one more") {
    Policy policy;
    policy.limits.groups_max = 2;
    Broker broker(policy);
    broker.ready(1, {"X"}, 10);
    const auto first = only_assign(broker.submit(of_group("a")));
    CHECK(assigned(broker.submit(of_group("b"))) == 1);
    CHECK(refused_with(broker.submit(of_group("c"))) == base::Errc::TooManyNames);
    SetGroup set;
    set.name = "c";
    set.limit = 1;
    CHECK(refused_with(broker.operate(set)) == base::Errc::TooManyNames);
    CHECK(assigned(broker.submit(of_group("b"))) == 1);
    broker.finish(1, first.second);
    CHECK(assigned(broker.submit(of_group("c"))) == 1);
}

TEST_CASE("groups: what is given ahead counts as started") {
    Broker broker;
    broker.facts_tell_all = false;
    broker.ready(1, {"X"}, 1, 100);
    for (int i = 0; i < 3; ++i) {
        broker.finish(1, only_assign(broker.call()).second);  // it is fast
    }
    CHECK(start(broker, limited(2), 5) == 2);
    CHECK(row(broker)->active == 2);
}

TEST_CASE("groups: what the configuration sets holds over jobs, and ends with it") {
    Policy policy;
    policy.groups.push_back({"g", 3, 1, base::Duration::zero()});
    Broker broker(policy);
    broker.ready(1, {"X"}, 10);
    CHECK(start(broker, limited(5), 3) == 1);
    CHECK(row(broker)->weight == 3);
    policy.groups.clear();
    broker.policy = policy;
    broker.core.set_policy(policy);
    CHECK(assigned(broker.apply(Tick{})) == 2);
    CHECK(row(broker)->limit == 0);
    CHECK(row(broker)->weight == 1);
    start(broker, limited(7), 1);
    CHECK(row(broker)->limit == 7);
}

TEST_CASE("groups: what an operator sets lasts until the configuration is read again") {
    Policy policy;
    policy.groups.push_back({"g", 1, 1, base::Duration::zero()});
    Broker broker(policy);
    broker.operate(settings({}, 4, {}));
    CHECK(row(broker)->limit == 4);
    const auto second = restored(broker);
    Effects effects;
    Query query;
    query.from = at(1);
    query.kind = QueryKind::Groups;
    second->apply(broker.now, std::move(query), effects);
    const auto answers = sent<Answer>(effects);
    REQUIRE(answers.size() == 1);
    const auto& report = std::get<model::GroupReport>(*answers.front().second->report);
    REQUIRE(report.rows.size() == 1);
    CHECK(report.rows.front().limit == 1);
    broker.core.set_policy(policy);
    broker.apply(Tick{});
    CHECK(row(broker)->limit == 1);
}
