// broker/store: one file of the journal, to the byte; docs/journal-format.md tells the same in
// words. A file is a header and then commits; a commit is the records of one append().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "broker/store/disk.hpp"
#include "broker/store/journal.hpp"
#include "common/base/expected.hpp"

namespace steward::store {

inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::size_t kFileHeaderBytes = 32;
inline constexpr std::size_t kCommitHeaderBytes = 36;
inline constexpr std::size_t kRecordHeaderBytes = 4;
/// Of the records of one commit, with their headers. JournalFeed stays far below, but for a single
/// job of the largest size.
inline constexpr std::size_t kCommitBytesMax = 256UL << 20U;

/// What a file is for.
enum class FileKind : std::uint32_t {
    Log = 1,         // commits in the order of append()
    Checkpoint = 2,  // the state before the log file of the same number, and an end mark
    Spill = 3,       // see spill_files.hpp; FileHeader::first is the number of its entries
};

struct FileHeader {
    FileKind kind = FileKind::Log;
    std::uint64_t number = 0;  // of the file
    std::uint64_t first = 1;   // number of its first record, counted over all runs

    bool operator==(const FileHeader&) const = default;
};

/// Where the next log file goes on.
struct LogPosition {
    std::uint64_t file = 1;
    std::uint64_t record = 1;

    bool operator==(const LogPosition&) const = default;
};

[[nodiscard]] std::string encode_header(const FileHeader& header);
/// Errors: Malformed when it is none, is cut or damaged; UnsupportedVersion.
[[nodiscard]] base::Expected<FileHeader> decode_header(std::string_view bytes);

/// Appends one commit to `out`, but for what seal_commits() fills in.
void put_commit(std::string& out, std::uint64_t first, std::span<const std::string_view> records);
/// A commit without records: what stands before it is whole.
void put_end_mark(std::string& out, std::uint64_t next);

/// Fills in the checksums of all commits in `group` and up to where the file was on the disk when
/// they were written: what is damaged before that offset was safe once.
void seal_commits(std::string& group, std::uint64_t synced);

/// Where a file's commits end, and how.
struct FileEnd {
    std::uint64_t size = 0;    // of the file, when reading began
    std::uint64_t offset = 0;  // one past the last whole commit
    std::uint64_t next = 1;    // the number the next record would have
    bool has_end_mark = false;
    /// Behind `offset` stands something that is no commit.
    bool is_torn = false;
    /// And it had been safe: a later commit says so. Not a torn write, but damage.
    bool is_damaged = false;
};

/// One commit as it was read. `body` is valid only while the sink runs.
struct Commit {
    std::uint64_t offset = 0;  // in the file
    std::uint64_t first = 1;   // number of its first record
    std::uint32_t records = 0;
    std::string_view body;  // the records, each behind its length

    /// Gives each record to `sink`, in order.
    /// Errors: Malformed when it holds fewer than it says; those of `sink`.
    [[nodiscard]] base::Expected<void> each(const RecordSink& sink) const;
};

using CommitSink = std::function<base::Expected<void>(const Commit&)>;

/// Gives each whole commit of the file to `sink`, in order; an end mark is none. What is written
/// behind the file meanwhile is not looked at.
/// Bound: memory for one commit and a few megabytes.
/// Errors: Io; those of `sink`.
[[nodiscard]] base::Expected<FileEnd> read_commits(ReadableFile& file,
                                                   const FileHeader& header,
                                                   const CommitSink& sink);

}  // namespace steward::store
