// tests: spill files on a disk that forgets, tears and rots: what a checkpoint relies on is there,
// what nobody needs goes, and damage is named by file and offset.
#include "broker/store/spill_files.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "broker/store/log_files.hpp"
#include "broker/store/segment_format.hpp"
#include "tests/unit/store/fake_disk.hpp"

namespace steward::store {
namespace {

using testing::FakeDisk;

struct Sample {
    std::vector<SpillItem> items;
    std::string bytes;
};

Sample sample(std::uint64_t first, std::size_t count) {
    Sample made;
    for (std::size_t i = 0; i < count; ++i) {
        made.bytes += "entry " + std::to_string(first + i) + std::string(i % 7, '.');
        made.items.push_back({9, first + i, static_cast<std::uint32_t>(made.bytes.size()), 0});
    }
    return made;
}

std::string text_of(const Sample& from, std::size_t index) {
    const std::uint32_t begin = index == 0 ? 0 : from.items[index - 1].end;
    return from.bytes.substr(begin, from.items[index].end - begin);
}

base::Expected<std::string> read_one(SpillFiles& files,
                                     std::uint64_t file,
                                     const std::vector<SpillItem>& items,
                                     std::size_t index) {
    return files.read(
        file, index == 0 ? 0 : items[index - 1].end, std::span(items).subspan(index, 1));
}

std::string name(std::uint64_t number) {
    return file_name(FileKind::Spill, number);
}

}  // namespace

TEST_CASE("spill files: entries are read back, one or many, also by the next run") {
    FakeDisk disk;
    SpillFiles files(disk);
    REQUIRE(files.look());
    Sample made = sample(100, 20);
    const auto file = files.write(made.items, made.bytes);
    REQUIRE(file);
    for (const std::size_t i : {std::size_t{0}, std::size_t{7}, std::size_t{19}}) {
        CHECK(read_one(files, *file, made.items, i).value() == text_of(made, i));
    }
    CHECK(files.read(*file, made.items[3].end, std::span(made.items).subspan(4, 3)).value() ==
          text_of(made, 4) + text_of(made, 5) + text_of(made, 6));

    SpillFiles next(disk);
    REQUIRE(next.look());
    CHECK(next.open(*file).value() == made.items);
    CHECK(read_one(next, *file, made.items, 5).value() == text_of(made, 5));
    CHECK(next.write(made.items, made.bytes).value() > *file);
}

TEST_CASE("spill files: what was synced survives a loss of power") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        base::Prng random(seed);
        FakeDisk disk;
        SpillFiles files(disk);
        REQUIRE(files.look());
        Sample made = sample(1, 30);
        const auto kept = files.write(made.items, made.bytes);
        REQUIRE(files.sync(*kept));
        REQUIRE(disk.sync_names());
        REQUIRE(files.write(made.items, made.bytes));
        disk.lose_power(random);
        SpillFiles next(disk);
        REQUIRE(next.look());
        REQUIRE(next.open(*kept).value() == made.items);
        for (std::size_t i = 0; i < made.items.size(); ++i) {
            CHECK(read_one(next, *kept, made.items, i).value() == text_of(made, i));
        }
        REQUIRE(next.remove_unopened());
        CHECK(disk.names() == std::vector<std::string>{name(*kept)});
    }
}

TEST_CASE("spill files: a dropped file stays until a checkpoint that began later is done") {
    FakeDisk disk;
    SpillFiles files(disk);
    REQUIRE(files.look());
    Sample made = sample(1, 3);
    const auto first = files.write(made.items, made.bytes).value();
    const auto second = files.write(made.items, made.bytes).value();
    files.drop(first);
    files.checkpoint_begins();
    files.drop(second);
    REQUIRE(files.checkpoint_ended(false));
    CHECK(disk.names().size() == 2);
    files.checkpoint_begins();
    REQUIRE(files.checkpoint_ended(true));
    CHECK(disk.names().empty());
}

TEST_CASE("spill files: one that was dropped while facts were read is kept like any other") {
    FakeDisk disk;
    Sample made = sample(1, 3);
    SpillFiles files(disk);
    REQUIRE(files.look());
    const auto file = files.write(made.items, made.bytes).value();
    SpillFiles next(disk);
    REQUIRE(next.look());
    REQUIRE(next.open(file));
    next.drop(file);
    REQUIRE(next.remove_unopened());
    CHECK(disk.names().size() == 1);
    next.checkpoint_begins();
    REQUIRE(next.checkpoint_ended(true));
    CHECK(disk.names().empty());
}

TEST_CASE("spill files: every flipped bit is named, and what is whole is read") {
    Sample made = sample(1, 6);
    FakeDisk whole;
    {
        SpillFiles files(whole);
        REQUIRE(files.look());
        REQUIRE(files.write(made.items, made.bytes));
    }
    const std::string content = whole.content(name(1));
    for (std::uint64_t bit = 0; bit < content.size() * 8; ++bit) {
        CAPTURE(bit);
        FakeDisk disk;
        REQUIRE(disk.open_file(name(1)).value()->write(0, content));
        disk.flip_bit(name(1), bit);
        SpillFiles files(disk);
        REQUIRE(files.look());
        const auto items = files.open(1);
        std::size_t damaged = items ? 0 : 1;
        for (std::size_t i = 0; items && i < items->size(); ++i) {
            const auto bytes = read_one(files, 1, *items, i);
            damaged += bytes ? 0U : 1U;
            if (bytes) {
                CHECK(*bytes == text_of(made, i));
            } else {
                CHECK(bytes.error().message.find(name(1) + ", offset ") != std::string::npos);
                CHECK(bytes.error().message.find("--repair") != std::string::npos);
            }
        }
        CHECK(damaged == 1);

        SpillFiles repairing(disk, true);
        REQUIRE(repairing.look());
        const auto repaired = repairing.open(1);
        const bool is_version = !items && items.error().code == base::Errc::UnsupportedVersion;
        CHECK(repaired.has_value() == !is_version);
        if (repaired) {
            CHECK(repairing.lost().size() == 1);
            const auto lost = std::ranges::count(*repaired, std::uint64_t{0}, &SpillItem::number);
            CHECK((repaired->empty() ? 1 : lost) == 1);
        }
    }
}

TEST_CASE("spill files: cut, missing and renamed ones are refused") {
    Sample made = sample(1, 6);
    FakeDisk disk;
    SpillFiles files(disk);
    REQUIRE(files.look());
    REQUIRE(files.write(made.items, made.bytes));
    const std::string content = disk.content(name(1));
    for (std::size_t size = 0; size < content.size(); ++size) {
        CAPTURE(size);
        disk.content(name(1)) = content.substr(0, size);
        SpillFiles next(disk);
        REQUIRE(next.look());
        const auto items = next.open(1);
        CHECK((!items || !read_one(next, 1, *items, 5)));
    }
    disk.content(name(1)) = content;
    REQUIRE(disk.rename(name(1), name(7)));
    SpillFiles next(disk);
    REQUIRE(next.look());
    CHECK(next.open(7).error().code == base::Errc::Malformed);
    CHECK(next.open(1).error().code == base::Errc::Malformed);
}

TEST_CASE("spill files: repair sets aside what it cannot read, and names the entries it gives up") {
    Sample made = sample(1, 6);
    FakeDisk disk;
    {
        SpillFiles files(disk);
        REQUIRE(files.look());
        REQUIRE(files.write(made.items, made.bytes));
        REQUIRE(files.write(made.items, made.bytes));
    }
    disk.flip_bit(name(1), 8 * kFileHeaderBytes);
    disk.flip_bit(name(2), 8 * (disk.size_of(name(2)) - 1));
    SpillFiles files(disk, true);
    REQUIRE(files.look());
    CHECK(files.open(1).value().empty());
    const auto items = files.open(2).value();
    CHECK(files.open(3).value().empty());
    CHECK(items[4] == made.items[4]);
    CHECK(items[5].number == 0);
    REQUIRE(files.lost().size() == 3);
    CHECK_FALSE(files.lost()[0].place);
    CHECK(files.lost()[0].fault.offset == kFileHeaderBytes);
    CHECK(files.lost()[1].place == 5);
    CHECK(files.lost()[1].item.number == 6);
    CHECK(files.lost()[2].fault.rule == "it is missing");
    REQUIRE(files.remove_unopened());
    CHECK(disk.names() == std::vector<std::string>{damaged_name(name(1)), name(2)});
}

TEST_CASE("spill files: a full disk leaves nothing behind") {
    FakeDisk disk;
    disk.set_room(100);
    SpillFiles files(disk);
    REQUIRE(files.look());
    Sample made = sample(1, 20);
    CHECK(files.write(made.items, made.bytes).error().code == base::Errc::DiskFull);
    CHECK(disk.names().empty());
}

}  // namespace steward::store
