#include "tests/contract/journal_contract.hpp"

#include <algorithm>
#include <poll.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace steward::contract {
namespace {

using Records = std::vector<std::string>;

constexpr int kPatienceMs = 10'000;

store::Seq durable(const store::Journal& journal) {
    const auto seq = journal.durable();
    REQUIRE(seq.has_value());
    return *seq;
}

}  // namespace

void append(store::Journal& journal, const Records& records) {
    const std::vector<std::string_view> views(records.begin(), records.end());
    const auto appended = journal.append(views);
    if (!appended) {
        FAIL(appended.error().message);
    }
}

void await_durable(const store::Journal& journal) {
    for (store::Seq before = durable(journal); before < journal.last();) {
        REQUIRE(journal.wakeup_fd() >= 0);
        pollfd item{journal.wakeup_fd(), POLLIN, 0};
        REQUIRE(::poll(&item, 1, kPatienceMs) == 1);
        const store::Seq now = durable(journal);
        CHECK(now >= before);
        CHECK(now <= journal.last());
        before = now;
    }
}

Records replayed(store::Journal& journal) {
    Records records;
    const auto done = journal.replay([&](std::string_view record) -> base::Expected<void> {
        records.emplace_back(record);
        return {};
    });
    if (!done) {
        FAIL(done.error().message);
    }
    return records;
}

namespace {

void a_new_one_is_empty(JournalWorld& world) {
    const auto journal = world.open();
    CHECK(replayed(*journal).empty());
    CHECK(journal->last() == 0);
    CHECK(durable(*journal) == 0);
}

void records_are_numbered(JournalWorld& world) {
    const auto journal = world.open();
    append(*journal, {"one"});
    CHECK(journal->last() == 1);
    append(*journal, {"two", "three", "four"});
    CHECK(journal->last() == 4);
    append(*journal, {});
    CHECK(journal->last() == 4);
    await_durable(*journal);
    CHECK(durable(*journal) == 4);
}

void durable_comes_and_stays(JournalWorld& world) {
    const auto journal = world.open();
    store::Seq highest = 0;
    for (int i = 0; i < 1000; ++i) {
        append(*journal, {std::to_string(i)});
        const store::Seq now = durable(*journal);
        CHECK(now >= highest);
        CHECK(now <= journal->last());
        highest = now;
    }
    await_durable(*journal);
    CHECK(durable(*journal) == 1000);
    CHECK(durable(*journal) == 1000);
}

void the_descriptor_falls_silent(JournalWorld& world) {
    const auto journal = world.open();
    if (journal->wakeup_fd() < 0) {
        append(*journal, {"at once"});
        CHECK(durable(*journal) == 1);
        return;
    }
    append(*journal, {"later"});
    await_durable(*journal);
    pollfd item{journal->wakeup_fd(), POLLIN, 0};
    for (int i = 0; i < 100 && ::poll(&item, 1, 0) == 1; ++i) {
        CHECK(durable(*journal) == 1);  // a wake-up too many is allowed, one for ever is not
    }
    CHECK(::poll(&item, 1, 0) == 0);
}

void what_was_durable_is_replayed(JournalWorld& world) {
    const std::size_t large = std::min<std::size_t>(world.commit_bytes_max(), 1U << 20U);
    const Records first = {"a", "", std::string("\0\xff\n", 3), std::string(large / 2, 'x')};
    const Records second = {"b", std::string(large / 2, 'y')};
    {
        const auto journal = world.open();
        CHECK(replayed(*journal).empty());
        append(*journal, first);
        append(*journal, second);
        await_durable(*journal);
    }
    Records all = first;
    all.insert(all.end(), second.begin(), second.end());
    {
        const auto journal = world.open();
        CHECK(replayed(*journal) == (world.remembers() ? all : Records()));
        CHECK(journal->last() == 0);
        append(*journal, {"third run"});
        CHECK(journal->last() == 1);
        await_durable(*journal);
    }
    all.emplace_back("third run");
    const auto journal = world.open();
    CHECK(replayed(*journal) == (world.remembers() ? all : Records()));
}

void a_refusal_ends_the_replay(JournalWorld& world) {
    {
        const auto journal = world.open();
        append(*journal, {"good", "bad", "unseen"});
        await_durable(*journal);
    }
    const auto journal = world.open();
    Records seen;
    const auto done = journal->replay([&](std::string_view record) -> base::Expected<void> {
        seen.emplace_back(record);
        if (record == "bad") {
            return base::fail(base::Errc::Malformed, "refused here");
        }
        return {};
    });
    if (world.remembers()) {
        REQUIRE_FALSE(done.has_value());
        CHECK(done.error().message.find("refused here") != std::string::npos);
        CHECK(seen == Records{"good", "bad"});
    } else {
        CHECK(done.has_value());
    }
}

void records_are_taken_at_once(JournalWorld& world) {
    {
        const auto journal = world.open();
        std::string bytes = "original";
        const std::string_view view = bytes;
        REQUIRE(journal->append(std::span(&view, 1)).has_value());
        std::ranges::fill(bytes, '!');
        await_durable(*journal);
    }
    if (world.remembers()) {
        const auto journal = world.open();
        CHECK(replayed(*journal) == Records{"original"});
    }
}

constexpr JournalRule kRules[] = {
    {"a new journal holds nothing", &a_new_one_is_empty},
    {"records are numbered upward from 1 in each run", &records_are_numbered},
    {"durable() never moves back, never passes last(), and gets there", &durable_comes_and_stays},
    {"the wake-up descriptor falls silent once durable() has been asked",
     &the_descriptor_falls_silent},
    {"what was durable is replayed, oldest first and to the byte", &what_was_durable_is_replayed},
    {"a record that is refused ends the replay with that refusal", &a_refusal_ends_the_replay},
    {"the caller may change its bytes as soon as append() returns", &records_are_taken_at_once},
};

}  // namespace

std::span<const JournalRule> journal_rules() {
    return kRules;
}

void check_journal(const std::function<std::unique_ptr<JournalWorld>()>& make_world) {
    for (const JournalRule& rule : journal_rules()) {
        INFO(std::string(rule.sentence));
        const auto world = make_world();
        rule.check(*world);
    }
}

}  // namespace steward::contract
