// Who follows a job that has ended: what its last attempt said comes to him for a while, then how
// it ended; and within which bounds.
#include "tests/unit/core/followers.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using base::Errc;
using model::JobState;
using model::Verdict;

namespace {

// All that is sent, in its order: parts as they are, progress as "%N", an end as its state.
std::string told(const Effects& effects) {
    std::string all;
    for (const Send& send : effects.sends) {
        if (const auto* part = std::get_if<JobPartial>(&send.what)) {
            all += std::string(part->data.bytes.view()) + " ";
        } else if (const auto* step = std::get_if<JobProgress>(&send.what)) {
            all += "%" + std::to_string(step->done) + " ";
        } else if (const auto* end = std::get_if<JobResult>(&send.what)) {
            all += std::string(model::name_of(end->state)) + " ";
        } else if (const auto* refused = std::get_if<Refused>(&send.what)) {
            all += std::string(base::name_of(refused->error.code)) + " ";
        } else {
            all += "? ";
        }
    }
    return all;
}

std::string told_late(Broker& broker, const model::JobId& job, base::Duration wait = 1h) {
    return told(broker.apply(follow(50, job, wait)));
}

// A background job that has said "a", "b" and how far it is, and goes on.
model::Attempt begun(Broker& broker, const Call& call = {}) {
    const auto job = only_assign(broker.submit(call)).second;
    part(broker, job, "a");
    part(broker, job, "b");
    report(broker, job, 2);
    return job;
}

Call with_ttl(base::Duration ttl) {
    return Call{}.with([ttl](auto& o) { o.result_ttl = ttl; });
}

std::size_t kept_jobs(Broker& broker) {
    return used(broker, "parts_jobs");
}

}  // namespace

TEST_CASE("said last: who follows a job that has ended hears its parts, how far it was, its end") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const auto job = begun(broker);
    broker.finish(1, job);
    CHECK(told_late(broker, job.job) == "a b %2 succeeded ");
    // The same for the next, and also for who does not wait.
    CHECK(told_late(broker, job.job, {}) == "a b %2 succeeded ");
    // Who does not follow hears the end alone.
    CHECK(told(broker.apply(Await{at(51), job.job, 1h})) == "succeeded ");
}

TEST_CASE("said last: parts keep their numbers, and the progress its text") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const auto job = begun(broker);
    const auto live = broker.apply(follow(50, job.job)).sends.size();
    CHECK(live == 3);
    broker.finish(1, job);
    const Effects& late = broker.apply(follow(51, job.job));
    const auto parts = sent<JobPartial>(late);
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].first == at(51, 51));
    CHECK(parts[0].second->part == model::PartNumber{job.job.epoch, 1});
    CHECK(parts[1].second->part == model::PartNumber{job.job.epoch, 2});
    const auto steps = sent<JobProgress>(late);
    REQUIRE(steps.size() == 1);
    CHECK(steps.front().second->total == 9);
    CHECK(steps.front().second->text == "step 2");
}

TEST_CASE("said last: a job that told only how far it was, with or without a text") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 2);
    const auto one = only_assign(broker.submit({})).second;
    Progress progress;
    progress.from = Peer{1};
    progress.attempt = one;
    progress.done = 5;
    broker.apply(progress);
    broker.finish(1, one);
    CHECK(told_late(broker, one.job) == "%5 succeeded ");
    const auto other = only_assign(broker.submit({})).second;
    broker.finish(1, other);
    CHECK(told_late(broker, other.job) == "succeeded ");
    CHECK(kept_jobs(broker) == 1);
}

TEST_CASE("said last: for parts_ttl, and no longer than the result") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 2);
    const auto job = begun(broker);
    broker.finish(1, job);
    const auto brief = begun(broker, with_ttl(3s));
    broker.finish(1, brief);
    broker.wait(3s - 1us);
    CHECK(told_late(broker, brief.job) == "a b %2 succeeded ");
    broker.wait(1us);
    CHECK(told_late(broker, brief.job) == "UnknownJob ");
    broker.wait(7s - 1us);
    CHECK(told_late(broker, job.job) == "a b %2 succeeded ");
    broker.wait(1us);
    CHECK(told_late(broker, job.job) == "succeeded ");
    broker.wait(10s);  // nobody asks, and it goes
    CHECK(kept_bytes(broker) == 0);
    CHECK(kept_jobs(broker) == 0);
}

TEST_CASE("said last: with a parts_ttl of 0, and of a result that is not kept, nothing is") {
    Policy policy = patient();
    policy.parts_ttl = {};
    Broker none(policy);
    none.ready(1, {"X"});
    const auto job = begun(none);
    none.finish(1, job);
    CHECK(told_late(none, job.job) == "succeeded ");
    CHECK(kept_bytes(none) == 0);

    Broker broker(patient());
    broker.ready(1, {"X"});
    const auto lost = begun(broker, with_ttl({}));
    broker.finish(1, lost);
    CHECK(told_late(broker, lost.job) == "UnknownJob ");
    CHECK(kept_bytes(broker) == 0);
}

TEST_CASE("said last: of a dead letter too, until it is tried again or discarded") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 2);
    const auto once = Call{}.with([](auto& o) { o.max_attempts = 1; });
    const auto job = begun(broker, once);
    broker.finish(1, job, Verdict::Failed);
    CHECK(told_late(broker, job.job) == "a b %2 dead ");
    broker.operate(RetryDead{only_job(job.job)});
    const auto again = only_assign(broker.effects).second;
    CHECK(kept_jobs(broker) == 0);
    CHECK(told_late(broker, job.job).empty());
    part(broker, again, "c");
    broker.finish(1, again, Verdict::Failed);
    CHECK(told_late(broker, job.job) == "c dead ");
    broker.operate(DiscardDead{only_job(job.job)});
    CHECK(told_late(broker, job.job) == "UnknownJob ");
    CHECK(kept_bytes(broker) == 0);
}

TEST_CASE("said last: of a job that was cancelled while it ran, and of its last attempt alone") {
    Broker broker(patient());
    broker.ready(1, {"X"}, 2);
    const auto job = begun(broker);
    broker.operate(CancelJobs{only_job(job.job)});
    broker.finish(1, job, Verdict::Failed);
    CHECK(told_late(broker, job.job) == "a b %2 cancelled ");
    // The attempt of another is over before it is cancelled.
    const auto other = begun(broker, Call{}.with([](auto& o) { o.backoff = 1min; }));
    broker.finish(1, other, Verdict::Failed);
    broker.operate(CancelJobs{only_job(other.job)});
    CHECK(told_late(broker, other.job) == "cancelled ");
    CHECK(kept_jobs(broker) == 1);
}

TEST_CASE("said last: of a call nothing is") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const auto job = begun(broker, Call{}.with([](auto& o) {
        o.sync = true;
        o.result_ttl = 1h;
    }));
    broker.finish(1, job);
    CHECK(told_late(broker, job.job) == "succeeded ");
    CHECK(kept_jobs(broker) == 0);
}

TEST_CASE("said last: who may not see the job hears what he hears of one that never was") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    Submit submit;
    submit.from = at(100, 1);
    submit.asker.owner = *broker.core.owner_of("theirs");
    submit.spec = {service("X"), {model::Encoding::Opaque, base::Blob::copy("p")}, {}};
    const auto job = only_assign(broker.apply(std::move(submit))).second;
    part(broker, job, "a");
    broker.finish(1, job);
    Await await = follow(50, job.job);
    await.asker.owner = *broker.core.owner_of("mine");
    await.asker.sees_all = false;
    CHECK(told(broker.apply(await)) == "UnknownJob ");
    await.asker.owner = *broker.core.owner_of("theirs");
    CHECK(told(broker.apply(await)) == "a succeeded ");
}

TEST_CASE("said last: of no more jobs than allowed, the first to have ended goes") {
    Policy policy = patient();
    policy.limits.parts_jobs_max = 2;
    Broker broker(policy);
    broker.ready(1, {"X"}, 3);
    const auto one = begun(broker);
    const auto two = begun(broker);
    const auto three = begun(broker);
    broker.finish(1, two);
    broker.finish(1, one);
    CHECK(kept_jobs(broker) == 2);
    broker.finish(1, three);
    CHECK(kept_jobs(broker) == 2);
    CHECK(told_late(broker, two.job) == "succeeded ");
    CHECK(told_late(broker, one.job) == "a b %2 succeeded ");
    CHECK(told_late(broker, three.job) == "a b %2 succeeded ");

    policy.limits.parts_jobs_max = 0;
    Broker none(policy);
    none.ready(1, {"X"});
    const auto job = begun(none);
    none.finish(1, job);
    CHECK(told_late(none, job.job) == "succeeded ");
    CHECK(kept_bytes(none) == 0);
}

TEST_CASE("said last: makes room for the parts of jobs that run, and its texts count") {
    Policy policy = patient();
    policy.limits.parts_bytes_max = 6 * sizeof(Part) + 6;
    Broker broker(policy);
    broker.ready(1, {"X"}, 3);
    const auto one = begun(broker);
    const auto two = begun(broker);
    broker.finish(1, one);
    // With the text "step 2" and the parts of both.
    CHECK(kept_bytes(broker) == 4 * sizeof(Part) + 4 + 6);
    const auto three = only_assign(broker.submit({})).second;
    part(broker, three, "c");
    CHECK(told_late(broker, one.job) == "a b %2 succeeded ");
    part(broker, three, "d");  // the text of the first one stands in its way
    CHECK(told_late(broker, one.job) == "succeeded ");
    CHECK(kept_bytes(broker) == 4 * sizeof(Part) + 4);
    // What is larger than all that may be kept drives nobody out.
    broker.finish(1, two);
    part(broker, three, std::string(policy.limits.parts_bytes_max, 'x'));
    CHECK(told_late(broker, two.job) == "a b %2 succeeded ");
}

TEST_CASE("said last: an attempt that another connection takes over has said what it said") {
    Broker broker(patient());
    broker.ready(1, {"X"});
    const auto job = begun(broker);
    Ready again;
    again.from = at(2);
    again.name = "test";
    again.services = {service("X")};
    again.concurrency = 1;
    again.credit_max = 1;
    again.heartbeat_interval = broker.policy.heartbeat_interval;
    again.beats_while_busy = true;
    again.running.push_back({job, {}, service("X")});
    broker.apply(std::move(again));
    broker.finish(2, job);
    CHECK(told_late(broker, job.job) == "a b %2 succeeded ");
}
