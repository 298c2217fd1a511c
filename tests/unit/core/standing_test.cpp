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
    auto core = std::make_unique<Core>(broker.policy, broker.now, 2);
    for (const Record& fact : facts) {
        const auto taken = core->restore(fact);
        REQUIRE(taken.has_value());
    }
    return core;
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
