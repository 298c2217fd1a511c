#include "broker/store/segment_format.hpp"

#include <algorithm>

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

// Nothing when no whole and sound header stands at the begin of these bytes.
std::optional<CommitHeader> header_in(std::string_view bytes) {
    if (bytes.size() < kCommitHeaderBytes) {
        return std::nullopt;
    }
    const std::string_view header = bytes.substr(0, kCommitHeaderBytes);
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

// A file seen through a piece of it that moves on.
class Window {
public:
    Window(ReadableFile& file, std::uint64_t size) : file_(file), size_(size) {}

    [[nodiscard]] std::uint64_t size() const { return size_; }

    // The bytes at `offset`: `count` of them or as many as the file has. Valid until the next call.
    base::Expected<std::string_view> at(std::uint64_t offset, std::size_t count) {
        const std::uint64_t left = size_ - std::min(size_, offset);
        count = static_cast<std::size_t>(std::min<std::uint64_t>(count, left));
        if (offset < begin_ || offset + count > begin_ + bytes_.size()) {
            const auto wanted = std::max<std::size_t>(count, kWindowBytes);
            auto read =
                file_.read(offset, static_cast<std::size_t>(std::min<std::uint64_t>(wanted, left)));
            if (!read) {
                return base::Unexpected(std::move(read.error()));
            }
            begin_ = offset;
            bytes_ = std::move(*read);
        }
        return std::string_view(bytes_).substr(static_cast<std::size_t>(offset - begin_), count);
    }

private:
    static constexpr std::size_t kWindowBytes = 4UL << 20U;

    ReadableFile& file_;
    std::uint64_t size_;
    std::uint64_t begin_ = 0;
    std::string bytes_;
};

// The whole and sound commit that stands at `offset` and begins with record `first`, if one does.
base::Expected<std::optional<Commit>> commit_at(Window& window,
                                                std::uint64_t offset,
                                                std::uint64_t first) {
    const auto bytes = window.at(offset, kCommitHeaderBytes);
    if (!bytes) {
        return base::Unexpected(bytes.error());
    }
    const auto header = header_in(*bytes);
    if (!header || header->first != first ||
        header->bytes > window.size() - offset - kCommitHeaderBytes) {
        return std::nullopt;
    }
    const auto body = window.at(offset + kCommitHeaderBytes, header->bytes);
    if (!body) {
        return base::Unexpected(body.error());
    }
    if (body->size() != header->bytes || crc32c(*body) != header->body_sum) {
        return std::nullopt;
    }
    return Commit{offset, first, header->records, *body};
}

// Whether some sound header after `offset` says that the file was safe beyond it.
base::Expected<bool> was_safe(Window& window, std::uint64_t offset) {
    constexpr std::size_t kLookedAtOnce = 1UL << 20U;
    for (std::uint64_t from = offset + 1; from < window.size();) {
        const auto bytes = window.at(from, kLookedAtOnce);
        if (!bytes) {
            return base::Unexpected(bytes.error());
        }
        const std::size_t found = bytes->find(kCommitMagic);
        if (found != bytes->npos) {
            from += found;
            const auto candidate = window.at(from, kCommitHeaderBytes);
            if (!candidate) {
                return base::Unexpected(candidate.error());
            }
            if (const auto header = header_in(*candidate); header && header->synced > offset) {
                return true;
            }
            ++from;
        } else if (bytes->size() < kLookedAtOnce) {
            break;
        } else {  // one may begin in the last bytes
            from += bytes->size() - kCommitMagic.size() + 1;
        }
    }
    return false;
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
    if (kind != static_cast<std::uint16_t>(FileKind::Log) &&
        kind != static_cast<std::uint16_t>(FileKind::Checkpoint)) {
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

base::Expected<void> Commit::each(const RecordSink& sink) const {
    std::string_view rest = body;
    for (std::uint32_t i = 0; i < records; ++i) {
        std::uint32_t size = 0;
        if (!base::get_le(rest, size) || rest.size() < size) {
            return base::fail(base::Errc::Malformed, "a commit holds fewer records than it says");
        }
        if (auto taken = sink(rest.substr(0, size)); !taken) {
            return taken;
        }
        rest.remove_prefix(size);
    }
    return {};
}

base::Expected<FileEnd> read_commits(ReadableFile& file,
                                     const FileHeader& header,
                                     const CommitSink& sink) {
    const auto size = file.size();
    if (!size) {
        return base::Unexpected(size.error());
    }
    Window window(file, *size);
    FileEnd end;
    end.size = *size;
    end.offset = kFileHeaderBytes;
    end.next = header.first;
    while (end.offset < end.size) {
        const auto commit = commit_at(window, end.offset, end.next);
        if (!commit) {
            return base::Unexpected(commit.error());
        }
        if (!*commit) {
            const auto safe = was_safe(window, end.offset);
            if (!safe) {
                return base::Unexpected(safe.error());
            }
            end.is_torn = true;
            end.is_damaged = *safe;
            return end;
        }
        const std::uint32_t records = (*commit)->records;
        const std::uint64_t bytes = kCommitHeaderBytes + (*commit)->body.size();
        end.has_end_mark = records == 0;
        if (!end.has_end_mark) {
            if (auto taken = sink(**commit); !taken) {
                return base::Unexpected(std::move(taken.error()));
            }
        }
        end.offset += bytes;
        end.next += records;
    }
    return end;
}

}  // namespace steward::store
