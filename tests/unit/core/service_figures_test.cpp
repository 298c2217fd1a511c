// What is counted of each service: waits, runs, ends.
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using model::TimeHistogram;
using model::Verdict;

namespace {

model::ServiceRow row_of_x(Broker& broker) {
    return broker.core.services().rows.at(0);
}

TimeHistogram histogram(std::initializer_list<base::Duration> times) {
    TimeHistogram made;
    for (const base::Duration time : times) {
        made.add(time);
    }
    return made;
}

Call failing_once_more() {
    Call call;
    call.options.max_attempts = 2;
    return call;
}

}  // namespace

TEST_CASE("figures: a job waits from being ready until it runs, and runs as its worker measured") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto first = only_assign(broker.call());
    broker.call();  // the worker has room for one
    broker.wait(2s);
    const auto second = only_assign(broker.finish(1, first.second, Verdict::Succeeded, 300ms));
    broker.wait(1s);
    broker.finish(1, second.second, Verdict::Succeeded, 0us);  // one that does not measure
    CHECK(row_of_x(broker).wait == histogram({0s, 2s}));
    CHECK(row_of_x(broker).run == histogram({300ms, 1s}));
    CHECK(row_of_x(broker).succeeded == 2);
}

TEST_CASE("figures: nothing is counted before a job has run") {
    Broker broker;
    broker.ready(1, {"X"});
    CHECK(row_of_x(broker).wait == TimeHistogram{});
    broker.call();
    CHECK(row_of_x(broker).wait.count() == 1);
    CHECK(row_of_x(broker).run == TimeHistogram{});
}

TEST_CASE("figures: what is given ahead waits until its worker comes to it") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 1, 8);
    broker.finish(1, only_assign(broker.call()).second);  // quick: more is given ahead
    const auto runs = only_assign(broker.call());
    const auto ahead = only_assign(broker.call());
    CHECK(row_of_x(broker).wait.count() == 2);
    broker.wait(4ms);
    broker.finish(1, runs.second);
    CHECK(row_of_x(broker).wait == histogram({0s, 0s, 4ms}));
    broker.finish(1, ahead.second);
    CHECK(row_of_x(broker).run == histogram({1ms, 1ms, 1ms}));
}

TEST_CASE("figures: an attempt that is lost has run; the next one waits anew") {
    Broker broker;
    broker.ready(1, {"X"});
    broker.submit(Call());
    broker.wait(1s);
    broker.apply(PeerLost{Peer{1}});
    broker.wait(3s);
    broker.ready(2, {"X"});
    CHECK(row_of_x(broker).wait == histogram({0s, 3s}));
    CHECK(row_of_x(broker).run == histogram({1s}));
    CHECK(row_of_x(broker).lost == 1);
    CHECK(row_of_x(broker).retried == 1);
}

TEST_CASE("figures: an attempt that its worker brings back has not begun twice") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.call());
    broker.wait(1s);
    broker.apply(PeerLost{Peer{1}});
    broker.wait(1s);
    Ready back;
    back.from = at(2);
    back.services = {service("X")};
    back.heartbeat_interval = broker.policy.heartbeat_interval;
    back.beats_while_busy = true;
    back.running.push_back({job.second, {7, 1}, service("X")});
    broker.apply(back);
    CHECK(broker.core.counters().readopted == 1);
    CHECK(row_of_x(broker).wait == histogram({0s}));
    broker.finish(2, job.second, Verdict::Succeeded, 2s);
    CHECK(row_of_x(broker).run == histogram({1s, 2s}));
}

TEST_CASE("figures: what is given back did not run") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(Call()));
    Return back;
    back.from = Peer{1};
    back.attempts = {job.second};
    broker.apply(back);
    CHECK(row_of_x(broker).run == TimeHistogram{});
    CHECK(row_of_x(broker).wait.count() == 2);  // it is the only worker: it got the job again
}

TEST_CASE("figures: each way of ending is counted, and each attempt that another follows") {
    Broker broker;
    broker.ready(1, {"X"});
    broker.finish(1, only_assign(broker.call()).second, Verdict::Failed);
    const auto failing = only_assign(broker.submit(failing_once_more()));
    broker.finish(1, failing.second, Verdict::Failed);
    const auto again = only_assign(broker.wait(2s));
    broker.finish(1, again.second, Verdict::Failed);
    const auto running = only_assign(broker.call());
    broker.submit(Call().with([](auto& options) { options.expires_in = 1s; }));
    broker.wait(2s);
    CancelJobs cancel;
    cancel.which.jobs = {running.second.job};
    broker.operate(cancel);
    broker.finish(1, running.second, Verdict::Succeeded, 4s);

    const model::ServiceRow row = row_of_x(broker);
    CHECK(row.failed == 3);
    CHECK(row.failed_jobs == 1);
    CHECK(row.retried == 1);
    CHECK(row.died == 1);
    CHECK(row.expired == 1);
    CHECK(row.cancelled == 1);
    CHECK(row.succeeded == 0);
    CHECK(row.run == histogram({1ms, 1ms, 1ms, 4s}));
}

TEST_CASE("figures: an attempt over its time limit has run until its grace was over") {
    Policy policy = patient();
    policy.stop_grace = 1s;
    Broker broker(policy);
    broker.ready(1, {"X"});
    broker.submit(Call().with([](auto& options) { options.time_limit = 4s; }));
    broker.wait(10s);
    CHECK(row_of_x(broker).run.counts == histogram({5s}).counts);
    CHECK(row_of_x(broker).failed == 1);
}

TEST_CASE("figures: the broker tells how much there is of what has a limit") {
    Policy policy;
    policy.limits.jobs_max = 50;
    policy.limits.workers_max = 3;
    Broker broker(policy);
    broker.ready(1, {"X"});
    broker.call();
    broker.call();
    const auto usages = ask<model::BrokerReport>(broker, QueryKind::Broker).usages;
    const auto of_name = [&](std::string_view name) {
        return *std::ranges::find(usages, name, &model::Usage::name);
    };
    CHECK(of_name("jobs").used == 2);
    CHECK(of_name("jobs").max == 50);
    CHECK(of_name("workers").used == 1);
    CHECK(of_name("workers").max == 3);
    CHECK(of_name("payload_bytes_total").used == 2);
}
