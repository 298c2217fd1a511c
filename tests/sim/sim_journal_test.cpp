// tests/sim: the fake journals keep the rules that the real ones are held to.
#include "tests/sim/sim_journal.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/contract/journal_contract.hpp"

namespace {

using namespace steward;
using namespace steward::sim;

/// Gives the fake a descriptor: waiting on it lets virtual time pass.
class DrivenJournal final : public store::Journal {
public:
    DrivenJournal(SimJournal& journal, Schedule& schedule)
        : journal_(journal), schedule_(schedule), fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
        REQUIRE(fd_ >= 0);
        journal_.open();
    }

    ~DrivenJournal() override {
        journal_.crash();
        ::close(fd_);
    }

    DrivenJournal(const DrivenJournal&) = delete;
    DrivenJournal& operator=(const DrivenJournal&) = delete;

    base::Expected<void> replay(
        const std::function<base::Expected<void>(std::string_view record)>& sink) override {
        return journal_.replay(sink);
    }

    base::Expected<void> append(std::span<const std::string_view> records) override {
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
};

class SimJournalWorld final : public contract::JournalWorld {
public:
    explicit SimJournalWorld(bool keeps) : keeps_(keeps) {
        JournalRules rules;
        rules.keeps = keeps;
        journal_.emplace(schedule_, choices_, rules);
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

void append_one(SimJournal& journal, std::string_view record) {
    REQUIRE(journal.append(std::span(&record, 1)).has_value());
}

}  // namespace

TEST_CASE("The simulated journals keep the contract of journals") {
    contract::check_journal([] { return std::make_unique<SimJournalWorld>(true); });
    contract::check_journal([] { return std::make_unique<SimJournalWorld>(false); });
}

TEST_CASE("A simulated crash loses only what was not durable, and of that the youngest") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Schedule schedule;
        SeededChoices choices(seed);
        JournalRules rules;
        rules.keeps = true;
        SimJournal journal(schedule, choices, rules);
        journal.open();
        for (const std::string_view record : {"1", "2", "3"}) {
            append_one(journal, record);
        }
        for (std::uint64_t step = seed % 4; step > 0; --step) {
            schedule.step();
        }
        const auto safe = journal.durable().value_or(0);
        journal.crash();
        std::string kept;
        REQUIRE(journal
                    .replay([&](std::string_view record) -> base::Expected<void> {
                        kept += record;
                        return {};
                    })
                    .has_value());
        CHECK(kept.size() >= safe);
        CHECK(std::string_view("123").starts_with(kept));
    }
}
