// tests/contract: the journal on a real disk, with its threads and its copies of the process.
#include "broker/store/disk_journal.hpp"

#include <atomic>
#include <filesystem>
#include <poll.h>
#include <string>
#include <unistd.h>

#include <doctest/doctest.h>

#include "broker/store/fork_checkpointer.hpp"
#include "broker/store/posix_disk.hpp"
#include "tests/contract/journal_contract.hpp"
#include "tests/e2e/harness/wait_until.hpp"

namespace {

using namespace steward;
using namespace std::chrono_literals;

class Folder {
public:
    Folder()
        : path_((std::filesystem::temp_directory_path() /
                 ("steward-journal-" + std::to_string(::getpid()) + "-" + std::to_string(++made_)))
                    .string()) {}

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::string& path() const { return path_; }

    [[nodiscard]] std::size_t files(const std::string& ending) const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(path_)) {
            count += entry.path().string().ends_with(ending) ? 1U : 0U;
        }
        return count;
    }

private:
    static inline int made_ = 0;
    std::string path_;
};

std::unique_ptr<store::DiskJournal> open_journal(const Folder& folder,
                                                 const store::DiskJournalOptions& options) {
    auto disk = store::PosixDisk::open(folder.path());
    if (!disk) {
        FAIL(disk.error().message);
    }
    auto journal = store::DiskJournal::open(
        std::move(*disk), std::make_unique<store::ForkCheckpointer>(), options);
    REQUIRE(journal.has_value());
    return std::move(*journal);
}

class DiskWorld final : public contract::JournalWorld {
public:
    explicit DiskWorld(store::Durability durability) { options_.durability = durability; }

    std::unique_ptr<store::Journal> open() override {
        auto journal = open_journal(folder_, options_);
        // The contract's rules append at once; a broker has always read before.
        auto unread = std::make_unique<Unread>(std::move(journal));
        return unread;
    }

    bool remembers() const override { return true; }

    std::size_t commit_bytes_max() const override { return 64U << 20U; }

private:
    // Reads what is there before the first append, if the rule has not.
    class Unread final : public store::Journal {
    public:
        explicit Unread(std::unique_ptr<store::DiskJournal> journal)
            : journal_(std::move(journal)) {}

        base::Expected<void> replay(const store::RecordSink& sink) override {
            is_read_ = true;
            return journal_->replay(sink);
        }

        base::Expected<void> append(std::span<const std::string_view> records) override {
            if (!is_read_) {
                const auto done = replay([](std::string_view) { return base::Expected<void>(); });
                REQUIRE(done.has_value());
            }
            return journal_->append(records);
        }

        store::Seq last() const override { return journal_->last(); }

        base::Expected<store::Seq> durable() const override { return journal_->durable(); }

        int wakeup_fd() const override { return journal_->wakeup_fd(); }

    private:
        std::unique_ptr<store::DiskJournal> journal_;
        bool is_read_ = false;
    };

    Folder folder_;
    store::DiskJournalOptions options_;
};

}  // namespace

TEST_CASE("The journal on disk keeps the contract of journals, however durable it is") {
    for (const auto durability :
         {store::Durability::Sync, store::Durability::Interval, store::Durability::Os}) {
        CAPTURE(static_cast<int>(durability));
        contract::check_journal([&] { return std::make_unique<DiskWorld>(durability); });
    }
}

TEST_CASE("Checkpoints give back space while the journal goes on, and lose nothing") {
    const Folder folder;
    store::DiskJournalOptions options;
    options.file_bytes_max = 64UL << 10U;
    options.checkpoint_bytes_min = 256UL << 10U;
    std::uint64_t sum = 0;  // the state: what all records add up to
    constexpr std::uint64_t kRecords = 40'000;
    std::size_t checkpoints = 0;
    std::size_t files_most = 0;
    {
        const auto journal = open_journal(folder, options);
        CHECK(contract::replayed(*journal).empty());
        for (std::uint64_t i = 1; i <= kRecords; ++i) {
            contract::append(*journal, {std::to_string(i) + std::string(50, ' ')});
            sum += i;
            if (journal->wants_checkpoint()) {
                ++checkpoints;
                REQUIRE(journal->checkpoint(
                    [&](const store::RecordSink& put) { return put(std::to_string(sum)); }));
            }
            if (i % 1000 == 0) {
                contract::await_durable(*journal);
                files_most = std::max(files_most, folder.files(".log"));
            }
        }
        contract::await_durable(*journal);
        // The copy of the process that writes one ends with the journal.
        CHECK(e2e::wait_until([&] { return folder.files(".checkpoint") >= 1; }));
    }
    // The address sanitizer's allocator may be left locked in a copy, which then never ends.
    CHECK(checkpoints >= 1);
    CHECK((checkpoints == 1 || files_most < kRecords * 90 / options.file_bytes_max));
    const auto journal = open_journal(folder, options);
    std::uint64_t read = 0;
    for (const std::string& record : contract::replayed(*journal)) {
        read += std::stoull(record);
    }
    CHECK(read == sum);
    CHECK(folder.files(".checkpoint") == 1);
}

TEST_CASE("A journal belongs to one process, and says so to another") {
    const Folder folder;
    const auto first = store::PosixDisk::open(folder.path());
    REQUIRE(first.has_value());
    const auto second = store::PosixDisk::open(folder.path());
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().message.find(folder.path()) != std::string::npos);
}

TEST_CASE("A queue that is not written in time refuses, and takes again when it is") {
    const Folder folder;
    store::DiskJournalOptions options;
    options.queue_bytes_max = 1000;
    const auto journal = open_journal(folder, options);
    CHECK(contract::replayed(*journal).empty());
    const std::string record(900, 'x');
    const std::string_view view = record;
    bool was_refused = false;
    for (int i = 0; i < 100'000 && !was_refused; ++i) {
        const auto taken = journal->append(std::span(&view, 1));
        was_refused = !taken;
        if (!taken) {
            CHECK(taken.error().code == base::Errc::QueueFull);
        }
    }
    CHECK(was_refused);
    contract::await_durable(*journal);
    CHECK(journal->append(std::span(&view, 1)).has_value());
}

TEST_CASE("A journal tells what it has written and synced") {
    const Folder folder;
    const auto journal = open_journal(folder, {});
    CHECK(contract::replayed(*journal).empty());
    CHECK(journal->state().syncs == 0);
    const std::string_view records[] = {"one", "two", "three"};
    REQUIRE(journal->append(records).has_value());
    contract::await_durable(*journal);
    const store::JournalState state = journal->state();
    CHECK(state.log_bytes > 11);
    CHECK(state.checkpoint_bytes == 0);
    CHECK(state.queue_bytes == 0);
    CHECK(state.syncs == 1);
    CHECK(state.last_sync_records == 3);
    CHECK(state.sync_time == state.last_sync);
    CHECK_FALSE(state.is_full);
}
