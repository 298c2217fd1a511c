#include "broker/store/segment_format.hpp"

#include "broker/store/crc32c.hpp"
#include "common/base/assert.hpp"
#include "common/base/bytes.hpp"

namespace steward::store {
namespace {

constexpr std::string_view kFileMagic = "STWJRNL\n";
constexpr std::string_view kCommitMagic = "STWc";
// Within a commit's header: magic 0, bytes 4, records 8, first 12, synced 20, header's sum 28,
// body's sum 32.
constexpr std::size_t kBytesAt = 4;
constexpr std::size_t kSyncedAt = 20;
constexpr std::size_t kHeaderSumAt = 28;
constexpr std::size_t kBodySumAt = 32;

template <class Integer>
Integer le_at(std::string_view bytes, std::size_t offset) {
    Integer value = 0;
    std::string_view rest = bytes.substr(offset);
    const bool is_whole = base::get_le(rest, value);
    STEWARD_ASSERT(is_whole);
    return value;
}

template <class Integer>
void set_le(std::string& bytes, std::size_t offset, Integer value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
        bytes[offset + i] = static_cast<char>((value >> (8 * i)) & 0xFFU);
    }
}

struct CommitHeader {
    std::uint32_t bytes = 0;  // of the body
    std::uint32_t records = 0;
    std::uint64_t first = 0;
    std::uint64_t synced = 0;
    std::uint32_t body_sum = 0;
};

// Nothing when no whole and sound header stands here.
std::optional<CommitHeader> header_at(std::string_view bytes, std::size_t offset) {
    if (bytes.size() - offset < kCommitHeaderBytes) {
        return std::nullopt;
    }
    const std::string_view header = bytes.substr(offset, kCommitHeaderBytes);
    if (!header.starts_with(kCommitMagic) ||
        crc32c(header.substr(0, kHeaderSumAt)) != le_at<std::uint32_t>(header, kHeaderSumAt)) {
        return std::nullopt;
    }
    return CommitHeader{le_at<std::uint32_t>(header, kBytesAt),
                        le_at<std::uint32_t>(header, 8),
                        le_at<std::uint64_t>(header, 12),
                        le_at<std::uint64_t>(header, kSyncedAt),
                        le_at<std::uint32_t>(header, kBodySumAt)};
}

// The body; nothing when it is cut or damaged.
std::optional<std::string_view> body_at(std::string_view bytes,
                                        std::size_t offset,
                                        const CommitHeader& header) {
    const std::size_t from = offset + kCommitHeaderBytes;
    if (bytes.size() - from < header.bytes) {
        return std::nullopt;
    }
    const std::string_view body = bytes.substr(from, header.bytes);
    return crc32c(body) == header.body_sum ? std::optional(body) : std::nullopt;
}

// Whether some sound header after `offset` says that the file was safe beyond it.
bool was_safe(std::string_view bytes, std::size_t offset) {
    for (std::size_t at = offset + 1; (at = bytes.find(kCommitMagic, at)) != bytes.npos; ++at) {
        if (const auto header = header_at(bytes, at); header && header->synced > offset) {
            return true;
        }
    }
    return false;
}

base::Expected<void> read_body(std::string_view body,
                               std::uint32_t records,
                               const RecordSink& sink) {
    for (std::uint32_t i = 0; i < records; ++i) {
        std::uint32_t size = 0;
        if (!base::get_le(body, size) || body.size() < size) {
            return base::fail(base::Errc::Malformed, "a commit holds fewer records than it says");
        }
        if (auto taken = sink(body.substr(0, size)); !taken) {
            return taken;
        }
        body.remove_prefix(size);
    }
    return {};
}

}  // namespace

std::string encode_header(const FileHeader& header) {
    std::string bytes(kFileMagic);
    base::put_le(bytes, static_cast<std::uint16_t>(kFormatVersion));
    base::put_le(bytes, static_cast<std::uint16_t>(header.kind));
    base::put_le(bytes, header.number);
    base::put_le(bytes, header.first);
    base::put_le(bytes, crc32c(bytes));
    STEWARD_ASSERT(bytes.size() == kFileHeaderBytes);
    return bytes;
}

base::Expected<FileHeader> decode_header(std::string_view bytes) {
    if (bytes.size() < kFileHeaderBytes || !bytes.starts_with(kFileMagic)) {
        return base::fail(base::Errc::Malformed, "this is no journal file");
    }
    const std::size_t sum_at = kFileHeaderBytes - sizeof(std::uint32_t);
    if (crc32c(bytes.substr(0, sum_at)) != le_at<std::uint32_t>(bytes, sum_at)) {
        return base::fail(base::Errc::Malformed, "the file's header is damaged (offset 0)");
    }
    const auto version = le_at<std::uint16_t>(bytes, 8);
    if (version != kFormatVersion) {
        return base::fail(base::Errc::UnsupportedVersion,
                          "the file is of format " + std::to_string(version) +
                              "; this program reads " + std::to_string(kFormatVersion));
    }
    const auto kind = le_at<std::uint16_t>(bytes, 10);
    if (kind < static_cast<std::uint16_t>(FileKind::Log) ||
        kind > static_cast<std::uint16_t>(FileKind::Spill)) {
        return base::fail(base::Errc::Malformed, "the file is of an unknown kind");
    }
    return FileHeader{static_cast<FileKind>(kind),
                      le_at<std::uint64_t>(bytes, 12),
                      le_at<std::uint64_t>(bytes, 20)};
}

void put_commit(std::string& out, std::uint64_t first, std::span<const std::string_view> records) {
    std::size_t bytes = 0;
    for (const std::string_view record : records) {
        bytes += kRecordHeaderBytes + record.size();
    }
    STEWARD_ASSERT(bytes <= kCommitBytesMax);
    out.reserve(out.size() + kCommitHeaderBytes + bytes);
    out += kCommitMagic;
    base::put_le(out, static_cast<std::uint32_t>(bytes));
    base::put_le(out, static_cast<std::uint32_t>(records.size()));
    base::put_le(out, first);
    out.append(kCommitHeaderBytes - kSyncedAt, '\0');
    for (const std::string_view record : records) {
        base::put_le(out, static_cast<std::uint32_t>(record.size()));
        out += record;
    }
}

void put_end_mark(std::string& out, std::uint64_t next) {
    put_commit(out, next, {});
}

void seal_commits(std::string& group, std::uint64_t synced) {
    for (std::size_t at = 0; at < group.size();) {
        const auto bytes = le_at<std::uint32_t>(group, at + kBytesAt);
        const std::string_view body =
            std::string_view(group).substr(at + kCommitHeaderBytes, bytes);
        set_le(group, at + kSyncedAt, synced);
        set_le(group, at + kHeaderSumAt, crc32c(std::string_view(group).substr(at, kHeaderSumAt)));
        set_le(group, at + kBodySumAt, crc32c(body));
        at += kCommitHeaderBytes + bytes;
    }
}

base::Expected<FileEnd> read_commits(std::string_view bytes,
                                     const FileHeader& header,
                                     const RecordSink& sink) {
    FileEnd end;
    end.offset = kFileHeaderBytes;
    end.next = header.first;
    while (end.offset < bytes.size()) {
        const auto commit = header_at(bytes, end.offset);
        const auto body = commit && commit->first == end.next ? body_at(bytes, end.offset, *commit)
                                                              : std::nullopt;
        if (!body) {
            end.is_torn = true;
            end.is_damaged = was_safe(bytes, end.offset);
            return end;
        }
        if (auto taken = read_body(*body, commit->records, sink); !taken) {
            return base::Unexpected(std::move(taken.error()));
        }
        end.offset += kCommitHeaderBytes + body->size();
        end.next += commit->records;
        end.has_end_mark = commit->records == 0;
    }
    return end;
}

}  // namespace steward::store
