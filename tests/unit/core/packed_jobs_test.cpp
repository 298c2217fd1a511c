// What a waiting job is packed into: nothing of it is lost, and hardly anything is added.
#include "broker/core/packed_jobs.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "broker/core/spill_entries.hpp"
#include "common/base/prng.hpp"

using namespace steward;
using namespace steward::core;
using namespace std::chrono_literals;

namespace {

Job waiting(std::uint64_t number) {
    Job job;
    job.state = model::JobState::Ready;
    job.submission = {0x1234567812345678ULL, number};
    job.accepted_at = base::WallTime{1'700'000'000s + 10us * static_cast<int>(number)};
    job.ready_at = base::MonoTime{1000s + 10us * static_cast<int>(number)};
    job.due = job.ready_at;
    job.expires = base::MonoTime::max();
    job.time_limit = 30min;
    job.result_ttl = 1h;
    job.failures_max = 5;
    job.losses_max = 5;
    job.params = {model::Encoding::Json,
                  base::Blob::copy("{\"number\": " + std::to_string(number))};
    return job;
}

// Other than plain in as many ways as chance wills.
Job any(base::Prng& prng) {
    const auto coin = [&] { return prng.chance(1, 3); };
    const auto far = [&] { return base::Duration(static_cast<std::int64_t>(prng.next() >> 8U)); };
    Job job = waiting(prng.below(2000));
    job.durable = coin();
    job.accepted_seq = job.durable ? prng.below(1U << 30U) : 0;
    if (coin()) {
        job.submission = {prng.next(), prng.next()};
    }
    if (coin()) {
        job.params = {};
    }
    if (coin()) {
        job.ready_at = base::MonoTime{far()};
    }
    if (coin()) {
        job.due = base::MonoTime{-far()};
        job.accepted_at = base::WallTime{far()};
    }
    if (coin()) {
        job.time_limit = far();
        job.losses_max = static_cast<std::uint32_t>(prng.next());
    }
    if (coin()) {
        job.attempt = 7;
        job.failures = 3;
        job.losses = 2;
        job.fate = AttemptFate::Lost;
        job.started_at = base::WallTime{far()};
        job.text = "was lost";
    }
    if (coin()) {
        job.meta = base::Blob::copy("meta");
    }
    if (coin()) {
        JobExtras& extras = job.more();
        if (coin()) {
            extras.context = "context";
            extras.batch = {3, 14};
        }
        if (coin()) {
            extras.memory_limit = prng.next();
            extras.backoff = far();
            extras.run_at = base::WallTime{far()};
        }
    }
    return job;
}

JobExtras extras_of(const Job& job) {
    JobExtras extras;
    if (job.extras != nullptr) {
        extras.context = job.extras->context;
        extras.batch = job.extras->batch;
        extras.memory_limit = job.extras->memory_limit;
        extras.backoff = job.extras->backoff;
        extras.backoff_max = job.extras->backoff_max;
        extras.run_at = job.extras->run_at;
    }
    return extras;
}

void check_same(const Job& job, const Job& back) {
    CHECK(back.state == job.state);
    CHECK(back.submission == job.submission);
    CHECK(back.params == job.params);
    CHECK(back.meta == job.meta);
    CHECK(back.durable == job.durable);
    CHECK(back.accepted_seq == job.accepted_seq);
    CHECK(back.accepted_at == job.accepted_at);
    CHECK(back.ready_at == job.ready_at);
    CHECK(back.due == job.due);
    CHECK(back.expires == job.expires);
    CHECK(back.started_at == job.started_at);
    CHECK(back.time_limit == job.time_limit);
    CHECK(back.result_ttl == job.result_ttl);
    CHECK(back.attempt == job.attempt);
    CHECK(back.fate == job.fate);
    CHECK(back.failures == job.failures);
    CHECK(back.losses == job.losses);
    CHECK(back.failures_max == job.failures_max);
    CHECK(back.losses_max == job.losses_max);
    CHECK(back.text == job.text);
    const JobExtras extras = extras_of(job);
    const JobExtras others = extras_of(back);
    CHECK(others.context == extras.context);
    CHECK(others.batch == extras.batch);
    CHECK(others.memory_limit == extras.memory_limit);
    CHECK(others.backoff == extras.backoff);
    CHECK(others.backoff_max == extras.backoff_max);
    CHECK(others.run_at == extras.run_at);
}

}  // namespace

TEST_CASE("packed jobs: whatever a waiting job remembers comes back") {
    base::Prng prng(5);
    for (int round = 0; round < 2000; ++round) {
        const Job first = any(prng);
        const Job job = any(prng);
        const PackedJobs packed(first);
        std::string bytes;
        packed.put(job, bytes);
        check_same(job, packed.get(bytes));
    }
}

TEST_CASE("packed jobs: a job that asks for nothing adds ten bytes to its params") {
    const PackedJobs packed(waiting(1));
    for (std::uint64_t number = 1; number <= 1024; ++number) {
        const Job job = waiting(number);
        std::string bytes;
        packed.put(job, bytes);
        CHECK(bytes.size() <= job.params.bytes.size() + 10);
        check_same(job, packed.get(bytes));
    }
}

TEST_CASE("spill entries: ids of any runs and orders are told, found and bounded") {
    base::Prng prng(6);
    for (int round = 0; round < 300; ++round) {
        std::vector<SpillEntry> wanted;
        std::uint32_t end = 0;
        for (std::uint64_t count = 1 + prng.below(40); count > 0; --count) {
            const std::uint64_t epoch = prng.chance(1, 4) ? prng.next() : 77;
            const std::uint64_t number = prng.chance(1, 6) ? prng.next() : prng.below(1000);
            end += static_cast<std::uint32_t>(prng.below(100));
            const model::JobId id{epoch, number};
            if (std::ranges::find(wanted, id, &SpillEntry::id) == wanted.end()) {
                wanted.push_back({id, end, static_cast<std::uint32_t>(prng.next())});
            }
        }
        const SpillEntries entries(wanted);
        REQUIRE(entries.size() == wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            CHECK(entries.id(i) == wanted[i].id);
            CHECK(entries.end(i) == wanted[i].end);
            CHECK(entries.begin(i) == (i == 0 ? 0 : wanted[i - 1].end));
            CHECK(entries.find(wanted[i].id) == i);
        }
        CHECK(entries.find({78, 1}) == entries.size());
        const auto [lowest, highest] = std::ranges::minmax(wanted, {}, &SpillEntry::id);
        CHECK(entries.bounds() == std::pair(lowest.id, highest.id));
        const auto part = entries.part(0, wanted.size());
        CHECK(std::ranges::equal(part, wanted, [](const SpillEntry& one, const SpillEntry& other) {
            return one.id == other.id && one.end == other.end && one.checksum == other.checksum;
        }));
    }
}
