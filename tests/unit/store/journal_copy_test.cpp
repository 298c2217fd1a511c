// tests: a journal copied while it is written, and looked at when it is torn or damaged.
#include "broker/store/journal_copy.hpp"

#include <algorithm>
#include <sstream>

#include <doctest/doctest.h>

#include "broker/store/journal_chain.hpp"
#include "broker/store/spill_files.hpp"
#include "tests/unit/store/fake_disk.hpp"
#include "tests/unit/store/script_disk.hpp"
#include "tests/unit/store/test_log.hpp"

namespace steward::store {
namespace {

using namespace testing;

// Records of checkpoints here that refer to a spill: "spill 7", and "spill 7 2" without entry 2.
std::optional<SpillUse> spill_in(std::string_view record) {
    constexpr std::string_view kWord = "spill ";
    if (!record.starts_with(kWord)) {
        return std::nullopt;
    }
    std::istringstream words{std::string(record.substr(kWord.size()))};
    SpillUse use;
    words >> use.spill;
    for (std::uint16_t place = 0; words >> place;) {
        use.gone.push_back(place);
    }
    return use;
}

struct Spilled {
    std::vector<SpillItem> items;
    std::string bytes;
};

Spilled spilled(std::uint64_t first) {
    Spilled made;
    for (std::uint64_t i = first; i < first + 5; ++i) {
        made.bytes += record_named(i);
        made.items.push_back({1, i, static_cast<std::uint32_t>(made.bytes.size()), 0});
    }
    return made;
}

// A checkpoint that refers to spill 1, of which its record tells, beside one that nobody needs.
void write_spilled(FakeDisk& disk, const std::string& record) {
    SpillFiles spills(disk);
    REQUIRE(spills.look());
    for (std::uint64_t i = 0; i < 2; ++i) {
        Spilled made = spilled(10 * i);
        REQUIRE(spills.write(made.items, made.bytes));
    }
    REQUIRE(write_checkpoint(disk, {1, 1}, [&](const RecordSink& put) { return put(record); }));
}

class Counter final : public ChainVisitor {
public:
    base::Expected<void> commit(const Commit& commit) override {
        records += commit.records;
        return {};
    }

    std::uint64_t records = 0;
};

ChainEnd end_of(FakeDisk& disk) {
    const auto chain = open_chain(disk);
    REQUIRE((chain && *chain));
    Counter counter;
    auto end = walk_chain(disk, **chain, counter);
    REQUIRE(end);
    return *end;
}

// Two commits in each of two files.
void write_two_files(FakeDisk& disk) {
    Log log(disk);
    REQUIRE(log.read());
    for (std::uint64_t i = 0; i < 4; ++i) {
        if (i == 2) {
            log.next_file();
        }
        REQUIRE(log.write({record_named(i)}));
        REQUIRE(log.writer.sync());
    }
}

Records records_in(FakeDisk& disk) {
    Log log(disk);
    const auto position = log.read();
    if (!position) {
        FAIL(position.error().message);
    }
    CHECK(log.report.cut.empty());
    return log.read_records;
}

/// Its first listings are what somebody saw who listed while files came and went. When the last of
/// them has been given, the file `goes` is gone.
class StaleFolder final : public ReadableFolder {
public:
    StaleFolder(FakeDisk& disk, std::vector<std::vector<std::string>> lists, std::string goes)
        : disk_(disk), lists_(std::move(lists)), goes_(std::move(goes)) {}

    base::Expected<std::vector<std::string>> list() override {
        if (lists_.empty()) {
            return disk_.list();
        }
        std::vector<std::string> first = lists_.front();
        lists_.erase(lists_.begin());
        if (lists_.empty() && !goes_.empty()) {
            CHECK(disk_.remove(goes_));
        }
        return first;
    }

    base::Expected<std::unique_ptr<ReadableFile>> open_to_read(const std::string& name) override {
        return disk_.open_to_read(name);
    }

    [[nodiscard]] std::string path_of(const std::string& name) const override {
        return disk_.path_of(name);
    }

private:
    FakeDisk& disk_;
    std::vector<std::vector<std::string>> lists_;
    std::string goes_;
};

// A broker's doings, and how many records are safe after each step.
struct Doings {
    explicit Doings(base::Prng& random) {
        Log log(disk);
        REQUIRE(log.read());
        SpillFiles spills(disk);
        std::vector<std::uint64_t> spilled_now;
        for (std::uint64_t turn = 10 + random.below(30); turn > 0; --turn) {
            if (random.chance(1, 3)) {
                Spilled made = spilled(spills_written + 1);
                spilled_now.push_back(spills.write(made.items, made.bytes).value());
                ++spills_written;
            }
            if (!spilled_now.empty() && random.chance(1, 3)) {
                const std::size_t some = random.below(spilled_now.size());
                spills.drop(spilled_now[some]);
                spilled_now.erase(spilled_now.begin() + static_cast<std::ptrdiff_t>(some));
            }
            if (random.chance(1, 5)) {
                log.next_file();
                spills.checkpoint_begins();
                REQUIRE(write_checkpoint(disk, log.at, [&](const RecordSink& put) {
                    base::Expected<void> done;
                    for (std::size_t i = 0; done && i < spilled_now.size(); ++i) {
                        done = put("spill " + std::to_string(spilled_now[i]));
                    }
                    for (std::size_t i = 0; done && i < all.size(); ++i) {
                        done = put(all[i]);
                    }
                    return done;
                }));
                REQUIRE(spills.checkpoint_ended(true));
            } else {
                Records some(1 + random.below(3), record_named(all.size()));
                REQUIRE(log.write(some));
                all.insert(all.end(), some.begin(), some.end());
                if (random.chance(1, 4)) {
                    log.next_file();
                }
            }
            safe.resize(disk.script().size(), safe.empty() ? 0 : safe.back());
            safe.push_back(all.size());
        }
        safe.resize(disk.script().size() + 1, all.size());
    }

    ScriptDisk disk;
    Records all;
    std::uint64_t spills_written = 0;  // each with the entries that spilled() makes of its number
    std::vector<std::size_t> safe;     // after so many steps
};

// That it has what Doings wrote.
void check_spill_in(FakeDisk& disk, std::uint64_t number) {
    Spilled wanted = spilled(number);
    CHECK(disk.content(file_name(FileKind::Spill, number)) ==
          encode_spill(number, wanted.items, wanted.bytes));
}

}  // namespace

TEST_CASE("A copy made while a broker writes has all that was there, whatever comes in between") {
    std::size_t copies_with_a_checkpoint = 0;
    std::size_t copied_spills = 0;
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        CAPTURE(seed);
        base::Prng random(seed);
        const Doings doings(random);
        const Script& script = doings.disk.script();
        FakeDisk source;
        REQUIRE(source.open_file("lock"));
        const std::size_t begun = 1 + random.below(script.size());
        for (std::size_t i = 0; i < begun; ++i) {
            script[i](source);
        }
        BusyFolder folder(source, script, begun, random);
        FakeDisk target;
        const auto copied = copy_journal(folder, target, &spill_in);
        if (!copied) {
            FAIL(copied.error().message);
        }
        Records found = records_in(target);
        CHECK(found.size() == copied->records);
        CHECK(look_into(target).value().spills.size() == copied->spills);
        CHECK(target.bytes() == copied->bytes);
        std::uint64_t referred = 0;
        std::erase_if(found, [&](const std::string& record) {
            const auto use = spill_in(record);
            if (use) {
                ++referred;
                check_spill_in(target, use->spill);
            }
            return use.has_value();
        });
        CHECK(referred == copied->spills);
        copied_spills += referred;
        CHECK(found.size() >= doings.safe[begun]);
        REQUIRE(found.size() <= doings.all.size());
        CHECK(std::ranges::equal(found, std::span(doings.all).first(found.size())));
        copies_with_a_checkpoint += look_into(target).value().checkpoints.empty() ? 0U : 1U;
    }
    CHECK(copies_with_a_checkpoint > 1000);
    CHECK(copied_spills > 1000);
}

TEST_CASE("A listing that misses a log which is just being replaced is noticed") {
    const std::string old = file_name(FileKind::Checkpoint, 5);
    const auto put = [](const RecordSink& sink) { return sink("state"); };
    // Between the removal of log 5 and that of checkpoint 5; 6 has taken their place.
    FakeDisk disk;
    REQUIRE(write_checkpoint(disk, {6, 9}, put));
    FakeDisk older;
    REQUIRE(write_checkpoint(older, {5, 1}, put));
    REQUIRE(disk.open_file(old).value()->write(0, older.content(old)));

    // The second look tells.
    StaleFolder once(disk, {{old}}, {});
    const auto first = open_chain(once);
    REQUIRE((first && *first));
    CHECK((*first)->checkpoint->number == 6);

    // The second look misses it too, because 7 takes the place of 6 meanwhile; but 5 is gone then.
    StaleFolder twice(disk, {{old}, {old}}, old);
    const auto second = open_chain(twice);
    REQUIRE((second && *second));
    CHECK((*second)->checkpoint->number == 6);
}

TEST_CASE("A copy leaves out what older files hold and what is no part of the journal") {
    FakeDisk disk;
    write_two_files(disk);
    REQUIRE(write_checkpoint(disk, {3, 5}, [](const RecordSink& put) { return put("all"); }));
    REQUIRE(disk.open_file(kFirstLog));  // as if it had not been removed any more
    REQUIRE(disk.open_file(unfinished_name("x")));
    REQUIRE(disk.open_file(damaged_name(kFirstLog)));
    REQUIRE(disk.open_file("notes"));
    FakeDisk target;
    const auto copied = copy_journal(disk, target, &spill_in);
    REQUIRE(copied);
    CHECK(copied->files == 1);
    CHECK(target.names() == std::vector<std::string>{file_name(FileKind::Checkpoint, 3)});
    CHECK(records_in(target) == Records{"all"});
}

TEST_CASE("Of spills a copy has those that its checkpoint refers to") {
    FakeDisk disk;
    write_spilled(disk, "spill 1");
    disk.content(file_name(FileKind::Spill, 2)).resize(50);  // just being written
    FakeDisk target;
    const auto copied = copy_journal(disk, target, &spill_in);
    REQUIRE(copied);
    CHECK(copied->spills == 1);
    CHECK(copied->files == 2);
    CHECK(target.names() == std::vector<std::string>{file_name(FileKind::Checkpoint, 1),
                                                     file_name(FileKind::Spill, 1)});
    CHECK(target.content(file_name(FileKind::Spill, 1)) ==
          disk.content(file_name(FileKind::Spill, 1)));
}

TEST_CASE("A spill that is needed and damaged or missing is not copied: file and offset are told") {
    const std::string name = file_name(FileKind::Spill, 1);
    FakeDisk disk;
    write_spilled(disk, "spill 1");
    const auto refusal = [&] {
        FakeDisk target;
        const auto copied = copy_journal(disk, target, &spill_in);
        REQUIRE_FALSE(copied);
        CHECK(copied.error().code == base::Errc::Malformed);
        return copied.error().message;
    };
    const std::uint64_t last = 8 * (disk.size_of(name) - 1);
    disk.flip_bit(name, last);
    CHECK(refusal().find("disk/" + name + ", offset 194: ") != std::string::npos);
    CHECK(refusal().find("entry 4 is not what was written") != std::string::npos);
    disk.flip_bit(name, last);
    disk.flip_bit(name, 8 * kFileHeaderBytes);
    CHECK(refusal().find("disk/" + name + ", offset 32") != std::string::npos);
    REQUIRE(disk.remove(name));
    CHECK(refusal().find("disk/" + name + ", offset 0: it is missing") != std::string::npos);
}

TEST_CASE("Damage to an entry that the checkpoint does without is copied as it is") {
    const std::string name = file_name(FileKind::Spill, 1);
    FakeDisk disk;
    write_spilled(disk, "spill 1 0 4");
    disk.flip_bit(name, 8 * (disk.size_of(name) - 1));
    FakeDisk target;
    REQUIRE(copy_journal(disk, target, &spill_in));
    CHECK(target.content(name) == disk.content(name));
}

TEST_CASE("A torn end is not copied, and the source stays as it is") {
    FakeDisk disk;
    write_two_files(disk);
    std::string& last = disk.content(file_name(FileKind::Log, 2));
    last.resize(last.size() - 1);
    const std::string before = last;
    FakeDisk target;
    const auto copied = copy_journal(disk, target, &spill_in);
    REQUIRE(copied);
    CHECK(copied->records == 3);
    CHECK(copied->cut_bytes ==
          kCommitHeaderBytes + kRecordHeaderBytes + record_named(3).size() - 1);
    CHECK(copied->bytes == target.bytes());
    CHECK(records_in(target).size() == 3);
    CHECK(disk.content(file_name(FileKind::Log, 2)) == before);
}

TEST_CASE("A file that was only begun is not copied") {
    FakeDisk disk;
    write_two_files(disk);
    disk.content(file_name(FileKind::Log, 2)).resize(kFileHeaderBytes - 1);
    FakeDisk target;
    const auto copied = copy_journal(disk, target, &spill_in);
    REQUIRE(copied);
    CHECK(copied->files == 1);
    CHECK(target.names() == std::vector<std::string>{kFirstLog});
}

TEST_CASE("A damaged journal is not copied: file, offset and rule are told") {
    FakeDisk disk;
    write_two_files(disk);
    disk.flip_bit(kFirstLog, 8 * (kFileHeaderBytes + kCommitHeaderBytes + 5));
    FakeDisk target;
    const auto copied = copy_journal(disk, target, &spill_in);
    REQUIRE_FALSE(copied);
    CHECK(copied.error().code == base::Errc::Malformed);
    CHECK(copied.error().message.find("disk/" + kFirstLog + ", offset 32: this was safe") !=
          std::string::npos);
}

TEST_CASE("A full disk, an empty folder and one that is no journal's") {
    FakeDisk disk;
    FakeDisk target;
    const auto none = copy_journal(disk, target, &spill_in);
    REQUIRE_FALSE(none);
    CHECK(none.error().message.find("holds no journal") != std::string::npos);
    REQUIRE(disk.open_file("lock"));  // a broker that has written nothing yet
    const auto empty = copy_journal(disk, target, &spill_in);
    REQUIRE(empty);
    CHECK(empty->files == 0);
    write_two_files(disk);
    target.set_room(100);
    const auto full = copy_journal(disk, target, &spill_in);
    REQUIRE_FALSE(full);
    CHECK(full.error().code == base::Errc::DiskFull);
}

TEST_CASE("What a journal ends with is told apart: sound, torn, damaged, and what a repair drops") {
    const std::string second = file_name(FileKind::Log, 2);
    FakeDisk disk;
    write_two_files(disk);
    CHECK(end_of(disk).how == ChainEnd::How::Sound);
    CHECK(end_of(disk).next == LogPosition{3, 5});

    disk.content(second).resize(disk.content(second).size() - 1);
    const ChainEnd torn = end_of(disk);
    CHECK(torn.how == ChainEnd::How::Torn);
    CHECK(torn.file == second);
    CHECK(torn.next == LogPosition{3, 4});
    CHECK(torn.offset + kCommitHeaderBytes + kRecordHeaderBytes + record_named(3).size() - 1 ==
          torn.size);

    // The same in a file that is not the last is damage, and what is behind it goes with it.
    disk.content(kFirstLog).resize(disk.content(kFirstLog).size() - 1);
    const ChainEnd damaged = end_of(disk);
    CHECK(damaged.how == ChainEnd::How::Damaged);
    CHECK(damaged.file == kFirstLog);
    CHECK(damaged.can_repair);
    CHECK(damaged.set_aside == std::vector<std::string>{second});

    REQUIRE(disk.remove(kFirstLog));
    const ChainEnd missing = end_of(disk);
    CHECK(missing.how == ChainEnd::How::Damaged);
    CHECK(missing.file == second);
    CHECK(missing.offset == 0);
    CHECK(missing.rule.find("missing") != std::string::npos);
}

TEST_CASE("Without its checkpoint nothing of a journal can be read") {
    FakeDisk disk;
    write_two_files(disk);
    REQUIRE(write_checkpoint(disk, {3, 5}, [](const RecordSink& put) { return put("all"); }));
    const std::string checkpoint = file_name(FileKind::Checkpoint, 3);
    disk.content(checkpoint).resize(disk.content(checkpoint).size() - 1);
    const ChainEnd end = end_of(disk);
    CHECK(end.how == ChainEnd::How::Damaged);
    CHECK(end.file == checkpoint);
    CHECK_FALSE(end.can_repair);
    Log log(disk);
    CHECK_FALSE(log.read(true));
    CHECK(disk.names() == std::vector<std::string>{checkpoint});
}

TEST_CASE("Every kind of file is known by its name") {
    CHECK(kind_of(kFirstLog).kind == NameKind::Log);
    CHECK(kind_of(file_name(FileKind::Checkpoint, 0xABC)).number == 0xABC);
    CHECK(kind_of(unfinished_name(kFirstLog)).kind == NameKind::Unfinished);
    CHECK(kind_of(damaged_name(kFirstLog)).kind == NameKind::Damaged);
    CHECK(kind_of("lock").kind == NameKind::Lock);
    for (const char* other : {"1.log", "000000000000000g.log", "0000000000000001.log.old", ""}) {
        CHECK(kind_of(other).kind == NameKind::Other);
    }
}

}  // namespace steward::store
