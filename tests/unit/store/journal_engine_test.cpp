// tests: the disk journal's engine, step by step: one write or one sync each, and nothing is
// durable before its time.
#include "broker/store/journal_engine.hpp"

#include <doctest/doctest.h>

#include "broker/store/log_files.hpp"
#include "tests/unit/store/fake_disk.hpp"

namespace steward::store {
namespace {

using namespace std::chrono_literals;
using testing::FakeDisk;

constexpr base::MonoTime kStart{1s};

/// The fake is the test's, the engine has a door to it.
class Door final : public Disk {
public:
    explicit Door(FakeDisk& disk) : disk_(disk) {}

    base::Expected<std::vector<std::string>> list() override { return disk_.list(); }

    base::Expected<std::unique_ptr<ReadableFile>> open_to_read(const std::string& name) override {
        return disk_.open_to_read(name);
    }

    base::Expected<std::unique_ptr<File>> open_file(const std::string& name) override {
        return disk_.open_file(name);
    }

    base::Expected<void> remove(const std::string& name) override { return disk_.remove(name); }

    base::Expected<void> rename(const std::string& from, const std::string& to) override {
        return disk_.rename(from, to);
    }

    base::Expected<void> sync_names() override { return disk_.sync_names(); }

    std::string path_of(const std::string& name) const override { return disk_.path_of(name); }

private:
    FakeDisk& disk_;
};

class NoCheckpointer final : public Checkpointer {
public:
    base::Expected<void> start(Disk&, const LogPosition&, const StateWriter&) override {
        return base::fail(base::Errc::Io, "no checkpoints here");
    }

    Progress progress() override { return Progress::Failed; }
};

/// Writes them at once.
class DirectCheckpointer final : public Checkpointer {
public:
    base::Expected<void> start(Disk& disk,
                               const LogPosition& at,
                               const StateWriter& write_state) override {
        return write_checkpoint(disk, at, write_state);
    }

    Progress progress() override { return Progress::Done; }
};

constexpr std::string_view kSpillRecord = "in spill 1";

// The 1st checkpoint, whose one record refers to spill 1.
void write_checkpoint_with_spill(FakeDisk& disk) {
    SpillFiles spills(disk);
    std::vector<SpillItem> items = {{1, 1, 3, 0}};
    REQUIRE(spills.write(items, "one"));
    REQUIRE(
        write_checkpoint(disk, {1, 1}, [](const RecordSink& put) { return put(kSpillRecord); }));
}

// The engine on such a disk. What it replays opens the spill.
struct OverSpill {
    explicit OverSpill(FakeDisk& disk, bool repair, bool has_checkpoints = true)
        : engine(std::make_unique<Door>(disk), checkpointer(has_checkpoints), {}, repair, [] {}),
          replayed(engine.replay([this](std::string_view record) {
              records.emplace_back(record);
              return record == kSpillRecord ? engine.spills().open(1).map([](auto&&) {})
                                            : base::Expected<void>();
          })) {}

    static std::unique_ptr<Checkpointer> checkpointer(bool has_checkpoints) {
        if (has_checkpoints) {
            return std::make_unique<DirectCheckpointer>();
        }
        return std::make_unique<NoCheckpointer>();
    }

    std::vector<std::string> records;
    JournalEngine engine;
    base::Expected<void> replayed;
};

struct Stepped {
    explicit Stepped(Durability durability) {
        options.durability = durability;
        engine = std::make_unique<JournalEngine>(std::make_unique<Door>(disk),
                                                 std::make_unique<NoCheckpointer>(),
                                                 options,
                                                 false,
                                                 [this] { ++moved; });
        REQUIRE(engine->replay([](std::string_view) { return base::Expected<void>(); }));
    }

    bool append(std::string_view record) const {
        const auto is_news = engine->append(std::span(&record, 1));
        REQUIRE(is_news.has_value());
        return *is_news;
    }

    [[nodiscard]] Seq durable() const { return engine->durable().value(); }

    FakeDisk disk;
    DiskJournalOptions options;
    int moved = 0;
    std::unique_ptr<JournalEngine> engine;
};

}  // namespace

TEST_CASE("With sync, a write is one step and its sync the next, and only that makes it durable") {
    Stepped stepped(Durability::Sync);
    CHECK(stepped.engine->step(kStart) == base::MonoTime::max());
    CHECK(stepped.append("1"));
    CHECK_FALSE(stepped.append("2"));
    CHECK(stepped.engine->step(kStart) == kStart);
    CHECK(stepped.durable() == 0);
    CHECK(stepped.append("3"));  // goes into the next group
    CHECK(stepped.engine->step(kStart) == kStart);
    CHECK(stepped.durable() == 2);
    CHECK(stepped.moved == 1);
    CHECK(stepped.engine->step(kStart) == kStart);
    CHECK(stepped.engine->step(kStart) == kStart);
    CHECK(stepped.durable() == 3);
    CHECK(stepped.engine->step(kStart) == base::MonoTime::max());
}

TEST_CASE("With an interval, what is written is durable at once and synced when it is over") {
    Stepped stepped(Durability::Interval);
    stepped.append("1");
    CHECK(stepped.engine->step(kStart) == kStart);
    CHECK(stepped.durable() == 1);
    const base::MonoTime due = kStart + stepped.options.sync_interval;
    CHECK(stepped.engine->step(kStart) == due);
    stepped.disk.fail_sync_after(0);
    CHECK(stepped.engine->step(due - 1us) == due);
    CHECK(stepped.engine->durable().has_value());
    CHECK(stepped.engine->step(due) == base::MonoTime::max());
    CHECK(stepped.engine->durable().error().code == base::Errc::JournalFailed);
    CHECK(stepped.engine->room().error().code == base::Errc::JournalFailed);
}

TEST_CASE("With os, nothing is synced but the beginnings of files, and at the end everything") {
    Stepped stepped(Durability::Os);
    stepped.append("1");
    CHECK(stepped.engine->step(kStart) == kStart);
    CHECK(stepped.durable() == 1);
    stepped.disk.fail_sync_after(0);
    CHECK(stepped.engine->step(kStart) == base::MonoTime::max());
    CHECK(stepped.engine->durable().has_value());
    stepped.engine->finish();
    CHECK_FALSE(stepped.engine->durable().has_value());
}

TEST_CASE(
    "A full disk is tried again after a while, and what was written before is synced meanwhile") {
    Stepped stepped(Durability::Interval);
    stepped.append("1");
    CHECK(stepped.engine->step(kStart) == kStart);
    stepped.append("2");
    stepped.disk.set_room(stepped.disk.bytes());
    const base::MonoTime due = kStart + stepped.options.sync_interval;
    CHECK(stepped.engine->step(kStart) == due);
    CHECK(stepped.engine->room().error().code == base::Errc::DiskFull);
    CHECK(stepped.engine->step(due) == due);
    const base::MonoTime retry = kStart + stepped.options.full_retry;
    CHECK(stepped.engine->step(due) == retry);
    CHECK(stepped.durable() == 1);
    stepped.disk.set_room(UINT64_MAX);
    CHECK(stepped.engine->step(retry) == retry);
    CHECK(stepped.engine->room().has_value());
    CHECK(stepped.durable() == 2);
}

TEST_CASE("After a repair has given up what a checkpoint refers to, another follows at once") {
    FakeDisk disk;
    write_checkpoint_with_spill(disk);
    OverSpill sound(disk, true);
    REQUIRE(sound.replayed);
    CHECK_FALSE(sound.engine.wants_checkpoint());
    disk.flip_bit(file_name(FileKind::Spill, 1), 8 * kFileHeaderBytes);
    CHECK(OverSpill(disk, false).replayed.error().code == base::Errc::Malformed);
    OverSpill repaired(disk, true);
    REQUIRE(repaired.replayed);
    REQUIRE(repaired.engine.wants_checkpoint());
    REQUIRE(repaired.engine.checkpoint([](const RecordSink&) { return base::Expected<void>(); }));
    CHECK_FALSE(repaired.engine.wants_checkpoint());
    CHECK(disk.names() == std::vector<std::string>{file_name(FileKind::Checkpoint, 1),
                                                   damaged_name(file_name(FileKind::Spill, 1))});
    CHECK(OverSpill(disk, false).replayed);
}

TEST_CASE("What is durable after a repair is found again, whether its checkpoint was done or not") {
    for (const bool is_done : {false, true}) {
        CAPTURE(is_done);
        FakeDisk disk;
        write_checkpoint_with_spill(disk);
        disk.flip_bit(file_name(FileKind::Spill, 1), 8 * kFileHeaderBytes);
        OverSpill repaired(disk, true, is_done);
        REQUIRE(repaired.replayed);
        REQUIRE(repaired.engine.wants_checkpoint());
        const auto nothing = [](const RecordSink&) { return base::Expected<void>(); };
        CHECK(repaired.engine.checkpoint(nothing).has_value() == is_done);
        constexpr std::string_view kRecord = "after";
        REQUIRE(repaired.engine.append(std::span(&kRecord, 1)));
        while (repaired.engine.step(kStart) == kStart) {
        }
        REQUIRE(repaired.engine.durable().value() == 1);
        OverSpill again(disk, !is_done);
        REQUIRE(again.replayed);
        CHECK(again.records.back() == kRecord);
    }
}

}  // namespace steward::store
