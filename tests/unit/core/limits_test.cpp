// The bounds of a broker that no other test of the core is about: at each of them everything is
// taken, one past it the answer names the setting.
#include "broker/core/results.hpp"
#include "tests/unit/core/core_fixture.hpp"

namespace steward::core::test {
namespace {

using base::Errc;

/// Whether the only refusal among the effects has this code and names this setting.
bool is_refused(const Effects& effects, Errc code, std::string_view setting) {
    const auto refusals = sent<Refused>(effects);
    REQUIRE(refusals.size() == 1);
    const base::Error& error = refusals.front().second->error;
    INFO(error.message);
    CHECK(error.code == code);
    return error.message.find("[limits] " + std::string(setting)) != std::string::npos;
}

OpenBatch batch_named(std::string_view name) {
    OpenBatch open;
    open.name = name;
    return open;
}

SetSchedule yearly(std::string_view name) {
    SetSchedule set;
    set.schedule.name = name;
    set.schedule.expression = "@yearly";
    set.schedule.job.service = service("X");
    return set;
}

/// Submits an async job that succeeds at once.
model::JobId run_one(Broker& broker) {
    const auto job = only_assign(broker.submit({}));
    broker.finish(job.first, job.second);
    return job.second.job;
}

}  // namespace

TEST_CASE("limits: batches_max are open; those that have ended make room, after a restart too") {
    Policy policy;
    policy.limits.batches_max = 2;
    Broker broker(policy);
    broker.facts_tell_all = false;  // no fact tells who made room
    const auto close = [&](std::string_view name) {
        CloseBatch request;
        request.name = name;
        broker.operate(request);
    };
    CHECK(changed(broker.operate(batch_named("a"))) == 1);
    CHECK(changed(broker.operate(batch_named("b"))) == 1);
    CHECK(is_refused(broker.operate(batch_named("c")), Errc::TooManyNames, "batches_max"));
    CHECK(changed(broker.operate(batch_named("b"))) == 0);  // is open, and no other
    close("a");
    CHECK(changed(broker.operate(batch_named("c"))) == 1);
    close("b");
    const auto again = broker.begun_from(broker.journal, broker.policy);  // a, b and c
    Effects effects;
    again->apply(broker.now, Operator{at(kOperator), batch_named("d")}, effects);
    CHECK(changed(effects) == 1);
}

TEST_CASE("limits: schedules_max are set, and one of them can be set anew") {
    Policy policy = patient_knowing({"X"});
    policy.limits.schedules_max = 2;
    Broker broker(policy);
    broker.operate(yearly("a"));
    CHECK(changed(broker.operate(yearly("b"))) == 1);
    CHECK(is_refused(broker.operate(yearly("c")), Errc::TooManyNames, "schedules_max"));
    CHECK(sent<Refused>(broker.operate(yearly("b"))).empty());
}

TEST_CASE("limits: waiters_max wait, of one job waiters_per_job_max, and an end makes room") {
    Policy policy;
    policy.limits.waiters_max = 3;
    policy.limits.waiters_per_job_max = 2;
    Broker broker(policy);
    broker.ready(1, {"X"}, 2);
    const auto one = only_assign(broker.submit({}));
    const auto other = only_assign(broker.submit({}));
    const auto ask_for = [&](std::uint64_t peer, const model::JobId& job) -> Effects& {
        return broker.apply(Await{at(peer), job, 1h});
    };
    CHECK(ask_for(50, one.second.job).sends.empty());
    CHECK(ask_for(51, one.second.job).sends.empty());
    CHECK(is_refused(ask_for(52, one.second.job), Errc::TooManyWaiters, "waiters_per_job_max"));
    CHECK(ask_for(52, other.second.job).sends.empty());
    CHECK(is_refused(ask_for(53, other.second.job), Errc::TooManyWaiters, "waiters_max"));
    Call waiting;
    waiting.options.wait = 1s;
    CHECK(is_refused(broker.submit(waiting), Errc::TooManyWaiters, "waiters_max"));
    broker.finish(1, one.second);
    CHECK(ask_for(53, other.second.job).sends.empty());
}

TEST_CASE("limits: results_max are kept, the oldest goes; with none nothing is") {
    for (const std::size_t most : {0U, 2U}) {
        Policy policy;
        policy.limits.results_max = most;
        policy.limits.history_jobs_max = 0;
        Broker broker(policy);
        broker.ready(1, {"X"});
        const std::vector<model::JobId> ids = {run_one(broker), run_one(broker), run_one(broker)};
        CAPTURE(most);
        CHECK(sent<Refused>(broker.apply(Await{at(50), ids[0], 0s})).size() == 1);
        CHECK(sent<JobResult>(broker.apply(Await{at(50), ids[1], 0s})).size() == most / 2);
        CHECK(sent<JobResult>(broker.apply(Await{at(50), ids[2], 0s})).size() == most / 2);
    }
}

TEST_CASE("limits: results weigh results_bytes_max together and not a byte more") {
    const auto kept = [](std::size_t bytes_max) {
        Policy policy;
        policy.limits.results_bytes_max = bytes_max;
        policy.limits.history_jobs_max = 0;
        Broker broker(policy);
        broker.ready(1, {"X"});
        const std::vector<model::JobId> ids = {run_one(broker), run_one(broker)};
        std::size_t found = 0;
        for (const model::JobId& id : ids) {
            found += sent<JobResult>(broker.apply(Await{at(50), id, 0s})).size();
        }
        return found;
    };
    Broker broker;
    broker.ready(1, {"X"});
    run_one(broker);
    const std::size_t each = used(broker, "results_bytes");
    CHECK(kept(2 * each) == 2);
    CHECK(kept(2 * each - 1) == 1);
    CHECK(kept(each - 1) == 0);
}

TEST_CASE("limits: a worker holds credit_max jobs, whatever it asks for") {
    Policy policy;
    policy.limits.credit_max = 3;
    Broker broker(policy);
    broker.ready(1, {"X"}, 1, 100);
    broker.finish(1, only_assign(broker.submit({})).second, model::Verdict::Succeeded, 1us);
    CHECK(start(broker, {}, 10) == 3);
}

TEST_CASE("limits: a page has report_rows_max rows, and goes on behind them") {
    Policy policy = patient_knowing({"X"});
    policy.limits.report_rows_max = 2;
    Broker broker(policy);
    const auto rows = [&](Cursor after) {
        return ask<model::ListReport>(broker, QueryKind::List, {}, after);
    };
    broker.submit({});
    broker.submit({});
    CHECK(rows(0).rows.size() == 2);
    broker.submit({});
    const model::ListReport first = rows(0);
    CHECK(first.rows.size() == 2);
    REQUIRE(first.next != 0);
    CHECK(rows(first.next).rows.size() == 1);
    CHECK(ask<model::JobReport>(broker, QueryKind::Jobs).rows.size() == 2);
    CHECK(ask<model::JobReport>(broker, QueryKind::Jobs).total == 3);
}

TEST_CASE("limits: one step of a listing looks at scan_jobs_max jobs, and the next goes on") {
    Policy policy = patient_knowing({"X", "Y"});
    policy.spill_jobs = 1'000;  // what is in memory is what is looked at one by one
    policy.limits.scan_jobs_max = 4;
    Broker broker(policy);
    for (int i = 0; i < 9; ++i) {
        broker.submit(of("X"));
    }
    broker.submit(of("Y"));
    JobFilter filter;
    filter.context = "nobody's";
    std::size_t steps = 1;
    for (Cursor next = 0; steps < 1'000; ++steps) {
        const auto page = ask<model::ListReport>(broker, QueryKind::List, filter, next);
        CHECK(page.rows.empty());
        if (next = page.next; next == 0) {
            break;
        }
    }
    CHECK(steps > 2);
    CHECK(steps < 1'000);
}

TEST_CASE("limits: while a broker settles, what waits with it is bounded in number and bytes") {
    Policy policy;
    policy.limits.in_flight_max = 3;
    policy.limits.payload_bytes_total_max = 10;
    Broker broker(policy, {base::MonoTime{0s}, base::WallTime{1'700'000'000s}});
    broker.facts_tell_all = false;
    broker.ready(1, {"X"});
    Call again;
    again.again = true;
    const auto resend = [&](std::uint64_t session, std::size_t bytes) -> Effects& {
        again.number = 1;
        again.session = session;
        again.params = std::string(bytes, 'p');
        return broker.submit(again);
    };
    CHECK(resend(1, 6).sends.empty());
    CHECK(is_refused(resend(2, 5), Errc::TooManyJobs, "payload_bytes_total_max"));
    CHECK(resend(2, 4).sends.empty());
    CHECK(resend(3, 0).sends.empty());
    CHECK(is_refused(resend(4, 0), Errc::TooManyJobs, "in_flight_max"));
    CHECK(sent<JobTaken>(broker.wait(5s)).size() == 3);
    CHECK(broker.core.counters().accepted == 3);
}

}  // namespace steward::core::test
