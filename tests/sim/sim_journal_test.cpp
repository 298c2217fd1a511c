// tests/sim: the journals of simulated brokers keep the rules that the real ones are held to, and
// the disk's accidents happen to them.
#include "tests/sim/sim_journal.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/contract/journal_contract.hpp"

namespace {

using namespace steward;
using namespace steward::sim;

constexpr int kStepsMax = 10'000;

void listen_to_nothing(SimJournal& journal) {
    journal.set_on_moved([] {});
    journal.set_on_stored([](std::string_view) {});
    journal.set_on_checkpoint([](const auto&, const auto&) {});
}

/// Gives it a descriptor: waiting on it lets virtual time pass. Reads before the first append.
class DrivenJournal final : public store::Journal {
public:
    DrivenJournal(SimJournal& journal, Schedule& schedule)
        : journal_(journal), schedule_(schedule), fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
        REQUIRE(fd_ >= 0);
        journal_.open();
    }

    ~DrivenJournal() override {
        while (journal_.durable().value_or(0) < journal_.last() && schedule_.step()) {
        }
        journal_.crash();
        ::close(fd_);
    }

    DrivenJournal(const DrivenJournal&) = delete;
    DrivenJournal& operator=(const DrivenJournal&) = delete;

    base::Expected<void> replay(const store::RecordSink& sink) override {
        is_read_ = true;
        return journal_.replay(sink);
    }

    base::Expected<void> append(std::span<const std::string_view> records) override {
        if (!is_read_) {
            const auto done = replay([](std::string_view) { return base::Expected<void>(); });
            REQUIRE(done.has_value());
        }
        while (true) {
            auto taken = journal_.append(records);
            if (taken || taken.error().code != base::Errc::QueueFull || !schedule_.step()) {
                REQUIRE(::eventfd_write(fd_, 1) == 0);
                return taken;
            }
        }
    }

    [[nodiscard]] store::Seq last() const override { return journal_.last(); }

    [[nodiscard]] base::Expected<store::Seq> durable() const override {
        if (!schedule_.step()) {
            eventfd_t ignored = 0;
            (void)::eventfd_read(fd_, &ignored);
        }
        return journal_.durable();
    }

    [[nodiscard]] int wakeup_fd() const override { return fd_; }

private:
    SimJournal& journal_;
    Schedule& schedule_;
    int fd_;
    bool is_read_ = false;
};

class SimJournalWorld final : public contract::JournalWorld {
public:
    explicit SimJournalWorld(bool keeps) : keeps_(keeps) {
        JournalRules rules;
        rules.keeps = keeps;
        journal_.emplace(schedule_, choices_, rules);
        listen_to_nothing(*journal_);
    }

    std::unique_ptr<store::Journal> open() override {
        return std::make_unique<DrivenJournal>(*journal_, schedule_);
    }

    bool remembers() const override { return keeps_; }

    std::size_t commit_bytes_max() const override { return 64U << 20U; }

private:
    bool keeps_;
    Schedule schedule_;
    SeededChoices choices_{1};
    std::optional<SimJournal> journal_;
};

/// A journal on a disk, and what is to be known of it.
struct Kept {
    explicit Kept(std::uint64_t seed, bool loses_power = false) : choices(seed) {
        JournalRules rules;
        rules.keeps = true;
        rules.loses_power = loses_power;
        journal.emplace(schedule, choices, rules);
        listen_to_nothing(*journal);
        CHECK(restart().empty());
    }

    std::vector<std::string> restart() {
        if (was_open) {
            journal->crash();
        }
        was_open = true;
        journal->open();
        return contract::replayed(*journal);
    }

    void append(std::string_view record) {
        REQUIRE(journal->append(std::span(&record, 1)).has_value());
    }

    /// Time passes until something is so.
    template <class Condition>
    void await(Condition&& condition) {
        for (int step = 0; step < kStepsMax && !condition(); ++step) {
            REQUIRE(schedule.step());
        }
        REQUIRE(condition());
    }

    Schedule schedule;
    SeededChoices choices;
    std::optional<SimJournal> journal;
    bool was_open = false;
};

}  // namespace

TEST_CASE("The simulated journals keep the contract of journals") {
    contract::check_journal([] { return std::make_unique<SimJournalWorld>(true); });
    contract::check_journal([] { return std::make_unique<SimJournalWorld>(false); });
}

TEST_CASE("A simulated crash loses only what was not durable, and of that the youngest") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Kept kept(seed, seed % 2 == 0);
        for (const std::string_view record : {"1", "2", "3"}) {
            kept.append(record);
        }
        for (std::uint64_t step = seed % 4; step > 0; --step) {
            kept.schedule.step();
        }
        const auto safe = kept.journal->durable().value_or(0);
        std::string read;
        for (const std::string& record : kept.restart()) {
            read += record;
        }
        CHECK(read.size() >= safe);
        CHECK(std::string_view("123").starts_with(read));
    }
}

TEST_CASE("A process dies within a call to its disk, and nothing of it happens afterwards") {
    Kept kept(1);
    kept.append("1");
    kept.await([&] { return kept.journal->durable().value_or(0) == 1; });
    kept.journal->die_after(0);
    kept.append("2");
    kept.await([&] { return kept.journal->is_dead(); });
    CHECK(kept.restart() == std::vector<std::string>{"1"});
    CHECK(kept.journal->tally().deaths_in_calls == 1);
}

TEST_CASE("A full disk refuses, and takes again when there is room") {
    Kept kept(1);
    kept.append("1");
    kept.await([&] { return kept.journal->durable().value_or(0) == 1; });
    kept.journal->fill_for(3s, 10);
    kept.append("2");
    kept.await([&] { return !kept.journal->room(); });
    CHECK(kept.journal->room().error().code == base::Errc::DiskFull);
    kept.await([&] { return kept.journal->room().has_value(); });
    kept.await([&] { return kept.journal->durable().value_or(0) == 2; });
    CHECK(kept.restart() == std::vector<std::string>{"1", "2"});
}

TEST_CASE("A sync that fails is the journal's end; the next process finds what was written") {
    Kept kept(1);
    kept.append("1");
    kept.await([&] { return kept.journal->durable().value_or(0) == 1; });
    kept.journal->fail_sync_after(0);
    kept.append("2");
    kept.await([&] { return !kept.journal->durable(); });
    CHECK(kept.journal->has_failed());
    kept.journal->crash();
    kept.journal->peace();
    kept.journal->open();
    CHECK(contract::replayed(*kept.journal) == std::vector<std::string>{"1", "2"});
}

TEST_CASE("A checkpoint is written beside the journal, call by call") {
    Kept kept(1);
    kept.append("1");
    kept.append("2");
    REQUIRE(kept.journal->checkpoint([](const store::RecordSink& put) { return put("both"); })
                .has_value());
    kept.append("3");
    kept.await([&] { return kept.journal->tally().checkpoints == 1; });
    kept.await([&] { return kept.journal->durable().value_or(0) == 3; });
    CHECK(kept.restart() == std::vector<std::string>{"both", "3"});
}
