// tests: the page of the format tells the truth: its example is what the program writes, and reads.
#include <doctest/doctest.h>

#include "broker/store/crc32c.hpp"
#include "broker/store/segment_format.hpp"
#include "broker/store/spill_format.hpp"
#include "common/base/bytes.hpp"
#include "tests/unit/store/doc_block.hpp"
#include "tests/unit/store/fake_disk.hpp"

namespace steward::store {
namespace {

using testing::bytes_of_block;

}  // namespace

TEST_CASE("docs/journal-format.md shows a log as the program writes it") {
    std::string file = encode_header({FileKind::Log, 1, 1});
    std::string commit;
    const std::string_view records[] = {"one", "two"};
    put_commit(commit, 1, records);
    seal_commits(commit, file.size());
    file += commit;
    CHECK(base::to_hex(bytes_of_block("a-log-with-one-commit")) == base::to_hex(file));
}

TEST_CASE("The files of version 1 are read as they were written") {
    const std::string file = bytes_of_block("a-log-with-one-commit");
    testing::FakeDisk disk;
    REQUIRE(disk.open_file("a").value()->write(0, file));
    const auto header = decode_header(file);
    REQUIRE(header.has_value());
    CHECK(*header == FileHeader{FileKind::Log, 1, 1});
    std::string read;
    const auto open = disk.open_to_read("a");
    const auto end = read_commits(**open, *header, [&](const Commit& commit) {
        return commit.each([&](std::string_view record) -> base::Expected<void> {
            read += record;
            read += ';';
            return {};
        });
    });
    REQUIRE(end.has_value());
    CHECK(read == "one;two;");
    CHECK(end->offset == file.size());
    CHECK(end->next == 3);
    CHECK_FALSE(end->is_torn);
}

TEST_CASE("docs/journal-format.md shows a spill as the program writes it, and it is read") {
    std::vector<SpillItem> items = {{10, 7, 3, 0}, {10, 8, 8, 0}};
    const std::string file = bytes_of_block("a-spill-with-two-entries");
    CHECK(base::to_hex(file) == base::to_hex(encode_spill(1, items, "onethree")));
    testing::FakeDisk disk;
    REQUIRE(disk.open_file("a").value()->write(0, file));
    const auto open = disk.open_to_read("a");
    const auto read = read_spill_items(**open, 1);
    REQUIRE(read.has_value());
    CHECK(*read == items);
    CHECK(read_spill(**open, 2, 3, std::span(items).subspan(1)).value() == "three");
}

TEST_CASE("A file of a later version is refused by its number") {
    std::string file = encode_header({FileKind::Log, 1, 1}).substr(0, kFileHeaderBytes - 4);
    file[8] = 2;
    base::put_le(file, crc32c(file));  // it is whole
    const auto header = decode_header(file);
    REQUIRE_FALSE(header.has_value());
    CHECK(header.error().code == base::Errc::UnsupportedVersion);
}

}  // namespace steward::store
