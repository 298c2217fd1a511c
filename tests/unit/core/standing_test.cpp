// tests: what a checkpoint tells beyond what listings show: submissions and what becomes of time.
#include "tests/unit/core/core_fixture.hpp"

namespace steward::core::test {
namespace {

std::vector<Record> checkpoint_of(const Broker& broker) {
    std::vector<Record> facts;
    const auto done = broker.core.write_facts([&](const Record& fact) -> base::Expected<void> {
        facts.push_back(fact);
        return {};
    });
    REQUIRE(done.has_value());
    return facts;
}

std::unique_ptr<Core> begun_from(const Broker& broker, const std::vector<Record>& facts) {
    return broker.begun_from(facts, broker.policy);
}

// The job that a resend of this number is told of; nothing when it is taken for a new one.
std::optional<model::JobId> resent(Core& core, const Broker& broker, std::uint64_t number) {
    Submit again;
    again.from = at(100, number);
    again.submission = {7, number};
    again.again = true;
    again.spec = {service("X"), {model::Encoding::Opaque, base::Blob::copy("p")}, {}};
    Effects effects;
    core.apply(broker.now, std::move(again), effects);
    const bool is_new = std::ranges::any_of(effects.appends, [](const Append& append) {
        return std::holds_alternative<JobAccepted>(append.record);
    });
    const auto taken = sent<JobTaken>(effects);
    return is_new || taken.empty() ? std::nullopt : std::optional(taken.front().second->job);
}

model::JobId taken_by(const Effects& effects) {
    const auto taken = sent<JobTaken>(effects);
    REQUIRE(taken.size() == 1);
    return taken.front().second->job;
}

}  // namespace

TEST_CASE(
    "standing: a resend after a restart is the same job, waiting or ended, however late in "
    "its session") {
    for (const std::uint64_t first : {1UL, 70'000UL, 5'000'000UL}) {
        CAPTURE(first);
        Broker broker(patient());
        broker.ready(1, {"X"});
        Call call;
        call.number = first;
        const model::JobId ended = taken_by(broker.submit(call));
        broker.finish(1, {ended, 1});
        call.number = first + 1;
        const model::JobId runs = taken_by(broker.submit(call));
        call.number = first + 2;
        const model::JobId waits = taken_by(broker.submit(call));
        for (const bool from_checkpoint : {false, true}) {
            CAPTURE(from_checkpoint);
            const auto core =
                begun_from(broker, from_checkpoint ? checkpoint_of(broker) : broker.journal);
            CHECK(resent(*core, broker, first) == ended);
            CHECK(resent(*core, broker, first + 1) == runs);
            CHECK(resent(*core, broker, first + 2) == waits);
            CHECK(resent(*core, broker, first + 3) == std::nullopt);
        }
    }
}

TEST_CASE("standing: a second checkpoint, made after a restart, tells the same as the first") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 2);
    Call call;
    for (int i = 0; i < 20; ++i) {
        broker.submit(call.with([&](model::JobOptions& options) {
            options.priority = i % 3;
            if (i % 4 == 1) {
                options.delay = 1h * i;
            }
            if (i % 5 == 1) {
                options.group = "g" + std::to_string(i % 2);
                options.group_limit = 1;
            }
            if (i % 7 == 1) {
                options.unique = "key" + std::to_string(i);
                options.expires_in = 9h;
            }
        }));
    }
    const auto first = checkpoint_of(broker);
    const auto core = begun_from(broker, first);
    std::vector<Record> second;
    REQUIRE(core->write_facts([&](const Record& fact) -> base::Expected<void> {
        second.push_back(fact);
        return {};
    }));
    REQUIRE(first.size() == second.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
        const auto* stands = std::get_if<JobStands>(&first[i]);
        if (stands == nullptr) {
            CHECK((first[i] == second[i]));
            continue;
        }
        // What ran waits now for its worker, and what was due waits as long.
        const auto& now = std::get<JobStands>(second[i]);
        CHECK(now.id == stands->id);
        CHECK(now.attempt == stands->attempt);
        CHECK(now.expires == stands->expires);
        CHECK((now.due == stands->due || now.due == broker.now.wall + broker.policy.settle));
    }
}

TEST_CASE(
    "standing: a job still waits for another after a checkpoint whose clock had been set back") {
    Broker broker(patient());
    const auto accepted = [](const model::JobId& id, std::vector<model::JobId> after) {
        JobAccepted fact;
        fact.id = id;
        fact.at = kStart.wall;
        fact.spec = {service("X"), {model::Encoding::Opaque, base::Blob::copy("p")}, {}};
        fact.spec.options.durable = true;
        fact.spec.options.after = std::move(after);
        return fact;
    };
    const model::JobId first{9, 1};
    const model::JobId second{5, 1};
    const model::JobId third{1, 1};
    for (Record fact :
         {accepted(first, {}), accepted(second, {first}), accepted(third, {second})}) {
        broker.journal.emplace_back(std::move(fact));
    }
    broker.facts_tell_all = false;  // facts of runs before this one
    std::vector<Record> facts;
    REQUIRE(begun_from(broker, broker.journal)
                ->write_facts([&](const Record& fact) -> base::Expected<void> {
                    facts.push_back(fact);
                    return {};
                }));
    for (const model::JobId& id : {first, second}) {
        facts.emplace_back(AttemptStarted{{id, 1}, kStart.wall});
        facts.emplace_back(JobEnded{id, model::JobState::Succeeded, kStart.wall, {}, {}, 0, 0});
    }
    const auto core = begun_from(broker, facts);
    Effects effects;
    core->apply({kStart.mono + 1h, kStart.wall + 1h}, Tick{}, effects);
    Query query;
    query.from = at(kOperator);
    query.kind = QueryKind::Status;
    query.which = only_job(third);
    core->apply({kStart.mono + 1h, kStart.wall + 1h}, query, effects);
    const auto answers = sent<Answer>(effects);
    REQUIRE(answers.size() == 1);
    CHECK(std::get<model::StatusReport>(*answers.front().second->report).job.state ==
          model::JobState::Ready);
}

TEST_CASE("standing: no id is given again, though the clock shows an earlier run's start again") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    Call call;
    const model::JobId ended = taken_by(broker.submit(call));
    broker.finish(1, {ended, 1});
    const std::uint64_t first = broker.core.epoch();
    REQUIRE(ended.epoch == first);
    for (const bool from_checkpoint : {false, true}) {
        CAPTURE(from_checkpoint);
        Core core(broker.policy, kStart, 2);
        for (const Record& fact : from_checkpoint ? checkpoint_of(broker) : broker.journal) {
            REQUIRE(core.restore(fact));
        }
        CHECK(core.epoch() != first);
        CHECK(core.epoch() % 65'536 == first % 65'536);  // the broker's own
        JobAccepted next;
        next.id = {core.epoch(), 1};
        next.at = kStart.wall;
        next.spec = {service("X"), {}, {}};
        REQUIRE(core.restore(next));
        CHECK(core.epoch() != first);
        CHECK(core.epoch() != next.id.epoch);
    }
}

TEST_CASE("standing: a retried dead letter still waits for another dead letter") {
    Policy policy = patient();
    policy.services.push_back({"X", {}, 0});
    Broker broker(policy);
    Call call;
    const model::JobId first = taken_by(broker.submit(call));
    const model::JobId second =
        taken_by(broker.submit(call.with([&](auto& options) { options.after = {first}; })));
    broker.ready(1, {"X"});
    broker.finish(1, {first, 1}, model::Verdict::FailedForGood);
    broker.operate(RetryDead{only_job(second), 0});
    REQUIRE(state_of(broker, second) == model::JobState::Blocked);
    const auto core = begun_from(broker, checkpoint_of(broker));
    const base::Now later{broker.now.mono + 1h, broker.now.wall + 1h};
    const auto state = [&] {
        Query query;
        query.from = at(kOperator);
        query.kind = QueryKind::Status;
        query.which = only_job(second);
        Effects effects;
        core->apply(later, query, effects);
        const auto answers = sent<Answer>(effects);
        REQUIRE(answers.size() == 1);
        return std::get<model::StatusReport>(*answers.front().second->report).job.state;
    };
    CHECK(state() == model::JobState::Blocked);
    Effects effects;
    core->apply(later, Operator{at(kOperator), DiscardDead{only_job(first), 0}}, effects);
    CHECK(state() == model::JobState::Dead);
}

TEST_CASE("standing: results are kept as long as they would have been, and no longer") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    Call call;
    const model::JobId job = taken_by(
        broker.submit(call.with([](model::JobOptions& options) { options.result_ttl = 10s; })));
    broker.finish(1, {job, 1});
    broker.wait(4s);
    const auto core = begun_from(broker, checkpoint_of(broker));
    const auto result_after = [&](base::Duration more) {
        Effects effects;
        core->apply({broker.now.mono + more, broker.now.wall + more},
                    Await{at(kOperator), job, {}},
                    effects);
        return sent<JobResult>(effects).size();
    };
    CHECK(result_after(5s) == 1);
    CHECK(result_after(7s) == 0);
}

}  // namespace steward::core::test
