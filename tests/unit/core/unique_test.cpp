// Unique keys: what becomes of a submission whose key is taken, and while which states it is.
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using base::Errc;
using model::JobState;
using model::OnDuplicate;
using model::UniqueScope;
using model::Verdict;

namespace {

Call keyed(std::string params = "p", OnDuplicate way = OnDuplicate::Drop) {
    Call call;
    call.params = std::move(params);
    call.options.unique = "k";
    call.options.on_duplicate = way;
    return call;
}

Call sync(Call call) {
    call.options.sync = true;
    return call;
}

bool is_duplicate(const Effects& effects) {
    const auto receipts = sent<JobTaken>(effects);
    REQUIRE(receipts.size() == 1);
    return receipts.front().second->is_duplicate;
}

}  // namespace

TEST_CASE("unique: with drop a second submission gets the first id and changes nothing") {
    Broker broker(patient_knowing({"X"}));
    const model::JobId first = taken_id(broker.submit(keyed("first")));
    CHECK_FALSE(is_duplicate(broker.effects));
    const Effects& effects = broker.submit(keyed("second"));
    CHECK(taken_id(effects) == first);
    CHECK(is_duplicate(effects));
    CHECK(events(effects) == std::vector{model::EventKind::Deduplicated});
    CHECK(effects.appends.empty());
    CHECK(status(broker, first).job.params.bytes.view() == "first");
    CHECK(broker.core.counters().accepted == 1);
    CHECK(broker.core.counters().deduplicated == 1);
}

TEST_CASE("unique: a duplicate's receipt waits for the record of the first, too") {
    Broker broker(patient_knowing({"X"}));
    broker.submit(keyed());
    const Seq first = broker.effects.appends.front().seq;
    broker.submit(keyed());
    CHECK(broker.effects.sends.front().after >= first);
}

TEST_CASE("unique: a sync client whose key is taken is refused with drop, and told the first id") {
    Broker broker(patient_knowing({"X"}));
    const model::JobId first = taken_id(broker.submit(keyed()));
    CHECK(refused_with(broker.submit(sync(keyed()))) == Errc::Duplicate);
    CHECK(sent<Refused>(broker.effects).front().second->error.message.find(first.text()) !=
          std::string::npos);
}

TEST_CASE("unique: attached sync clients get the first job's parts, progress and result") {
    Broker broker(patient_knowing({"X"}));
    broker.facts_tell_all = false;
    broker.submit(sync(keyed()).with([](auto& o) { o.durable = true; }));
    Call second = sync(keyed("p", OnDuplicate::Attach));
    second.peer = 101;
    CHECK(broker.submit(second).sends.empty());
    Call third = second;
    third.peer = 102;
    broker.submit(third);
    const auto job = only_assign(broker.ready(1, {"X"}));

    Partial part;
    part.from = Peer{1};
    part.attempt = job.second;
    CHECK(sent<JobPartial>(broker.apply(part)).size() == 3);
    Progress progress;
    progress.from = Peer{1};
    progress.attempt = job.second;
    CHECK(sent<JobProgress>(broker.apply(progress)).size() == 3);

    std::vector<std::uint64_t> told;
    for (const auto& [to, result] : sent<JobResult>(broker.finish(1, job.second))) {
        CHECK(result->state == JobState::Succeeded);
        CHECK(result->result.bytes.view() == "r");
        told.push_back(to.peer.value);
    }
    std::ranges::sort(told);
    CHECK(told == std::vector<std::uint64_t>{100, 101, 102});
    CHECK(broker.core.counters().started == 1);
}

TEST_CASE("unique: attach joins a job that runs, and hears its failure as well") {
    Broker broker(patient_knowing({"X"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(keyed()));
    broker.submit(sync(keyed("p", OnDuplicate::Attach)));
    const auto results = sent<JobResult>(broker.finish(1, job.second, Verdict::FailedForGood));
    REQUIRE(results.size() == 1);
    CHECK(results.front().second->state == JobState::Dead);
    CHECK(results.front().second->text == "broke");
}

TEST_CASE("unique: an attached call that is resent is answered at its new address, once") {
    Broker broker(patient_knowing({"X"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(keyed()));
    Call call = sync(keyed("p", OnDuplicate::Attach));
    call.number = 50;
    broker.submit(call);
    call.again = true;
    call.peer = 105;
    CHECK(broker.submit(call).sends.empty());
    const auto results = sent<JobResult>(broker.finish(1, job.second));
    REQUIRE(results.size() == 1);
    CHECK(results.front().first.peer == Peer{105});
    call.peer = 106;
    const auto again = sent<JobResult>(broker.submit(call));
    REQUIRE(again.size() == 1);
    CHECK(again.front().second->job == job.second.job);
    CHECK(broker.core.counters().accepted == 1);
}

TEST_CASE("unique: an async duplicate that waits gets the result in time, else the first id") {
    Broker broker(patient_knowing({"X"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(keyed()));
    const Call waiting = keyed().with([](auto& o) { o.wait = 1s; });
    CHECK(broker.submit(waiting).sends.empty());
    CHECK(taken_id(broker.wait(1s)) == job.second.job);
    CHECK(is_duplicate(broker.effects));
    broker.submit(waiting);
    CHECK(sent<JobResult>(broker.finish(1, job.second)).size() == 1);
}

TEST_CASE("unique: with replace the waiting job takes the new params and keeps its place") {
    Broker broker(patient_knowing({"X"}));
    const model::JobId first = taken_id(broker.submit(keyed("old")));
    Call other;
    other.params = "other";
    broker.submit(other);
    CHECK(taken_id(broker.submit(keyed("new", OnDuplicate::Replace))) == first);
    CHECK(is_duplicate(broker.effects));
    REQUIRE(broker.effects.appends.size() == 1);
    CHECK(std::holds_alternative<JobEdited>(broker.effects.appends.front().record));
    CHECK(sent<JobTaken>(broker.effects).size() == 1);
    CHECK(broker.effects.sends.front().after == broker.effects.appends.front().seq);
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "newother");
}

TEST_CASE("unique: replace works on delayed and blocked jobs as well, and is kept") {
    Broker broker(patient_knowing({"X"}));
    Call parent;
    parent.params = "parent";
    const model::JobId first = taken_id(broker.submit(parent));
    broker.submit(keyed("old").with([&](auto& o) { o.after = {first}; }));
    broker.submit(keyed("new", OnDuplicate::Replace));
    Call delayed = keyed("old").with([](auto& o) {
        o.unique = "other";
        o.delay = 1min;
    });
    const model::JobId second = taken_id(broker.submit(delayed));
    delayed.params = "newer";
    delayed.options.on_duplicate = OnDuplicate::Replace;
    delayed.options.delay.reset();
    broker.submit(delayed);
    CHECK(state_of(broker, second) == JobState::Scheduled);  // its options are the first's
    check_restores(broker);
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "parentnew");
    broker.wait(1min);
    CHECK(work_off(broker, 1) == "newer");
}

TEST_CASE("unique: what runs cannot be replaced any more") {
    Broker broker(patient_knowing({"X"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(keyed("old")));
    CHECK(refused_with(broker.submit(keyed("new", OnDuplicate::Replace))) == Errc::Duplicate);
    broker.finish(1, job.second, Verdict::Failed);
    CHECK(taken_id(broker.submit(keyed("new", OnDuplicate::Replace))) == job.second.job);
    broker.wait(10s);
    CHECK(work_off(broker, 1) == "new");
}

TEST_CASE("unique: replaced params are held to the bound on the params of all jobs") {
    Policy policy = patient_knowing({"X"});
    policy.limits.payload_bytes_total_max = 10;
    Broker broker(policy);
    broker.submit(keyed("12345"));
    CHECK(taken_id(broker.submit(keyed("1234567890", OnDuplicate::Replace))).number == 1);
    CHECK(refused_with(broker.submit(keyed("12345678901", OnDuplicate::Replace))) ==
          Errc::TooManyJobs);
    CHECK(taken_id(broker.submit(keyed("", OnDuplicate::Replace))).number == 1);
}

TEST_CASE("unique: a durable submission does not become a job that is not") {
    Broker broker(patient_knowing({"X"}));
    broker.facts_tell_all = false;
    broker.submit(sync(keyed()));
    CHECK(refused_with(broker.submit(keyed())) == Errc::Duplicate);
    const Call lax = keyed().with([](auto& o) { o.durable = false; });
    CHECK(is_duplicate(broker.submit(lax)));
}

TEST_CASE("unique: with the scope running the key is taken until the job ends") {
    Broker broker(patient_knowing({"X"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(keyed()));
    CHECK(is_duplicate(broker.submit(keyed())));
    broker.finish(1, job.second, Verdict::Failed);
    CHECK(is_duplicate(broker.submit(keyed())));
    broker.finish(1, only_assign(broker.wait(10s)).second);
    CHECK_FALSE(is_duplicate(broker.submit(keyed())));
}

TEST_CASE("unique: with the scope waiting the key is free once the job runs") {
    Broker broker(patient_knowing({"X"}));
    const Call call = keyed().with([](auto& o) { o.unique_scope = UniqueScope::Waiting; });
    broker.submit(call);
    CHECK(is_duplicate(broker.submit(call)));
    const auto first = only_assign(broker.ready(1, {"X"}));
    const model::JobId second = taken_id(broker.submit(call));
    CHECK(second != first.second.job);
    CHECK(taken_id(broker.submit(call)) == second);
    // One that has to wait again takes it only if nobody else has it.
    broker.finish(1, first.second, Verdict::Failed);
    CHECK(sent<Assign>(broker.effects).size() == 1);  // the second runs
    CHECK(taken_id(broker.submit(call)).number == 3);
    broker.wait(10s);
    CHECK(taken_id(broker.submit(call)).number == 3);
}

TEST_CASE("unique: one that waits again has its key again") {
    Broker broker(patient_knowing({"X"}));
    const Call call = keyed().with([](auto& o) { o.unique_scope = UniqueScope::Waiting; });
    broker.ready(1, {"X"});
    const auto first = only_assign(broker.submit(call));
    broker.apply(PeerLost{Peer{1}});
    CHECK(taken_id(broker.submit(call)) == first.second.job);
    CHECK(is_duplicate(broker.effects));
}

TEST_CASE("unique: a key that another took while the job ran stays the other's over a restart") {
    Broker broker(patient_knowing({"X"}));
    const Call call = keyed().with([](auto& o) { o.unique_scope = UniqueScope::Waiting; });
    broker.ready(1, {"X"});
    const auto first = only_assign(broker.submit(call));
    const model::JobId second = taken_id(broker.submit(call));
    const auto core = restored(broker);
    Submit third;
    third.from = at(100, 99);
    third.spec = {service("X"), {}, call.options};
    // The first is waiting for its worker: whoever submits now joins the second.
    Effects effects;
    core->apply(broker.now, std::move(third), effects);
    CHECK(taken_id(effects) == second);
    CHECK(first.second.job != second);
}

TEST_CASE("unique: an adopted job with the scope waiting does not have its key") {
    Broker broker(patient_knowing({"X"}));
    const Call call = keyed().with([](auto& o) { o.unique_scope = UniqueScope::Waiting; });
    broker.ready(1, {"X"});
    const auto first = only_assign(broker.submit(call));
    broker.apply(PeerLost{Peer{1}});
    Ready back;
    back.from = at(2);
    back.services = {service("X")};
    back.beats_while_busy = true;
    back.running = {{first.second, {7, 1}, service("X")}};
    broker.apply(back);
    CHECK_FALSE(is_duplicate(broker.submit(call)));
}

TEST_CASE("unique: a key belongs to its service and channel") {
    Policy policy = patient_knowing({"X"});
    policy.services.push_back({"Y", {}, 0});
    Broker broker(policy);
    broker.submit(keyed());
    Call other = keyed();
    other.name = "Y";
    CHECK_FALSE(is_duplicate(broker.submit(other)));
    const Call gpu = keyed().with([](auto& o) { o.channel = "gpu"; });
    CHECK_FALSE(is_duplicate(broker.submit(gpu)));
    CHECK(is_duplicate(broker.submit(gpu)));
    CHECK(is_duplicate(broker.submit(keyed().with([](auto& o) { o.channel = "default"; }))));
}

TEST_CASE("unique: params as the key are compared byte by byte, with their encoding") {
    Broker broker(patient_knowing({"X"}));
    const auto by_params = [&](std::string params, model::Encoding encoding) -> Effects& {
        Submit submit;
        submit.from = at(100, ++broker.numbers);
        submit.spec = {service("X"), {encoding, base::Blob::copy(params)}, {}};
        submit.spec.options.unique_params = true;
        return broker.apply(std::move(submit));
    };
    CHECK_FALSE(is_duplicate(by_params("1", model::Encoding::Json)));
    CHECK(is_duplicate(by_params("1", model::Encoding::Json)));
    CHECK_FALSE(is_duplicate(by_params("1 ", model::Encoding::Json)));
    CHECK_FALSE(is_duplicate(by_params("1", model::Encoding::Msgpack)));
    CHECK_FALSE(is_duplicate(by_params("", model::Encoding::Absent)));
    CHECK(is_duplicate(by_params("", model::Encoding::Absent)));
    // A key that reads like the params is another.
    Call call = keyed();
    call.options.unique = "1";
    CHECK_FALSE(is_duplicate(broker.submit(call)));
}

TEST_CASE("unique: replacing equal params changes nothing") {
    Broker broker(patient_knowing({"X"}));
    Call call;
    call.options.unique_params = true;
    broker.submit(call);
    call.options.on_duplicate = OnDuplicate::Replace;
    CHECK(is_duplicate(broker.submit(call)));
    CHECK(broker.effects.appends.empty());
}

TEST_CASE("unique: a duplicate is answered even when there is room for no further job") {
    Policy policy = patient_knowing({"X"});
    policy.limits.jobs_max = 1;
    Broker broker(policy);
    broker.submit(keyed());
    CHECK(is_duplicate(broker.submit(keyed())));
    CHECK(refused_with(broker.submit(Call{})) == Errc::TooManyJobs);
}

TEST_CASE("unique: a resent duplicate gets the first id again, also after the first has ended") {
    Broker broker(patient_knowing({"X"}));
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(keyed()));
    Call second = keyed();
    second.number = 50;
    broker.submit(second);
    second.again = true;
    CHECK(taken_id(broker.submit(second)) == job.second.job);
    CHECK(is_duplicate(broker.effects));
    broker.finish(1, job.second);
    CHECK(taken_id(broker.submit(second)) == job.second.job);
    CHECK(broker.core.counters().accepted == 1);
}

TEST_CASE("unique: a job of which only the worker knows has no key until its client comes") {
    Broker broker(patient_knowing({"X"}));
    const model::Attempt attempt{{1, 5}, 1};
    Ready back;
    back.from = at(1);
    back.services = {service("X")};
    back.beats_while_busy = true;
    back.running = {{attempt, {7, 4}, service("X")}};
    broker.apply(back);
    CHECK_FALSE(is_duplicate(broker.submit(keyed())));
}
