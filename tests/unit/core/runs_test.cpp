// tests/unit/core: a run does what each of its submissions, or ends, would do in turn.
#include <numeric>

#include "broker/core/appends.hpp"
#include "common/base/prng.hpp"
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using base::Errc;

namespace {

SubmitRun run_of(const std::vector<std::uint64_t>& numbers, const model::JobOptions& options = {}) {
    SubmitRun run;
    run.from = at(100);
    run.session = 7;
    run.service = service("X");
    run.options = options;
    for (const std::uint64_t number : numbers) {
        run.jobs.push_back(
            {number, {model::Encoding::Opaque, base::Blob::copy("p" + std::to_string(number))}});
    }
    return run;
}

void submit_each(Broker& broker, const SubmitRun& run, Effects& all) {
    model::ServiceName name = run.service;
    for (const SubmitRun::One& one : run.jobs) {
        name = one.service.view().empty() ? name : one.service;
        Submit submit;
        submit.from = at(run.from.peer.value, one.number);
        submit.submission = {run.session, one.number};
        submit.unknown = run.unknown;
        submit.spec = {name, one.params, run.options};
        Effects& effects = broker.apply(std::move(submit));
        std::ranges::move(effects.sends, std::back_inserter(all.sends));
        std::ranges::move(effects.appends, std::back_inserter(all.appends));
        std::ranges::move(effects.announces, std::back_inserter(all.announces));
    }
}

// What one peer is told, in words and in order.
std::vector<std::string> told(const Effects& effects, std::uint64_t peer) {
    std::vector<std::string> words;
    const auto taken = [&](std::uint64_t number, const model::JobId& job) {
        words.push_back("taken " + std::to_string(number) + " " + job.text());
    };
    for (const Send& send : effects.sends) {
        if (send.to.peer.value != peer) {
            continue;
        }
        if (const auto* one = std::get_if<JobTaken>(&send.what)) {
            taken(send.to.correlation, one->job);
        } else if (const auto* many = std::get_if<JobsTaken>(&send.what)) {
            for (std::uint64_t i = 0; i < many->count; ++i) {
                taken(send.to.correlation + i, {many->first.epoch, many->first.number + i});
            }
        } else if (const auto* assign = std::get_if<Assign>(&send.what)) {
            words.push_back("assign " + assign->attempt.job.text() + " " +
                            std::string(assign->service.view()) + " " +
                            std::string(assign->params.bytes.view()) + " " +
                            std::to_string(assign->submission.number));
        } else if (const auto* result = std::get_if<JobResult>(&send.what)) {
            words.push_back("result " + std::to_string(send.to.correlation) + " " +
                            std::string(result->result.bytes.view()));
        } else if (const auto* refused = std::get_if<Refused>(&send.what)) {
            words.push_back("refused " + std::to_string(send.to.correlation) + " " +
                            std::string(base::name_of(refused->error.code)));
        } else {
            words.push_back("message " + std::to_string(send.what.index()));
        }
    }
    return words;
}

// One by one and by their jobs, each job's in order: a run tells of all that were accepted first.
std::vector<std::pair<model::JobId, Record>> facts(const Effects& effects) {
    std::vector<std::pair<model::JobId, Record>> all;
    const auto take = [&](Record&& fact) -> base::Expected<void> {
        model::JobId job;
        if (const auto* accepted = std::get_if<JobAccepted>(&fact)) {
            job = accepted->id;
        } else if (const auto* started = std::get_if<AttemptStarted>(&fact)) {
            job = started->attempt.job;
        } else if (const auto* ended = std::get_if<JobEnded>(&fact)) {
            job = ended->id;
        }
        all.emplace_back(job, std::move(fact));
        return {};
    };
    for (const Append& append : effects.appends) {
        REQUIRE(each_fact(Record(append.record), take));
    }
    std::ranges::stable_sort(all, {}, [](const auto& one) { return one.first; });
    return all;
}

std::vector<model::Attempt> given(const Effects& effects, std::uint64_t worker) {
    std::vector<model::Attempt> attempts;
    for (const auto& [to, assign] : sent<Assign>(effects)) {
        if (to.peer.value == worker) {
            attempts.push_back(assign->attempt);
        }
    }
    return attempts;
}

model::JobOptions random_options(base::Prng& chance) {
    model::JobOptions options;
    options.sync = chance.below(4) == 0;
    switch (chance.below(12)) {
        case 0: options.priority = 9; break;
        case 1: options.channel = "c"; break;
        case 2: options.context = "of all"; break;
        case 3: options.delay = 1s; break;
        case 4: options.group = "g"; break;
        case 5: options.expires_in = 10s; break;
        case 6: options.result_ttl = 0s; break;
        case 7: options.unique_params = true; break;
        default: break;
    }
    if (options.sync) {
        options.result_ttl.reset();
        options.unique_params = false;
    } else if (chance.below(2) == 0) {
        options.durable = false;
    }
    return options;
}

// Now and then another service, one of them unknown, one the broker's own.
void spread(SubmitRun& run, base::Prng& chance) {
    const std::uint64_t often = chance.below(3);
    for (SubmitRun::One& one : run.jobs) {
        if (chance.below(4) < often) {
            const std::array names{"X", "Y", "Z", "W", "unknown", "mmi.none"};
            one.service = service(names[chance.below(names.size())]);
        }
    }
}

}  // namespace

TEST_CASE("runs: a run is answered, told, written and given out like each in turn") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        base::Prng chance(seed);
        Policy policy = patient_knowing({"X", "Y", "Z", "W"});
        policy.services[1].defaults.priority = 3;
        policy.services[2].defaults.group = "of Z";
        policy.services[3].jobs_max = 2;
        policy.ahead = 0s;
        policy.limits.jobs_max = 5 + chance.below(60);
        policy.limits.in_flight_max = 8 + chance.below(60);
        policy.limits.history_jobs_max = chance.below(6);
        Broker together(policy);
        Broker apart(policy);
        for (Broker* broker : {&together, &apart}) {
            broker->facts_tell_all = false;
            broker->ready(1, {"X", "Y", "Z"}, static_cast<std::uint32_t>(1 + seed % 5));
            broker->ready(2, {"X", "W"}, static_cast<std::uint32_t>(1 + seed % 2));
        }
        std::uint64_t number = 0;
        std::array<std::vector<model::Attempt>, 3> held;
        const auto take_given = [&](const Effects& effects) {
            for (std::uint64_t worker : {1U, 2U}) {
                for (const model::Attempt& attempt : given(effects, worker)) {
                    held[worker].push_back(attempt);
                }
            }
        };
        for (int step = 0; step < 16; ++step) {
            CAPTURE(seed);
            CAPTURE(step);
            Effects each;
            if (chance.below(2) == 0) {
                std::vector<std::uint64_t> numbers;
                const std::uint64_t jobs = 1 + chance.below(9);
                for (std::uint64_t i = 0; i < jobs; ++i) {
                    // Mostly the next; now and then a gap, or one that was there.
                    const std::uint64_t odd = chance.below(12);
                    number += odd == 0 ? 2 : 1;
                    numbers.push_back(odd == 1 && number > 3 ? number - 3 : number);
                }
                SubmitRun run = run_of(numbers, random_options(chance));
                spread(run, chance);
                submit_each(apart, run, each);
                together.apply(run);
            } else {
                const std::uint64_t worker = 1 + chance.below(2);
                FinishRun run{Peer{worker}, 0, {}};
                const std::size_t ends = chance.below(held[worker].size() + 1);
                if (ends == 0) {
                    continue;
                }
                for (std::size_t i = 0; i < ends; ++i) {
                    const std::size_t at =
                        chance.below(4) == 0 ? chance.below(held[worker].size()) : 0;
                    run.attempts.push_back(
                        {held[worker][at], 1ms, {model::Encoding::Opaque, base::Blob::copy("r")}});
                    held[worker].erase(held[worker].begin() + static_cast<std::ptrdiff_t>(at));
                    if (chance.below(8) == 0) {  // and one that has ended long ago
                        run.attempts.push_back({{{1, 1'000'000}, 1}, 1ms, {}});
                    }
                }
                for (const FinishRun::One& one : run.attempts) {
                    Effects& effects = apart.finish(worker, one.attempt);
                    std::ranges::move(effects.sends, std::back_inserter(each.sends));
                    std::ranges::move(effects.appends, std::back_inserter(each.appends));
                    std::ranges::move(effects.announces, std::back_inserter(each.announces));
                }
                together.apply(run);
            }
            take_given(together.effects);
            for (const std::uint64_t peer : {1U, 2U, 100U}) {
                CHECK(told(together.effects, peer) == told(each, peer));
            }
            CHECK(together.effects.announces.size() == each.announces.size());
            CHECK(facts(together.effects) == facts(each));
            if (chance.below(4) == 0) {
                const Acknowledge acknowledge{7, number - std::min<std::uint64_t>(number, 4)};
                together.apply(acknowledge);
                apart.apply(acknowledge);
            }
            together.wait(100ms);
            take_given(together.effects);
            apart.wait(100ms);
            CHECK(told(together.effects, 100) == told(apart.effects, 100));
        }
        const auto history = [](Broker& broker) {
            std::vector<std::string> rows;
            for (const model::JobRow& row :
                 ask<model::JobReport>(broker, QueryKind::History).rows) {
                rows.push_back(row.id.text() + " " + std::string(row.params.bytes.view()));
            }
            std::ranges::sort(rows);
            return rows;
        };
        CHECK(history(together) == history(apart));
        CHECK(together.core.counters().accepted == apart.core.counters().accepted);
        CHECK(together.core.counters().succeeded == apart.core.counters().succeeded);
    }
}

TEST_CASE("runs: receipts of neighbouring numbers are one message, after the last one's record") {
    Broker broker(patient_knowing({"X"}));
    const Effects& effects = broker.apply(run_of({1, 2, 3, 7, 8}));
    const auto taken = sent<JobsTaken>(effects);
    REQUIRE(taken.size() == 2);
    CHECK(taken[0].first.correlation == 1);
    CHECK(taken[0].second->count == 3);
    CHECK(taken[1].first.correlation == 7);
    CHECK(taken[1].second->count == 2);
    REQUIRE(effects.appends.size() == 1);
    CHECK(effects.sends[0].after == effects.appends[0].seq);
    CHECK(effects.sends[1].after == effects.appends[0].seq);
}

TEST_CASE("runs: what they leave for the journal is three records") {
    Broker broker(patient_knowing({"X"}));
    broker.ready(1, {"X"}, 8);
    const Effects& submitted = broker.apply(run_of({1, 2, 3}));
    REQUIRE(submitted.appends.size() == 2);
    const auto& accepted = std::get<JobsAccepted>(submitted.appends[0].record);
    CHECK(accepted.jobs.size() == 3);
    CHECK(accepted.jobs[2].submission == 3);
    CHECK(accepted.jobs[2].params.bytes.view() == "p3");
    CHECK(std::get<AttemptsStarted>(submitted.appends[1].record).attempts.size() == 3);

    FinishRun run;
    run.from = Peer{1};
    for (const model::Attempt& attempt : given(submitted, 1)) {
        FinishRun::One& one = run.attempts.emplace_back();
        one.attempt = attempt;
        one.result = {model::Encoding::Opaque, base::Blob::copy("r")};
    }
    const Effects& ended = broker.apply(run);
    REQUIRE(ended.appends.size() == 1);
    CHECK(ended.appends[0].settles == 0);
    const auto& succeeded = std::get<JobsSucceeded>(ended.appends[0].record);
    CHECK(succeeded.jobs.size() == 3);
    CHECK(succeeded.jobs[0].result.bytes.view() == "r");
}

TEST_CASE(
    "runs: jobs of many services are one receipt, and a record for each service's neighbours") {
    Broker broker(patient_knowing({"X", "Y"}));
    SubmitRun run = run_of({1, 2, 3, 4});
    run.jobs[1].service = service("Y");
    run.jobs[3].service = service("X");
    const Effects& effects = broker.apply(run);
    const auto taken = sent<JobsTaken>(effects);
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].second->count == 4);
    REQUIRE(effects.appends.size() == 3);
    CHECK(std::get<JobAccepted>(effects.appends[0].record).spec.service == service("X"));
    const auto& two = std::get<JobsAccepted>(effects.appends[1].record);
    CHECK(two.service == service("Y"));
    CHECK(two.jobs.size() == 2);
    CHECK(std::get<JobAccepted>(effects.appends[2].record).spec.service == service("X"));
    CHECK(effects.sends[0].after == effects.appends[2].seq);
}

TEST_CASE("runs: a job with more than a few bytes has records of its own, between its neighbours") {
    for (const bool is_larger : {false, true}) {
        CAPTURE(is_larger);
        Broker broker(patient_knowing({"X"}));
        SubmitRun run = run_of({1, 2, 3});
        run.jobs[1].params.bytes =
            base::Blob::copy(std::string(Appends::kNeighbourBytesMax + (is_larger ? 1 : 0), 'p'));
        const Effects& effects = broker.apply(run);
        REQUIRE(effects.appends.size() == (is_larger ? 3 : 1));
        CHECK(std::holds_alternative<JobsAccepted>(effects.appends.back().record));
        if (is_larger) {
            CHECK(std::holds_alternative<JobAccepted>(effects.appends[1].record));
        }
    }
}

TEST_CASE("runs: a record tells of so many neighbours and no more") {
    Broker broker(patient_knowing({"X"}));
    std::vector<std::uint64_t> numbers(Appends::kNeighboursMax + 1);
    std::iota(numbers.begin(), numbers.end(), 1U);
    const Effects& effects = broker.apply(run_of(numbers));
    REQUIRE(effects.appends.size() == 2);
    CHECK(std::get<JobsAccepted>(effects.appends[0].record).jobs.size() == Appends::kNeighboursMax);
    CHECK(std::get<JobsAccepted>(effects.appends[1].record).jobs.size() == 1);
}

TEST_CASE("runs: what one input said no later one adds to") {
    Broker broker(patient_knowing({"X"}));
    Effects both;
    for (const std::uint64_t first : {1U, 3U}) {
        broker.core.apply(broker.now, run_of({first, first + 1}), both);
    }
    CHECK(both.appends.size() == 2);
}

TEST_CASE("runs: a run up to a limit is taken, what is beyond it is refused one by one") {
    Policy policy = patient_knowing({"X"});
    SUBCASE("jobs_max") {
        policy.limits.jobs_max = 3;
    }
    SUBCASE("jobs_per_service_max") {
        policy.limits.jobs_per_service_max = 3;
    }
    SUBCASE("the service's own") {
        policy.services.front().jobs_max = 3;
    }
    SUBCASE("payload bytes") {
        policy.limits.payload_bytes_total_max = 7;
    }
    SUBCASE("in_flight_max") {
        policy.limits.in_flight_max = 3;
    }
    Broker broker(policy);
    const Effects& effects = broker.apply(run_of({1, 2, 3, 4, 5}));
    const auto taken = sent<JobsTaken>(effects);
    REQUIRE(taken.size() == 1);
    CHECK(taken[0].second->count == 3);
    const auto refused = sent<Refused>(effects);
    REQUIRE(refused.size() == 2);
    CHECK(refused[0].first.correlation == 4);
    CHECK(refused[1].first.correlation == 5);
}

TEST_CASE("runs: a run for a service that is unknown, or takes nothing, is refused one by one") {
    Broker broker;
    CHECK(sent<Refused>(broker.apply(run_of({1, 2}))).size() == 2);
    broker.ready(1, {"X"});
    broker.operate(SetModes{{{"X", Mode::Disabled}}});
    const auto refused = sent<Refused>(broker.apply(run_of({3, 4})));
    REQUIRE(refused.size() == 2);
    CHECK(refused[1].second->error.code == Errc::ServiceStopped);
}

TEST_CASE("runs: ends that a stranger tells of are late, and it is told to announce itself") {
    Broker broker;
    const FinishRun run{Peer{9}, 0, {{{{1, 1}, 1}, 1ms, {}}, {{{1, 2}, 1}, 1ms, {}}}};
    CHECK(sent<RegisterAgain>(broker.apply(run)).size() == 2);
    CHECK(broker.core.counters().late_results == 2);
}

TEST_CASE("runs: a worker that leaves is let go at the end of its last run") {
    Broker broker;
    broker.ready(1, {"X"}, 3);
    broker.apply(run_of({1, 2, 3}));
    FinishRun run{Peer{1}, 0, {}};
    for (const model::Attempt& attempt : given(broker.effects, 1)) {
        run.attempts.push_back({attempt, 1ms, {}});
    }
    REQUIRE(run.attempts.size() == 3);
    broker.apply(Goodbye{Peer{1}, true});
    CHECK(sent<Disconnect>(broker.apply(run)).size() == 1);
    CHECK(broker.core.counters().succeeded == 3);
}
