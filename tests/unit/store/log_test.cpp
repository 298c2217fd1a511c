// tests: the log on a disk that loses what was not synced. Whatever happens, what was safe is read
// again, nothing else but what was written after it, and in order.
#include <doctest/doctest.h>

#include "tests/unit/store/fake_disk.hpp"
#include "tests/unit/store/test_log.hpp"

namespace steward::store {
namespace {

using namespace testing;

void write_three_commits(FakeDisk& disk) {
    Log log(disk);
    REQUIRE(log.read());
    for (std::uint64_t i = 0; i < 3; ++i) {
        REQUIRE(log.write({record_named(i)}));
        REQUIRE(log.writer.sync());
    }
}

}  // namespace

TEST_CASE("What was written is read again, over several files and runs") {
    FakeDisk disk;
    Records all;
    for (std::uint64_t run = 0; run < 3; ++run) {
        Log log(disk);
        REQUIRE(log.read());
        CHECK(log.read_records == all);
        CHECK(log.at == LogPosition{run == 0 ? 1 : 1 + 2 * run, 1 + all.size()});
        for (std::uint64_t i = 0; i < 4; ++i) {
            const Records some = {record_named(run * 10 + i), "", std::string("\0\xff", 2)};
            REQUIRE(log.write(some));
            all.insert(all.end(), some.begin(), some.end());
            if (i == 1) {
                log.next_file();
            }
        }
        REQUIRE(log.writer.sync());
    }
}

TEST_CASE("Power lost at any moment: what was safe is there, and nothing that was not written") {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        CAPTURE(seed);
        base::Prng random(seed);
        FakeDisk disk;
        Records known;  // what the last run read, and what it wrote
        for (int run = 0; run < 3; ++run) {
            Log log(disk);
            REQUIRE(log.read());
            known = log.read_records;
            std::size_t safe = known.size();
            for (std::uint64_t step = random.below(20); step > 0; --step) {
                Records some;
                for (std::uint64_t count = 1 + random.below(3); count > 0; --count) {
                    some.push_back(record_named(known.size() + some.size()));
                }
                REQUIRE(log.write(some));
                known.insert(known.end(), some.begin(), some.end());
                if (random.chance(1, 3)) {
                    REQUIRE(log.writer.sync());
                    safe = known.size();
                }
                if (random.chance(1, 8)) {
                    log.next_file();
                }
            }
            disk.lose_power(random);
            Log after(disk);
            const auto position = after.read();
            if (!position) {
                FAIL(position.error().message);
            }
            CHECK(after.read_records.size() >= safe);
            REQUIRE(after.read_records.size() <= known.size());
            known.resize(after.read_records.size());
            CHECK(after.read_records == known);
            CHECK(position->record == known.size() + 1);
        }
    }
}

TEST_CASE("What a start has read is safe, though its writer died before it synced") {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        base::Prng random(seed);
        FakeDisk disk;
        write_three_commits(disk);
        {
            Log dies(disk);
            REQUIRE(dies.read());
            REQUIRE(dies.write({"synced"}));
            REQUIRE(dies.writer.sync());
            REQUIRE(dies.write({"only written"}));
        }
        Log next(disk);
        REQUIRE(next.read());
        REQUIRE(next.read_records.size() == 5);
        if (random.chance(1, 2)) {
            REQUIRE(next.write({"in the next file"}));
        }
        disk.lose_power(random);
        Log after(disk);
        REQUIRE(after.read());
        REQUIRE(after.read_records.size() >= 5);
        CHECK(after.read_records[4] == "only written");
    }
}

TEST_CASE("Every flipped bit of what was safe is noticed, and named by file and offset") {
    FakeDisk sound;
    write_three_commits(sound);
    const std::size_t bits = sound.content(kFirstLog).size() * 8;
    // The last commit alone may be a torn one: nothing behind it says that it was safe.
    const std::size_t last = sound.content(kFirstLog).size() - kCommitHeaderBytes -
                             kRecordHeaderBytes - record_named(2).size();
    for (std::size_t bit = 0; bit < bits; ++bit) {
        CAPTURE(bit);
        FakeDisk disk;
        write_three_commits(disk);
        disk.flip_bit(kFirstLog, bit);
        Log log(disk);
        const auto position = log.read();
        if (bit / 8 < last) {
            REQUIRE_FALSE(position.has_value());
            CHECK(position.error().message.find("disk/" + kFirstLog) != std::string::npos);
        } else {
            REQUIRE(position.has_value());
            CHECK(log.read_records == Records{record_named(0), record_named(1)});
            CHECK(log.report.cut.size() == 1);
        }
    }
}

TEST_CASE("Repair goes on without what is damaged, says so, and the journal works again") {
    FakeDisk disk;
    write_three_commits(disk);
    {
        Log log(disk);
        REQUIRE(log.read());
        REQUIRE(log.write({"in the second file"}));
        REQUIRE(log.writer.sync());
    }
    disk.flip_bit(kFirstLog, 8 * (kFileHeaderBytes + kCommitHeaderBytes + 10));
    Log log(disk);
    REQUIRE_FALSE(log.read());
    const auto position = log.read(true);
    REQUIRE(position.has_value());
    CHECK(log.read_records.empty());
    CHECK(log.report.cut.size() == 2);
    CHECK(disk.names().back().ends_with(".damaged"));
    REQUIRE(log.write({"after the repair"}));
    REQUIRE(log.writer.sync());
    Log again(disk);
    REQUIRE(again.read());
    CHECK(again.read_records == Records{"after the repair"});
}

TEST_CASE("A missing file is noticed") {
    FakeDisk disk;
    for (int i = 0; i < 3; ++i) {
        Log log(disk);
        REQUIRE(log.read());
        REQUIRE(log.write({"in file " + std::to_string(i)}));
        REQUIRE(log.writer.sync());
    }
    REQUIRE(disk.remove(file_name(FileKind::Log, 2)));
    Log log(disk);
    const auto position = log.read();
    REQUIRE_FALSE(position.has_value());
    CHECK(position.error().message.find("missing") != std::string::npos);
}

TEST_CASE("A full disk: nothing of the group counts, and it can be tried again") {
    FakeDisk disk;
    Log log(disk);
    REQUIRE(log.read());
    REQUIRE(log.write({"first"}));
    REQUIRE(log.writer.sync());
    disk.set_room(disk.bytes() + 20);
    for (int i = 0; i < 3; ++i) {
        const auto written = log.write({"second"});
        REQUIRE_FALSE(written.has_value());
        CHECK(written.error().code == base::Errc::DiskFull);
    }
    disk.set_room(1000);
    REQUIRE(log.write({"second"}));
    REQUIRE(log.writer.sync());
    Log again(disk);
    REQUIRE(again.read());
    CHECK(again.read_records == Records{"first", "second"});
    CHECK(again.report.cut.empty());
}

TEST_CASE("A checkpoint takes the place of what is before it, whenever power is lost") {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        CAPTURE(seed);
        base::Prng random(seed);
        FakeDisk disk;
        {
            Log log(disk);
            REQUIRE(log.read());
            REQUIRE(log.write({"one", "two"}));
            REQUIRE(log.writer.sync());
        }
        Log log(disk);
        REQUIRE(log.read());
        disk.fail_sync_after(random.below(6));
        const auto done =
            write_checkpoint(disk, log.at, [](const RecordSink& put) { return put("both"); });
        disk.fail_sync_after(UINT64_MAX);
        disk.lose_power(random);
        Log after(disk);
        REQUIRE(after.read());
        if (done) {
            CHECK(after.read_records == Records{"both"});
        } else {
            CHECK((after.read_records == Records{"both"} ||
                   after.read_records == Records{"one", "two"}));
        }
        CHECK(after.at.record == 3);
        REQUIRE(after.write({"three"}));
        REQUIRE(after.writer.sync());
        Log last(disk);
        REQUIRE(last.read());
        CHECK(last.read_records.back() == "three");
        for (const std::string& name : disk.names()) {
            CHECK_FALSE(name.ends_with(".unfinished"));
        }
    }
}

TEST_CASE("A checkpoint that finds no room leaves nothing behind, and the log as it was") {
    FakeDisk disk;
    write_three_commits(disk);
    disk.set_room(disk.bytes() + 1000);
    Log log(disk);
    REQUIRE(log.read());
    const std::string large(2000, 'x');
    const auto done =
        write_checkpoint(disk, log.at, [&](const RecordSink& put) { return put(large); });
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == base::Errc::DiskFull);
    CHECK(disk.names() == std::vector<std::string>{kFirstLog});
    REQUIRE(log.read());
    CHECK(log.read_records.size() == 3);
}

TEST_CASE("A damaged checkpoint is no journal to go on from, and nobody is told to repair it") {
    FakeDisk disk;
    REQUIRE(write_checkpoint(disk, {4, 100}, [](const RecordSink& put) { return put("all"); }));
    disk.flip_bit(file_name(FileKind::Checkpoint, 4), 8 * (kFileHeaderBytes + 1));
    for (const bool repair : {false, true}) {
        Log log(disk);
        const auto read = log.read(repair);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().code == base::Errc::Malformed);
        CHECK(read.error().message.find("--repair does not help") != std::string::npos);
    }
}

TEST_CASE("A checkpoint larger than one commit is whole") {
    FakeDisk disk;
    const std::string large(700'000, 'x');
    REQUIRE(write_checkpoint(disk, {4, 100}, [&](const RecordSink& put) -> base::Expected<void> {
        for (int i = 0; i < 5; ++i) {
            if (auto done = put(large); !done) {
                return done;
            }
        }
        return {};
    }));
    Log log(disk);
    REQUIRE(log.read());
    CHECK(log.read_records == Records(5, large));
    CHECK(log.at == LogPosition{4, 100});
    disk.content(file_name(FileKind::Checkpoint, 4)).resize(2'000'000);
    CHECK_FALSE(log.read());
}

}  // namespace steward::store
