// tests: owners with quotas against a simple model: who is below them is taken in, who is at them
// is refused and leaves nothing behind, and nobody finds what is another's.
#include <map>
#include <set>

#include "common/base/prng.hpp"
#include "tests/unit/core/core_fixture.hpp"

namespace steward::core::test {
namespace {

constexpr std::uint64_t kWorker = 1;

/// What the model knows of one owner.
struct Tenant {
    OwnerId id = kNobody;
    model::Quota quota;
    std::map<model::JobId, std::size_t> jobs;  // with the bytes of their params
    base::Duration saved = 1s;                 // of a second's worth of submissions
    base::MonoTime saved_at{};

    [[nodiscard]] std::size_t bytes() const {
        std::size_t sum = 0;
        for (const auto& [job, size] : jobs) {
            sum += size;
        }
        return sum;
    }

    bool may_submit(std::size_t size, base::MonoTime now) {
        saved = std::min<base::Duration>(1s, saved + (now - saved_at));
        saved_at = now;
        return (quota.jobs_max == 0 || jobs.size() < quota.jobs_max) &&
               (quota.bytes_max == 0 || bytes() + size <= quota.bytes_max) &&
               (quota.submits_per_second == 0 || saved >= spacing());
    }

    [[nodiscard]] base::Duration spacing() const {
        return base::Duration(1s) / quota.submits_per_second;
    }
};

class Tenancy {
public:
    explicit Tenancy(std::uint64_t seed) : prng_(seed), broker_(patient_knowing({"X", "Y"})) {
        are_durable_ = prng_.chance(1, 2);
        for (const char* name : {"a", "b", "c"}) {
            Tenant tenant;
            tenant.id = broker_.core.owner_of(name).value();
            tenant.saved_at = broker_.now.mono;
            draw_quota(tenant);
            broker_.core.set_quota(tenant.id, tenant.quota);
            tenants_.push_back(std::move(tenant));
        }
    }

    void step() {
        Tenant& tenant = tenants_[prng_.below(tenants_.size())];
        switch (prng_.below(10)) {
            case 0: work(); break;
            case 1: broker_.wait(base::Duration(prng_.below(700'000))); break;
            case 2: cancel(tenant); break;
            case 3: discard(tenant); break;
            case 4: list(tenant); break;
            case 5: submit_run(tenant); break;
            default: submit(tenant); break;
        }
        collect();
    }

    std::size_t taken = 0;
    std::size_t refused = 0;

private:
    void draw_quota(Tenant& tenant) {
        static constexpr std::uint32_t kRates[] = {0, 0, 1, 5, 20, 100};
        tenant.quota.jobs_max = prng_.chance(2, 3) ? 1 + prng_.below(20) : 0;
        // What lies on the disk has no bytes in memory: only what does not go there can be
        // foretold.
        tenant.quota.bytes_max = !are_durable_ && prng_.chance(1, 2) ? 50 + prng_.below(500) : 0;
        tenant.quota.submits_per_second = kRates[prng_.below(6)];
    }

    std::string params() { return std::string(1 + prng_.below(60), 'x'); }

    model::JobOptions options() {
        model::JobOptions drawn;
        drawn.durable = are_durable_;
        drawn.result_ttl = base::Duration::zero();
        if (prng_.chance(1, 5)) {
            drawn.group = prng_.chance(1, 2) ? "g" : "h";
        }
        if (prng_.chance(1, 4)) {
            drawn.priority = static_cast<std::int32_t>(prng_.below(3));
        }
        return drawn;
    }

    static Asker asker(const Tenant& tenant) { return {tenant.id, false}; }

    void submit(Tenant& tenant) {
        Submit input;
        const std::uint64_t number = ++numbers_;
        input.from = at(100, number);
        input.submission = {tenant.id, number};
        input.spec = {service(prng_.chance(1, 2) ? "X" : "Y"),
                      {model::Encoding::Opaque, base::Blob::copy(params())},
                      options()};
        input.asker = asker(tenant);
        const std::size_t size = input.spec.params.bytes.size();
        const bool may = tenant.may_submit(size, broker_.now.mono);
        const Effects& effects = broker_.apply(std::move(input));
        if (!may) {
            ++refused;
            const auto refusals = sent<Refused>(effects);
            REQUIRE(refusals.size() == 1);
            CHECK(refusals.front().second->error.code == base::Errc::OverQuota);
            CHECK(refusals.front().second->error.retry_after);
            CHECK(effects.appends.empty());
            CHECK(effects.announces.empty());
            return;
        }
        const auto receipts = sent<JobTaken>(effects);
        REQUIRE(receipts.size() == 1);
        note_taken(tenant, receipts.front().second->job, size);
    }

    void submit_run(Tenant& tenant) {
        SubmitRun run;
        run.from = at(100);
        run.session = tenant.id;
        run.service = service("X");
        run.options = options();
        run.asker = asker(tenant);
        std::map<std::uint64_t, std::size_t> sizes;
        for (std::uint64_t i = 2 + prng_.below(8); i > 0; --i) {
            const std::string text = params();
            sizes[++numbers_] = text.size();
            run.jobs.push_back({numbers_, {model::Encoding::Opaque, base::Blob::copy(text)}});
        }
        const base::MonoTime now = broker_.now.mono;
        const Effects& effects = broker_.apply(std::move(run));
        std::map<std::uint64_t, model::JobId> told;
        for (const auto& [to, receipt] : sent<JobsTaken>(effects)) {
            for (std::uint64_t i = 0; i < receipt->count; ++i) {
                told[to.correlation + i] = {receipt->first.epoch, receipt->first.number + i};
            }
        }
        for (const auto& [to, receipt] : sent<JobTaken>(effects)) {
            told[to.correlation] = receipt->job;
        }
        for (const auto& one : sizes) {
            const bool may = tenant.may_submit(one.second, now);
            REQUIRE(may == told.contains(one.first));
            if (may) {
                note_taken(tenant, told.at(one.first), one.second);
            } else {
                ++refused;
            }
        }
    }

    void note_taken(Tenant& tenant, const model::JobId& job, std::size_t size) {
        ++taken;
        tenant.jobs[job] = size;
        if (tenant.quota.submits_per_second != 0) {
            tenant.saved -= tenant.spacing();
        }
    }

    // A worker comes, runs a few and goes.
    void work() {
        broker_.ready(kWorker, {"X", "Y"}, 1);
        for (std::uint64_t left = prng_.below(12); left > 0; --left) {
            const auto assigns = sent<Assign>(broker_.effects);
            if (assigns.empty()) {
                break;
            }
            const model::Attempt attempt = assigns.front().second->attempt;
            const bool fails = prng_.chance(1, 4);
            broker_.finish(kWorker,
                           attempt,
                           fails ? model::Verdict::FailedForGood : model::Verdict::Succeeded);
            for (Tenant& tenant : tenants_) {
                if (!fails) {
                    tenant.jobs.erase(attempt.job);
                } else if (tenant.jobs.contains(attempt.job)) {
                    dead_[attempt.job] = tenant.id;
                }
            }
        }
        broker_.apply(Goodbye{Peer{kWorker}, false});
    }

    model::JobId any_job() {
        const Tenant& whose = tenants_[prng_.below(tenants_.size())];
        if (whose.jobs.empty()) {
            return {1, 1};
        }
        auto at = whose.jobs.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(prng_.below(whose.jobs.size())));
        return at->first;
    }

    // Of anybody's: another's is none.
    void cancel(Tenant& tenant) {
        const model::JobId job = any_job();
        CancelJobs request;
        request.which.jobs = {job};
        broker_.apply(Operator{at(kOperator), std::move(request), asker(tenant)});
        CHECK(sent<Refused>(broker_.effects).empty() == tenant.jobs.contains(job));
        if (!dead_.contains(job)) {
            tenant.jobs.erase(job);
        }
    }

    void discard(Tenant& tenant) {
        std::size_t own = 0;
        std::erase_if(dead_, [&](const auto& one) {
            const bool is_own = one.second == tenant.id;
            own += is_own ? 1 : 0;
            tenant.jobs.erase(is_own ? one.first : model::JobId{});
            return is_own;
        });
        broker_.apply(Operator{at(kOperator), DiscardDead{}, asker(tenant)});
        const auto done = sent<Done>(broker_.effects);
        REQUIRE(done.size() == 1);
        CHECK(done.front().second->changed == own);
    }

    void list(Tenant& tenant) {
        Query query;
        query.from = at(kOperator);
        query.kind = QueryKind::List;
        query.asker = asker(tenant);
        std::set<model::JobId> found;
        do {
            broker_.apply(query);
            const auto answers = sent<Answer>(broker_.effects);
            REQUIRE(answers.size() == 1);
            const auto& page = std::get<model::ListReport>(*answers.front().second->report);
            for (const model::JobRow& row : page.rows) {
                found.insert(row.id);
            }
            query.after = page.next;
        } while (query.after != 0);
        std::set<model::JobId> own;
        for (const auto& [job, size] : tenant.jobs) {
            own.insert(job);
        }
        CHECK(found == own);
    }

    // Clients have all their answers.
    void collect() {
        for (const Tenant& tenant : tenants_) {
            broker_.apply(Acknowledge{tenant.id, numbers_ + 1});
        }
    }

    base::Prng prng_;
    Broker broker_;
    bool are_durable_ = false;
    std::vector<Tenant> tenants_;
    std::map<model::JobId, OwnerId> dead_;
    std::uint64_t numbers_ = 0;
};

}  // namespace

TEST_CASE("quotas hold and nobody below his is refused, whatever happens to the jobs") {
    std::size_t taken = 0;
    std::size_t refused = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        Tenancy tenancy(seed);
        for (int i = 0; i < 150; ++i) {
            tenancy.step();
        }
        taken += tenancy.taken;
        refused += tenancy.refused;
    }
    CHECK(taken > 1000);
    CHECK(refused > 1000);
}

TEST_CASE("owners take turns at a queue, however many jobs one of them has") {
    Broker broker(patient());
    const OwnerId greedy = broker.core.owner_of("greedy").value();
    const OwnerId modest = broker.core.owner_of("modest").value();
    broker.ready(kWorker, {"X"});
    const auto submit = [&](OwnerId owner, std::uint64_t number) {
        Submit input;
        input.from = at(100, number);
        input.submission = {owner, number};
        input.spec = {service("X"), {}, {}};
        input.asker = {owner, false};
        broker.apply(std::move(input));
    };
    for (std::uint64_t i = 1; i <= 100; ++i) {
        submit(greedy, i);
    }
    submit(modest, 1);
    submit(modest, 2);
    model::Attempt attempt{{broker.core.epoch(), 1}, 1};
    int others = 0;
    for (int rounds = 0; rounds < 4; ++rounds) {
        const auto [peer, next] = only_assign(broker.finish(kWorker, attempt));
        attempt = next;
        others += attempt.job.number > 100 ? 1 : 0;
    }
    CHECK(others == 2);
}

TEST_CASE("whose a job is, is told wherever it is listed, before its end and after") {
    core::Policy policy = patient_knowing({"X"});
    SUBCASE("while it is remembered") {}
    SUBCASE("when only its result is left") {
        policy.limits.history_jobs_max = 0;
    }
    Broker broker(policy);
    Submit input;
    input.from = at(100);
    const OwnerId ann = broker.core.owner_of("ann").value();
    input.submission = {ann, 1};
    input.spec = {service("X"), {}, {}};
    input.asker = {ann, false};
    const model::JobId job = taken_id(broker.apply(std::move(input)));
    const auto listed = [&](JobFilter filter) {
        const auto rows = ask<model::ListReport>(broker, QueryKind::List, std::move(filter)).rows;
        REQUIRE(rows.size() == 1);
        return std::string(rows.front().owner.view());
    };
    const auto is_told = [&] {
        CHECK(status(broker, job).job.owner == model::Label("ann"));
        CHECK(listed(only_job(job)) == "ann");
        CHECK(listed({}) == "ann");
    };
    is_told();
    const auto [peer, attempt] = only_assign(broker.ready(kWorker, {"X"}));
    is_told();
    broker.finish(kWorker, attempt);
    is_told();
    for (const model::JobRow& row : ask<model::JobReport>(broker, QueryKind::History).rows) {
        CHECK(row.owner == model::Label("ann"));
    }
}

}  // namespace steward::core::test
