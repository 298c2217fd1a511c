// tests: facts on their way into a log on a disk that loses what was not synced. What gathers while
// the journal is at work is one commit, and a job that ended meanwhile costs no params in it.
#include "broker/app/node_journal.hpp"

#include <chrono>
#include <set>

#include <doctest/doctest.h>

#include "broker/core/record_codec.hpp"
#include "broker/store/log_writer.hpp"
#include "tests/unit/store/fake_disk.hpp"

namespace steward::app {
namespace {

using namespace std::chrono_literals;
using core::JobAccepted;
using core::JobEnded;
using store::testing::FakeDisk;

constexpr base::Now kStart{base::MonoTime{1000s}, base::WallTime{1'700'000'000s}};

/// The disk journal without its thread: it works when told to.
class HandJournal final : public store::Journal {
public:
    explicit HandJournal(FakeDisk& disk) : disk_(disk), writer_(disk) {
        STEWARD_ASSERT(read([](std::string_view) -> base::Expected<void> { return {}; }));
    }

    base::Expected<void> read(const store::RecordSink& sink) {
        store::ReadReport report;
        auto at = store::read_log(disk_, sink, report);
        if (!at) {
            return base::Unexpected(at.error());
        }
        group_ = {*at, true, {}};
        next_ = at->record;
        return {};
    }

    /// What was appended is written and, when that is done, safe.
    void write() {
        REQUIRE(writer_.write(group_).has_value());
        group_ = {};
    }

    void sync() {
        REQUIRE(writer_.sync().has_value());
        safe_ = last_;
    }

    base::Expected<void> replay(const store::RecordSink& sink) override { return read(sink); }

    base::Expected<void> append(std::span<const std::string_view> records) override {
        if (is_full) {
            return base::fail(base::Errc::QueueFull, "the queue is full");
        }
        store::put_commit(group_.bytes, next_, records);
        next_ += records.size();
        last_ += records.size();
        ++commits;
        return {};
    }

    [[nodiscard]] store::Seq last() const override { return last_; }

    [[nodiscard]] base::Expected<store::Seq> durable() const override { return safe_; }

    [[nodiscard]] int wakeup_fd() const override { return -1; }

    [[nodiscard]] base::Expected<void> room() const override {
        return is_full ? base::fail(base::Errc::QueueFull, "the queue is full")
                       : base::Expected<void>();
    }

    [[nodiscard]] bool wants_checkpoint() override { return wants_one; }

    base::Expected<void> checkpoint(const store::StateWriter& /*write_state*/) override {
        appended_at_checkpoint = last_;
        return {};
    }

    bool is_full = false;
    bool wants_one = false;
    int commits = 0;
    store::Seq appended_at_checkpoint = 0;

private:
    FakeDisk& disk_;
    store::LogWriter writer_;
    store::Group group_;
    std::uint64_t next_ = 1;
    store::Seq last_ = 0;
    store::Seq safe_ = 0;
};

/// Jobs as a core would tell of them.
struct Jobs {
    std::vector<core::Append> appends;
    core::Seq last = 0;
    std::vector<core::Seq> accepted;  // by number of the job, from 0

    std::size_t accept(std::size_t params_bytes = 400) {
        model::JobSpec spec;
        spec.service = model::ServiceName::parse("X").value();
        spec.params = {model::Encoding::Opaque, base::Blob::copy(std::string(params_bytes, 'p'))};
        JobAccepted fact;
        fact.id = {7, accepted.size() + 1};
        fact.at = kStart.wall;
        fact.spec = spec;
        appends.push_back({++last, fact});
        accepted.push_back(last);
        return accepted.size() - 1;
    }

    void start(std::size_t job) {
        appends.push_back({++last, core::AttemptStarted{{{7, job + 1}, 1}, kStart.wall}});
    }

    void end(std::size_t job) {
        JobEnded fact;
        fact.id = {7, job + 1};
        fact.at = kStart.wall;
        appends.push_back({++last, fact, accepted[job]});
    }
};

struct Fed {
    FakeDisk disk;
    HandJournal journal{disk};
    JournalFeed feed{journal};
    Jobs jobs;

    void turn() { REQUIRE(feed.append(jobs.appends).has_value()); }

    void work() {
        journal.write();
        journal.sync();
    }
};

std::vector<core::Record> read_back(FakeDisk& disk) {
    std::vector<core::Record> facts;
    store::ReadReport report;
    REQUIRE(store::read_log(
                disk,
                [&](std::string_view bytes) -> base::Expected<void> {
                    facts.push_back(core::decode_record(bytes).value());
                    return {};
                },
                report)
                .has_value());
    return facts;
}

/// How many accepted jobs are there with their params, and how many without.
std::pair<std::size_t, std::size_t> with_and_without(const std::vector<core::Record>& facts) {
    std::pair<std::size_t, std::size_t> counts;
    for (const core::Record& fact : facts) {
        if (const auto* accepted = std::get_if<JobAccepted>(&fact)) {
            ++(accepted->spec.params.bytes.size() > 0 ? counts.first : counts.second);
        }
    }
    return counts;
}

}  // namespace

TEST_CASE("journal feed: the largest message's job is a commit that the journal takes") {
    // All but the params, which came in the same message as the rest and so are less than it.
    model::JobSpec spec;
    spec.service = model::ServiceName::parse(std::string(model::kNameBytesMax, 's')).value();
    model::JobOptions& o = spec.options;
    o.run_at = base::WallTime::max();
    o.delay = o.expires_in = o.time_limit = o.backoff = o.backoff_max = o.result_ttl = o.wait =
        base::Duration::max();
    for (model::Label* label : {&o.channel, &o.context, &o.group, &o.unique, &o.batch}) {
        *label = std::string(model::kNameBytesMax, 'l');
    }
    o.after.assign(model::kAfterMax, {UINT64_MAX, UINT64_MAX});
    o.meta = base::Blob::copy(std::string(model::kMetaBytesMax, 'm'));
    JobAccepted fact;
    fact.id = {UINT64_MAX, UINT64_MAX};
    fact.spec = std::move(spec);
    fact.schedule = fact.ends_batch = fact.spec.options.group;
    std::string bytes;
    core::encode_record(fact, bytes);
    CHECK(bytes.size() > model::kAfterMax * 16);
    CHECK(bytes.size() + store::kRecordHeaderBytes + model::kMessageBytesMost <=
          store::kCommitBytesMax);
}

TEST_CASE("journal feed: an idle journal gets a turn's facts at once") {
    Fed fed;
    fed.jobs.accept();
    fed.turn();
    CHECK(fed.journal.commits == 1);
    CHECK_FALSE(fed.feed.is_waiting());
    fed.work();
    fed.turn();
    CHECK(fed.feed.durable() == 1);
}

TEST_CASE("journal feed: what comes while it is at work is the next commit") {
    Fed fed;
    fed.jobs.accept();
    fed.turn();
    fed.jobs.accept();
    fed.turn();
    fed.jobs.accept();
    fed.turn();
    CHECK(fed.journal.commits == 1);
    CHECK(fed.feed.is_waiting());
    fed.work();
    fed.turn();
    CHECK(fed.journal.commits == 2);
    CHECK(fed.journal.last() == 3);
    CHECK(fed.feed.durable() == 1);
}

TEST_CASE("journal feed: of a job that ended in the same commit all is written but its params") {
    Fed fed;
    fed.jobs.accept();
    fed.turn();
    fed.work();
    const std::uint64_t before = fed.disk.bytes();
    fed.jobs.accept();  // the journal is at work with this one
    fed.turn();
    for (int i = 0; i < 10; ++i) {
        const std::size_t job = fed.jobs.accept(400);
        fed.jobs.start(job);
        fed.turn();
        fed.jobs.end(job);
        fed.turn();
    }
    fed.work();
    fed.turn();
    fed.work();
    CHECK(fed.disk.bytes() - before < 10 * 400);
    const auto facts = read_back(fed.disk);
    CHECK(facts.size() == 2 + 3 * 10);
    CHECK(with_and_without(facts) == std::pair<std::size_t, std::size_t>(2, 10));
}

TEST_CASE("journal feed: short params are written, for that costs less") {
    Fed fed;
    fed.jobs.accept();
    fed.turn();
    for (const std::size_t bytes : {255UL, 256UL}) {
        fed.jobs.end(fed.jobs.accept(bytes));
    }
    fed.turn();
    fed.work();
    fed.turn();
    fed.work();
    CHECK(with_and_without(read_back(fed.disk)) == std::pair<std::size_t, std::size_t>(2, 1));
}

TEST_CASE("journal feed: an end in a later commit changes nothing") {
    Fed fed;
    const std::size_t job = fed.jobs.accept();
    fed.turn();
    fed.jobs.end(job);
    fed.turn();
    fed.work();
    fed.turn();
    fed.work();
    CHECK(with_and_without(read_back(fed.disk)) == std::pair<std::size_t, std::size_t>(1, 0));
}

TEST_CASE("journal feed: so much gathers and no more") {
    Fed fed;
    fed.jobs.accept();
    fed.turn();
    fed.jobs.accept(2UL << 20U);
    fed.turn();
    CHECK(fed.journal.last() == 2);
    CHECK_FALSE(fed.feed.is_waiting());
}

TEST_CASE("journal feed: a turn that is more than one commit keeps the params of what it splits") {
    Fed fed;
    const std::size_t job = fed.jobs.accept(400);
    fed.jobs.accept(5UL << 20U);
    fed.jobs.end(job);
    fed.turn();
    CHECK(fed.journal.commits == 3);
    fed.work();
    CHECK(with_and_without(read_back(fed.disk)) == std::pair<std::size_t, std::size_t>(2, 0));
}

TEST_CASE("journal feed: without room it is behind, and what waited goes when there is room") {
    Fed fed;
    fed.jobs.accept();
    fed.turn();
    fed.journal.is_full = true;
    const std::size_t job = fed.jobs.accept();
    fed.turn();
    CHECK(fed.feed.is_behind());
    CHECK_FALSE(fed.feed.room().has_value());
    fed.jobs.end(job);
    fed.turn();
    fed.journal.is_full = false;
    fed.work();
    fed.turn();
    CHECK_FALSE(fed.feed.is_behind());
    CHECK(fed.journal.last() == 3);
    fed.work();
    CHECK(with_and_without(read_back(fed.disk)) == std::pair<std::size_t, std::size_t>(1, 1));
}

TEST_CASE("journal feed: a checkpoint stands behind all facts, those that gather too") {
    Fed fed;
    fed.jobs.accept();
    fed.turn();
    fed.jobs.accept();
    fed.turn();
    fed.journal.wants_one = true;
    const core::Core core({}, kStart, 1);
    REQUIRE(fed.feed.checkpoint_if_due(core).has_value());
    CHECK(fed.journal.appended_at_checkpoint == 2);
}

TEST_CASE("journal feed: after a loss of power a job has its params, or has ended") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        base::Prng random(seed);
        Fed fed;
        std::vector<std::size_t> running;
        core::Seq told = 0;
        for (int step = 0; step < 60; ++step) {
            if (random.below(2) == 0) {
                running.push_back(fed.jobs.accept(100 + random.below(800)));
                fed.jobs.start(running.back());
            }
            if (!running.empty() && random.below(3) == 0) {
                fed.jobs.end(running.back());
                running.pop_back();
            }
            if (random.below(2) == 0) {
                fed.turn();
                told = fed.feed.durable();
            }
            if (random.below(5) == 0 && fed.journal.last() > fed.feed.durable()) {
                fed.journal.write();
                if (random.below(2) == 0) {
                    fed.journal.sync();
                }
            }
        }
        fed.disk.lose_power(random);

        const auto facts = read_back(fed.disk);
        CHECK(facts.size() >= told);
        core::Core core({}, kStart, 1);
        std::set<model::JobId> without;
        for (const core::Record& fact : facts) {
            REQUIRE(core.restore(fact).has_value());
            if (const auto* accepted = std::get_if<JobAccepted>(&fact)) {
                if (accepted->spec.params.bytes.size() == 0) {
                    without.insert(accepted->id);
                }
            } else if (const auto* ended = std::get_if<JobEnded>(&fact)) {
                without.erase(ended->id);
            }
        }
        CHECK(without.empty());
    }
}

}  // namespace steward::app
