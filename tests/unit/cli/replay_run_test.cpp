// tests: unfinished jobs given to a broker again.
#include "client/cli/replay_run.hpp"

#include <map>
#include <string>

#include <doctest/doctest.h>

namespace steward::cli {
namespace {

using namespace std::chrono_literals;
using Outcome = Replayed::Outcome;

model::JobId job_id(std::uint64_t number) {
    return {7, number};
}

UnfinishedJob lost(std::uint64_t number, std::vector<model::JobId> after = {}) {
    UnfinishedJob one;
    one.id = job_id(number);
    one.received_at = base::WallTime(100s);
    one.submission = {99, number};
    one.spec.service = model::ServiceName::parse("mail").value();
    one.spec.options.after = std::move(after);
    return one;
}

/// A broker that makes job n of epoch 7 into job n of epoch 8.
struct World {
    ReplayLog log;
    ReplayRules rules{false, false, base::WallTime(200s)};
    std::map<model::JobId, std::string> known;
    std::map<std::uint64_t, base::Error> refusals;  // by number
    std::vector<std::vector<client::Resubmit>> waves;
    std::map<model::JobId, Replayed> told;

    base::Expected<void> run(std::vector<UnfinishedJob> jobs) {
        const ReplayDoors doors{
            [&](const std::vector<model::JobId>& ids) {
                std::vector<std::optional<std::string>> states;
                for (const model::JobId& id : ids) {
                    states.push_back(known.contains(id) ? std::optional(known[id]) : std::nullopt);
                }
                return base::Expected<std::vector<std::optional<std::string>>>(states);
            },
            [&](std::vector<client::Resubmit> submits) {
                std::vector<base::Expected<client::Submitted>> results;
                for (const auto& one : submits) {
                    const std::uint64_t number = one.submission.number;
                    if (refusals.contains(number)) {
                        results.emplace_back(base::Unexpected(refusals[number]));
                    } else {
                        results.emplace_back(client::Submitted{{8, number}});
                    }
                }
                waves.push_back(std::move(submits));
                return base::Expected<std::vector<base::Expected<client::Submitted>>>(results);
            }};
        return replay(log, std::move(jobs), rules, doors, [&](const Replayed& one) {
            CHECK_FALSE(told.contains(one.job.id));
            told[one.job.id] = one;
        });
    }

    Outcome outcome(std::uint64_t number) { return told.at(job_id(number)).outcome; }
};

}  // namespace

TEST_CASE("Lost jobs are submitted under their own ids, those that are known are not") {
    World world;
    world.known[job_id(2)] = "active";
    REQUIRE(world.run({lost(1), lost(2), lost(3)}).has_value());
    REQUIRE(world.waves.size() == 1);
    REQUIRE(world.waves[0].size() == 2);
    CHECK(world.waves[0][0].submission == model::SubmissionId{99, 1});
    CHECK(world.waves[0][1].submission == model::SubmissionId{99, 3});
    CHECK(world.outcome(1) == Outcome::Resubmitted);
    CHECK(world.told.at(job_id(1)).as == model::JobId{8, 1});
    CHECK(world.outcome(2) == Outcome::Known);
    CHECK(world.told.at(job_id(2)).state == "active");
}

TEST_CASE("Nothing is asked when nothing is lost") {
    World world;
    CHECK(world.run({}).has_value());
    CHECK(world.waves.empty());
}

TEST_CASE("A dry run submits nothing, and still asks what is known") {
    World world;
    world.rules.is_dry_run = true;
    world.known[job_id(2)] = "ready";
    REQUIRE(world.run({lost(1), lost(2)}).has_value());
    CHECK(world.waves.empty());
    CHECK(world.outcome(1) == Outcome::Due);
    CHECK(world.outcome(2) == Outcome::Known);
}

TEST_CASE("Calls are left out unless they are wanted, and then nobody waits for them") {
    World world;
    auto call = lost(1);
    call.was_call = true;
    call.spec.options.sync = true;
    REQUIRE(world.run({call}).has_value());
    CHECK(world.outcome(1) == Outcome::Call);
    CHECK(world.waves.empty());
    World wanting;
    wanting.rules.takes_calls = true;
    REQUIRE(wanting.run({call}).has_value());
    CHECK_FALSE(wanting.waves.at(0).at(0).spec.options.sync);
}

TEST_CASE("What has expired meanwhile is left out") {
    World world;
    auto late = lost(1);
    late.spec.options.expires_in = 100s;
    REQUIRE(world.run({late}).has_value());
    CHECK(world.outcome(1) == Outcome::Expired);
}

TEST_CASE("A job comes after those it waits for, and waits for what they have become") {
    World world;
    REQUIRE(
        world.run({lost(3, {job_id(1), job_id(2)}), lost(2, {job_id(1)}), lost(1)}).has_value());
    REQUIRE(world.waves.size() == 3);
    CHECK(world.waves[0][0].submission.number == 1);
    CHECK(world.waves[1][0].submission.number == 2);
    CHECK(world.waves[1][0].spec.options.after == std::vector<model::JobId>{{8, 1}});
    CHECK(world.waves[2][0].spec.options.after == std::vector<model::JobId>{{8, 1}, {8, 2}});
}

TEST_CASE("What has succeeded is not waited for any more, all else is") {
    World world;
    world.log.read(nlohmann::json{{"event", "EXECUTE_COMPLETE"}, {"job", job_id(1).text()}}.dump());
    world.known[job_id(2)] = "active";
    REQUIRE(world.run({lost(2), lost(4, {job_id(1), job_id(2), job_id(3)})}).has_value());
    REQUIRE(world.waves.size() == 1);
    CHECK(world.waves[0][0].spec.options.after == std::vector<model::JobId>{job_id(2), job_id(3)});
}

TEST_CASE("Refusals and silence are told, and those that wait are still offered") {
    World world;
    world.refusals[1] = {base::Errc::UnknownService, "nobody", {}};
    world.refusals[2] = {base::Errc::Timeout, "silence", {}};
    REQUIRE(world.run({lost(1), lost(2), lost(3, {job_id(1)})}).has_value());
    CHECK(world.outcome(1) == Outcome::Refused);
    CHECK(world.told.at(job_id(1)).error.message == "nobody");
    CHECK(world.outcome(2) == Outcome::Unanswered);
    CHECK(world.outcome(3) == Outcome::Resubmitted);
    CHECK(world.waves.at(1).at(0).spec.options.after == std::vector<model::JobId>{job_id(1)});
}

TEST_CASE("Jobs that claim to wait for each other do not hold up the replay") {
    World world;
    REQUIRE(
        world.run({lost(1, {job_id(2)}), lost(2, {job_id(1)}), lost(3, {job_id(3)})}).has_value());
    CHECK(world.told.size() == 3);
}

}  // namespace steward::cli
