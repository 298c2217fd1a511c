// Who follows a job: what comes to him on the way to its end, from when on, and within which
// bounds.
#include "tests/unit/core/followers.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using base::Errc;
using model::Verdict;

TEST_CASE(
    "following: parts and progress come to who follows, under his number, and to nobody else") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    CHECK(broker.apply(follow(50, job.second.job)).sends.empty());
    broker.apply(Await{at(51, 51), job.second.job, 1h});

    const auto parts = sent<JobPartial>(part(broker, job.second, "[1]"));
    REQUIRE(parts.size() == 1);
    CHECK(parts.front().first == at(50, 50));
    CHECK(parts.front().second->data.bytes.view() == "[1]");
    const auto steps = sent<JobProgress>(report(broker, job.second, 3));
    REQUIRE(steps.size() == 1);
    CHECK(steps.front().first == at(50, 50));
    CHECK(steps.front().second->text == "step 3");

    CHECK(sent<JobResult>(broker.finish(1, job.second)).size() == 2);
    CHECK(part(broker, job.second, "[2]").sends.empty());
}

TEST_CASE("following: who comes late hears what was said so far, then how far the job is") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    part(broker, job.second, "[1]");
    report(broker, job.second, 2);
    part(broker, job.second, "[2]");
    report(broker, job.second, 3);
    const Effects& effects = broker.apply(follow(50, job.second.job));
    REQUIRE(effects.sends.size() == 3);
    CHECK(parts_told(effects) == "[1] [2] ");
    CHECK(std::holds_alternative<JobProgress>(effects.sends.back().what));
    const auto steps = sent<JobProgress>(effects);
    REQUIRE(steps.size() == 1);
    CHECK(steps.front().first == at(50, 50));
    CHECK(steps.front().second->done == 3);
    CHECK(steps.front().second->total == 9);
    CHECK(steps.front().second->text == "step 3");
    // Who only waits is told nothing of it.
    CHECK(broker.apply(Await{at(51), job.second.job, 1h}).sends.empty());
    CHECK(parts_told(part(broker, job.second, "[3]")) == "[3] ");
    CHECK(parts_told(broker.apply(follow(52, job.second.job))) == "[1] [2] [3] ");
}

TEST_CASE("following: parts are numbered upward, told again under the same numbers") {
    Broker broker;
    broker.ready(1, {"X"}, 2);
    const auto one = only_assign(broker.submit({}));
    const auto other = only_assign(broker.submit({}));
    part(broker, one.second, "[1]");
    part(broker, other.second, "[2]");
    broker.apply(follow(50, one.second.job));
    const auto live = sent<JobPartial>(part(broker, one.second, "[3]"));
    REQUIRE(live.size() == 1);
    const model::PartNumber third = live.front().second->part;
    CHECK(third == model::PartNumber{one.second.job.epoch, 3});
    const auto kept = sent<JobPartial>(broker.apply(follow(51, one.second.job)));
    REQUIRE(kept.size() == 2);
    CHECK(kept[0].second->part == model::PartNumber{third.run, 1});
    CHECK(kept[1].second->part == third);
}

TEST_CASE("following: what was said goes with its attempt, unless the job ends with it") {
    Broker broker;
    broker.ready(1, {"X"});
    auto job = only_assign(broker.submit(Call{}.with([](auto& o) { o.backoff = 1s; })));
    part(broker, job.second, "[1]");
    CHECK(kept_bytes(broker) == sizeof(Part) + 3);
    broker.finish(1, job.second, Verdict::Failed);
    CHECK(kept_bytes(broker) == 0);
    CHECK(broker.apply(follow(50, job.second.job)).sends.empty());
    job = only_assign(broker.wait(10s));
    part(broker, job.second, "[2]");
    CHECK(parts_told(broker.apply(follow(51, job.second.job))) == "[2] ");
    broker.apply(PeerLost{Peer{1}});
    CHECK(kept_bytes(broker) == 0);
    job = only_assign(broker.ready(1, {"X"}));
    part(broker, job.second, "[3]");
    CHECK(parts_told(broker.apply(follow(52, job.second.job))) == "[3] ");
    broker.finish(1, job.second);
    CHECK(kept_bytes(broker) == sizeof(Part) + 3);
}

TEST_CASE("following: of a call no parts are kept, for its client is there from the start") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(Call{}.with([](auto& o) { o.sync = true; })));
    const auto told = sent<JobPartial>(part(broker, job.second, "[1]"));
    REQUIRE(told.size() == 1);
    CHECK(told.front().second->part.number == 0);
    CHECK(broker.apply(follow(50, job.second.job)).sends.empty());
    CHECK(kept_bytes(broker) == 0);
}

TEST_CASE("following: of one job the oldest parts go at its limits, in number and in bytes") {
    Policy policy;
    policy.limits.parts_per_job_max = 3;
    policy.limits.parts_bytes_per_job_max = 3 * sizeof(Part) + 20;
    Broker broker(policy);
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    std::uint64_t follower = 50;
    const auto kept = [&] { return parts_told(broker.apply(follow(follower++, job.second.job))); };
    for (const char* data : {"a", "b", "c"}) {
        part(broker, job.second, data);
    }
    CHECK(kept() == "a b c ");
    part(broker, job.second, "d");
    CHECK(kept() == "b c d ");
    part(broker, job.second, "123456789012345678");  // 20 bytes of data with c and d
    CHECK(kept() == "c d 123456789012345678 ");
    part(broker, job.second, "ef");  // c goes for the number, and d for the bytes
    CHECK(kept() == "123456789012345678 ef ");
    const std::string large(2 * sizeof(Part) + 21, 'x');
    part(broker, job.second, large);
    CHECK(kept_bytes(broker) == 0);
    CHECK(kept().empty());
    part(broker, job.second, large.substr(1));
    CHECK(kept() == large.substr(1) + " ");
    CHECK(kept_bytes(broker) == policy.limits.parts_bytes_per_job_max);
}

TEST_CASE("following: of all jobs no more parts are kept than allowed, until others have ended") {
    Policy policy;
    policy.limits.parts_bytes_max = 3 * sizeof(Part) + 3;
    Broker broker(policy);
    broker.ready(1, {"X"}, 2);
    const auto one = only_assign(broker.submit({}));
    const auto other = only_assign(broker.submit({}));
    part(broker, one.second, "a");
    part(broker, one.second, "b");
    part(broker, other.second, "c");
    CHECK(kept_bytes(broker) == policy.limits.parts_bytes_max);
    part(broker, other.second, "d");  // takes the place of its own job's oldest alone
    CHECK(parts_told(broker.apply(follow(50, other.second.job))) == "d ");
    CHECK(parts_told(broker.apply(follow(51, one.second.job))) == "a b ");
    // One that finds no room even so is not kept, and is heard all the same by who is there.
    CHECK(parts_told(part(broker, other.second, "ee")) == "ee ");
    CHECK(parts_told(broker.apply(follow(52, other.second.job))).empty());
    // What has ended makes room first.
    broker.finish(1, one.second);
    CHECK(kept_bytes(broker) == 2 * sizeof(Part) + 2);
    part(broker, other.second, "f");
    CHECK(parts_told(broker.apply(follow(53, one.second.job))) == "a b ");
    part(broker, other.second, "g");
    CHECK(parts_told(broker.apply(follow(54, one.second.job))).empty());
    CHECK(parts_told(broker.apply(follow(55, other.second.job))) == "f g ");
}

TEST_CASE("following: with a limit of 0 nothing is kept") {
    Policy policy;
    policy.limits.parts_per_job_max = 0;
    Broker broker(policy);
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    part(broker, job.second, "[1]");
    CHECK(broker.apply(follow(50, job.second.job)).sends.empty());
}

TEST_CASE(
    "following: a progress of 0 of 0 with a text is one; what an attempt left behind is none") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit(Call{}.with([](auto& o) { o.backoff = 1s; })));
    Progress progress;
    progress.from = Peer{1};
    progress.attempt = job.second;
    progress.text = "begins";
    broker.apply(progress);
    const auto steps = sent<JobProgress>(broker.apply(follow(50, job.second.job)));
    REQUIRE(steps.size() == 1);
    CHECK(steps.front().second->text == "begins");
    broker.finish(1, job.second, Verdict::Failed);
    CHECK(broker.apply(follow(51, job.second.job)).sends.empty());
    // Both are still there when it is tried again.
    const auto again = only_assign(broker.wait(10s));
    CHECK(again.second.number == 2);
    CHECK(sent<JobPartial>(part(broker, again.second, "[1]")).size() == 2);
}

TEST_CASE("following: it ends with the wait, and without one nothing is followed") {
    Broker broker;
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    report(broker, job.second, 1);
    const Effects& asked = broker.apply(follow(50, job.second.job, {}));
    CHECK(asked.sends.size() == 1);
    CHECK(sent<JobTaken>(asked).size() == 1);
    broker.apply(follow(51, job.second.job, 2s));
    CHECK(sent<JobTaken>(broker.wait(2s)).size() == 1);
    CHECK(part(broker, job.second, "[1]").sends.empty());
}

TEST_CASE("following: takes a waiter's place, and is refused where there is none") {
    Policy policy;
    policy.limits.waiters_per_job_max = 1;
    Broker broker(policy);
    broker.ready(1, {"X"});
    const auto job = only_assign(broker.submit({}));
    report(broker, job.second, 1);
    broker.apply(follow(50, job.second.job));
    const Effects& effects = broker.apply(follow(51, job.second.job));
    CHECK(sent<JobProgress>(effects).empty());
    CHECK(refused_with(effects) == Errc::TooManyWaiters);
}
