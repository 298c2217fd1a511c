// Long queues: what is spilled keeps its place, is found by whoever asks, and leaves nothing
// behind.
#include <algorithm>
#include <string>
#include <vector>

#include "broker/core/packed_jobs.hpp"
#include "tests/unit/core/core_fixture.hpp"

using namespace steward;
using namespace steward::core;
using namespace steward::core::test;
using model::JobState;

namespace {

Policy known_service() {
    Policy policy = patient();
    policy.services.push_back({"X", {}, 0});
    policy.ahead = base::Duration::zero();
    return policy;
}

Call named(std::string params) {
    Call call;
    call.params = std::move(params);
    return call;
}

model::JobId taken_by(const Effects& effects) {
    const auto taken = sent<JobTaken>(effects);
    REQUIRE(taken.size() == 1);
    return taken.front().second->job;
}

std::vector<model::JobId> submit_letters(Broker& broker, std::string_view letters) {
    std::vector<model::JobId> jobs;
    for (const char letter : letters) {
        jobs.push_back(taken_by(broker.submit(named(std::string(1, letter)))));
    }
    return jobs;
}

std::optional<model::StatusReport> status_of(Broker& broker, const model::JobId& job) {
    Query query;
    query.from = at(kOperator);
    query.kind = QueryKind::Status;
    query.which = only_job(job);
    const auto answers = sent<Answer>(broker.apply(std::move(query)));
    return answers.empty()
               ? std::nullopt
               : std::optional(std::get<model::StatusReport>(*answers.front().second->report));
}

// For a core that began from the broker's facts.
Ready worker_of(const Broker& broker) {
    Ready ready;
    ready.from = at(1);
    ready.name = "test";
    ready.services = {service("X")};
    ready.heartbeat_interval = broker.policy.heartbeat_interval;
    ready.beats_while_busy = true;
    return ready;
}

std::vector<Record> checkpoint_of(const Core& core) {
    std::vector<Record> facts;
    REQUIRE(core.write_facts([&](const Record& fact) -> base::Expected<void> {
        facts.push_back(fact);
        return {};
    }));
    return facts;
}

std::size_t count_spilled(const std::vector<Record>& facts) {
    std::size_t count = 0;
    for (const Record& fact : facts) {
        if (const auto* spilled = std::get_if<JobsSpilled>(&fact)) {
            count += spilled->count;
        }
    }
    return count;
}

}  // namespace

TEST_CASE("spilling: a long queue is in the store but for its ends, and keeps its order") {
    Broker broker(known_service());
    submit_letters(broker, "abcdefghijklm");
    CHECK(count_spilled(checkpoint_of(broker.core)) == 10);
    CHECK(broker.spills.alive() == 5);
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "abcdefghijklm");
    CHECK(broker.spills.alive() == 0);
}

TEST_CASE("spilling: few jobs stay in memory") {
    Policy policy = known_service();
    policy.spill_jobs = 2;
    policy.limits.resident_jobs_max = 20;
    policy.limits.jobs_max = 1000;
    policy.spill_jobs = 3;
    Broker broker(policy);
    submit_letters(broker, "abcdefghijklmnopqrst");
    CHECK(broker.spills.alive() == 0);
    submit_letters(broker, "uvwxyz");
    CHECK(broker.spills.alive() > 0);
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "abcdefghijklmnopqrstuvwxyz");
}

TEST_CASE("spilling: whoever asks for a job finds it, and it stays where it is") {
    Broker broker(known_service());
    const auto jobs = submit_letters(broker, "abcdefghij");
    const std::size_t stored = count_spilled(checkpoint_of(broker.core));
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const auto status = status_of(broker, jobs[i]);
        REQUIRE(status);
        CHECK(status->job.state == JobState::Ready);
        CHECK(status->queue_place == i + 1);
        CHECK(status->job.params.bytes.view() == std::string(1, static_cast<char>('a' + i)));
    }
    CHECK(count_spilled(checkpoint_of(broker.core)) == stored);
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "abcdefghij");
}

TEST_CASE("spilling: damage where a job has left its spill harms nobody") {
    Broker broker(known_service());
    const auto jobs = submit_letters(broker, "abcdefghijklm");
    broker.operate(CancelJobs{only_job(jobs[5]), 0});
    broker.spills.damaged = {jobs[5]};
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "abcdeghijklm");
    CHECK(broker.spills.alive() == 0);
}

TEST_CASE("spilling: a job in the middle is cancelled, edited, waited for and waited on") {
    Broker broker(known_service());
    const auto jobs = submit_letters(broker, "abcdefghij");
    broker.operate(CancelJobs{only_job(jobs[4]), 0});
    CHECK(status_of(broker, jobs[4])->job.state == JobState::Cancelled);
    EditJob edit;
    edit.job = jobs[5];
    edit.priority = 5000;
    broker.operate(edit);
    broker.apply(Await{at(300), jobs[6], 100h});
    CHECK(sent<JobResult>(broker.effects).empty());
    const model::JobId after = taken_by(broker.submit(
        named("z").with([&](model::JobOptions& options) { options.after = {jobs[7]}; })));
    CHECK(status_of(broker, after)->job.state == JobState::Blocked);
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "fabcdghijz");
}

TEST_CASE("spilling: jobs with something of their own to remember stay in memory, in their place") {
    Broker broker(known_service());
    std::string letters = "abcdefghijkl";
    for (std::size_t i = 0; i < letters.size(); ++i) {
        broker.submit(named(letters.substr(i, 1)).with([&](model::JobOptions& options) {
            if (i % 3 == 0) {
                options.unique = "key " + letters.substr(i, 1);
            } else if (i % 3 == 1) {
                options.expires_in = 100h;
            }
        }));
    }
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == letters);
}

TEST_CASE("spilling: a block is full of few large jobs, and takes more when they have gone") {
    Policy policy = known_service();
    policy.spill_jobs = 1000;
    policy.limits.resident_jobs_max = 0;
    Broker broker(policy);
    const std::string large(600UL << 10U, 'x');
    broker.ready(1, {"X"});
    for (int i = 0; i < 5; ++i) {
        broker.finish(1, only_assign(broker.submit(named(large))).second);
    }
    broker.submit(named("runs"));
    for (int i = 0; i < 8; ++i) {
        broker.submit(named(large));
    }
    CHECK(broker.spills.alive() == 3);
}

TEST_CASE("spilling: groups keep their turns and their bounds") {
    Broker broker(known_service());
    for (const char letter : std::string("aaaaaaaabbbbcccc")) {
        broker.submit(named(std::string(1, letter)).with([&](model::JobOptions& options) {
            options.group = std::string(1, letter);
            options.group_limit = 1;
        }));
    }
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "abcabcabcabcaaaa");
}

TEST_CASE("spilling: listings and bulk requests see every job once") {
    Broker broker(known_service());
    const auto jobs = submit_letters(broker, "abcdefghijklmnopq");
    broker.policy.limits.report_rows_max = 3;
    broker.core.set_policy(broker.policy);
    std::vector<model::JobId> listed;
    Cursor next = 0;
    std::size_t pages = 0;
    do {
        Query query;
        query.from = at(kOperator);
        query.kind = QueryKind::List;
        query.which.states = only(JobState::Ready);
        query.after = next;
        const auto answers = sent<Answer>(broker.apply(std::move(query)));
        REQUIRE(answers.size() == 1);
        const auto& page = std::get<model::ListReport>(*answers.front().second->report);
        CHECK(page.rows.size() <= 3);
        for (const model::JobRow& row : page.rows) {
            listed.push_back(row.id);
        }
        next = page.next;
    } while (next != 0 && ++pages < 100);
    std::ranges::sort(listed);
    CHECK(listed == jobs);
    PurgeQueue purge;
    purge.which.service = "X";
    std::size_t purged = 0;
    do {
        const auto answers = sent<Done>(broker.operate(purge));
        REQUIRE(answers.size() == 1);
        purged += answers.front().second->changed;
        purge.from = answers.front().second->next;
    } while (purge.from != 0);
    CHECK(purged == jobs.size());
    CHECK(broker.spills.alive() == 0);
}

TEST_CASE("spilling: a full disk leaves jobs in memory; they follow when there is room") {
    Broker broker(known_service());
    broker.spills.is_full = true;
    submit_letters(broker, "abcdef");
    CHECK(broker.spills.kept.empty());
    broker.spills.is_full = false;
    submit_letters(broker, "ghijkl");
    CHECK(count_spilled(checkpoint_of(broker.core)) == 8);
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "abcdefghijkl");
}

TEST_CASE("spilling: what cannot be read back stops the broker, and is named") {
    Broker broker(known_service());
    const auto jobs = submit_letters(broker, "abcdefghij");
    broker.facts_tell_all = false;
    broker.spills.is_damaged = true;
    Effects effects;
    Query query;
    query.from = at(kOperator);
    query.kind = QueryKind::Status;
    query.which = only_job(jobs[5]);
    broker.core.apply(broker.now, std::move(query), effects);
    REQUIRE(effects.stops.size() == 1);
    CHECK(effects.stops.front().failed);
    CHECK(effects.stops.front().why == "the spill is damaged");
}

TEST_CASE("spilling: after a restart the order is the old one, whatever was where") {
    Broker broker(known_service());
    submit_letters(broker, "abcdefghijkl");
    broker.ready(1, {"X"});
    work_off(broker, 1, 2);  // c runs
    const auto facts = checkpoint_of(broker.core);
    REQUIRE(count_spilled(facts) > 0);
    const auto core = broker.begun_from(facts, broker.policy);
    base::Now later = broker.now;
    Effects effects;
    std::string order;
    Ready ready = worker_of(broker);
    core->apply(later, std::move(ready), effects);
    CHECK(sent<Assign>(effects).empty());  // its worker may come back for any of them
    later = {later.mono + broker.policy.settle, later.wall + broker.policy.settle};
    core->apply(later, Tick{}, effects);
    for (std::size_t i = 0; i < 12; ++i) {
        const auto assigns = sent<Assign>(effects);
        if (assigns.empty()) {
            break;
        }
        order += assigns.front().second->params.bytes.view();
        Finish finish;
        finish.from = Peer{1};
        finish.attempt = assigns.front().second->attempt;
        Effects next;
        core->apply(later, std::move(finish), next);
        core->check_invariants();
        effects = std::move(next);
    }
    CHECK(order == "cdefghijkl");
}

TEST_CASE("spilling: a worker comes back with a job that lies in the store") {
    Broker broker(known_service());
    const auto jobs = submit_letters(broker, "abcdefghij");
    const auto core = broker.begun_from(checkpoint_of(broker.core), broker.policy);
    Ready ready = worker_of(broker);
    Ready::Running running;
    running.attempt = {jobs[5], 1};
    running.service = service("X");
    ready.running.push_back(running);
    Effects effects;
    core->apply(broker.now, std::move(ready), effects);
    core->check_invariants();
    CHECK(sent<StopAttempt>(effects).empty());
    Finish finish;
    finish.from = Peer{1};
    finish.attempt = {jobs[5], 1};
    core->apply(broker.now, std::move(finish), effects);
    core->check_invariants();
    CHECK(core->counters().succeeded == 1);
}

TEST_CASE("spilling: jobs that were asked for before the broker settled are not forgotten") {
    Broker broker(known_service());
    const auto jobs = submit_letters(broker, "abcdefghij");
    std::vector<Record> facts;
    for (Record& fact : checkpoint_of(broker.core)) {
        if (std::holds_alternative<JobsSpilled>(fact)) {
            facts.push_back(std::move(fact));
        }
    }
    const auto core = broker.begun_from(facts, broker.policy);
    Effects effects;
    for (const model::JobId& job : jobs) {  // whoever waits keeps it in memory
        core->apply(broker.now, Await{at(300), job, 100h}, effects);
    }
    const base::Now later{broker.now.mono + broker.policy.settle,
                          broker.now.wall + broker.policy.settle};
    core->apply(later, Tick{}, effects);
    core->check_invariants();
    Ready ready = worker_of(broker);
    ready.concurrency = 100;
    ready.credit_max = 100;
    effects.clear();
    core->apply(later, std::move(ready), effects);
    core->check_invariants();
    CHECK(sent<Assign>(effects).size() == count_spilled(facts));
}

TEST_CASE("spilling: facts that contradict what the store has are refused") {
    Broker broker(known_service());
    submit_letters(broker, "abcdefghij");
    for (Record& fact : checkpoint_of(broker.core)) {
        auto* spilled = std::get_if<JobsSpilled>(&fact);
        if (spilled == nullptr) {
            continue;
        }
        MemorySpills store = broker.spills;
        const auto refuses = [&](JobsSpilled changed, SpillStore* with) {
            Core core(broker.policy, broker.now, 2, with);
            return !core.restore(Record{std::move(changed)});
        };
        CHECK_FALSE(refuses(*spilled, &store));
        CHECK(refuses(*spilled, nullptr));
        JobsSpilled other = *spilled;
        other.spill = 1000;
        CHECK(refuses(other, &store));
        other = *spilled;
        ++other.count;
        CHECK(refuses(other, &store));
        other = *spilled;
        other.gone.push_back(0);
        CHECK(refuses(other, &store));
    }
}

// ---- what cannot go to the disk is packed ----

namespace {

Call passing(std::string params) {
    return named(std::move(params)).with([](model::JobOptions& options) {
        options.durable = false;
    });
}

std::vector<model::JobId> submit_passing(Broker& broker, std::string_view letters) {
    std::vector<model::JobId> jobs;
    for (const char letter : letters) {
        jobs.push_back(taken_by(broker.submit(passing(std::string(1, letter)))));
    }
    return jobs;
}

}  // namespace

TEST_CASE("packing: a long queue of volatile jobs needs no store and keeps its order") {
    Broker broker(known_service());
    const auto jobs = submit_passing(broker, "abcdefghijklm");
    CHECK(broker.spills.kept.empty());
    const auto status = status_of(broker, jobs[6]);
    REQUIRE(status);
    CHECK(status->queue_place == 7);
    CHECK(status->job.params.bytes.view() == "g");
    broker.operate(CancelJobs{only_job(jobs[4]), 0});
    CHECK(status_of(broker, jobs[4])->job.state == JobState::Cancelled);
    EditJob edit;
    edit.job = jobs[5];
    edit.priority = 5000;
    broker.operate(edit);
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "fabcdghijklm");
}

TEST_CASE("packing: durable jobs among volatile ones are told in a checkpoint, in their order") {
    Policy policy = known_service();
    policy.spill_jobs = 4;
    policy.limits.resident_jobs_max = 0;
    Broker broker(policy);
    broker.facts_tell_all = false;
    for (const char letter : std::string("AbCDEfGHIjKLMnOPQrST")) {
        const std::string params(1, letter);
        broker.submit(letter >= 'a' ? named(params) : passing(params));
    }
    CHECK(broker.spills.kept.empty());
    std::string told;
    for (const Record& fact : checkpoint_of(broker.core)) {
        if (const auto* accepted = std::get_if<JobAccepted>(&fact)) {
            told += accepted->spec.params.bytes.view();
        }
    }
    CHECK(told == "bfjnr");
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "AbCDEfGHIjKLMnOPQrST");
}

TEST_CASE("packing: the bound of all params counts those that are packed, and gets them back") {
    Policy policy = known_service();
    policy.limits.payload_bytes_total_max = 10;
    Broker broker(policy);
    const auto jobs = submit_passing(broker, "abcdefghij");
    CHECK(sent<Refused>(broker.submit(passing("k"))).size() == 1);
    broker.operate(CancelJobs{only_job(jobs[5]), 0});
    CHECK(sent<JobTaken>(broker.submit(passing("k"))).size() == 1);
    CHECK(sent<Refused>(broker.submit(passing("l"))).size() == 1);
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "abcdeghijk");
}

TEST_CASE("packing: large params are not copied") {
    Policy policy = known_service();
    policy.spill_jobs = 2;
    policy.limits.resident_jobs_max = 0;
    Broker broker(policy);
    const std::string large(PackedJobs::kParamsMax + 1, 'x');
    const auto params = base::Blob::copy(large);
    std::vector<model::JobId> jobs;
    for (int i = 0; i < 8; ++i) {
        Submit submit;
        submit.from = at(100);
        submit.spec = {service("X"), {model::Encoding::Opaque, params}, {}};
        submit.spec.options.durable = false;
        jobs.push_back(taken_by(broker.apply(std::move(submit))));
    }
    CHECK(status_of(broker, jobs[5])->job.params.bytes.view().data() == params.view().data());
}

TEST_CASE(
    "packing: a volatile job of a batch that is packed ends with the run, and so does its count") {
    Broker broker(known_service());
    broker.facts_tell_all = false;
    OpenBatch open;
    open.name = "batch";
    broker.operate(open);
    for (const char letter : std::string("abcdefgh")) {
        broker.submit(passing(std::string(1, letter)).with([](model::JobOptions& options) {
            options.batch = "batch";
        }));
    }
    for (const Record& fact : checkpoint_of(broker.core)) {
        if (const auto* stands = std::get_if<BatchStands>(&fact)) {
            CHECK(stands->total == 0);
        }
    }
    broker.ready(1, {"X"});
    CHECK(work_off(broker, 1) == "abcdefgh");
}
