#include "broker/store/spill_format.hpp"

#include <utility>

#include "broker/store/crc32c.hpp"
#include "broker/store/segment_format.hpp"
#include "common/base/bytes.hpp"

namespace steward::store {
namespace {

constexpr std::size_t kItemBytes = 24;
constexpr std::size_t kSumBytes = 4;
constexpr std::uint32_t kCheckedAtOnce = 1U << 20U;

// Where the bytes of the entries begin.
std::uint64_t content_at(std::size_t items) {
    return kFileHeaderBytes + items * kItemBytes + kSumBytes;
}

std::string encode_items(std::span<const SpillItem> items) {
    std::string bytes;
    bytes.reserve(items.size() * kItemBytes + kSumBytes);
    for (const SpillItem& item : items) {
        base::put_le(bytes, item.epoch);
        base::put_le(bytes, item.number);
        base::put_le(bytes, item.end);
        base::put_le(bytes, item.checksum);
    }
    base::put_le(bytes, crc32c(bytes));
    return bytes;
}

tl::unexpected<SpillFault> damage(std::uint64_t offset, std::string rule) {
    return tl::unexpected(SpillFault{base::Errc::Malformed, offset, std::move(rule)});
}

tl::unexpected<SpillFault> failure(const base::Error& error) {
    return tl::unexpected(SpillFault{error.code, 0, error.message});
}

// How many entries the header tells of, which the file has room for.
SpillExpected<std::uint64_t> count_of(ReadableFile& file, std::uint64_t number) {
    const auto size = file.size();
    const auto bytes = file.read(0, kFileHeaderBytes);
    if (!size || !bytes) {
        return failure(size ? bytes.error() : size.error());
    }
    const auto header = decode_header(*bytes);
    if (!header) {
        return failure(header.error());
    }
    if (header->kind != FileKind::Spill || header->number != number) {
        return damage(0, "it has been renamed");
    }
    if (*size < content_at(0) || header->first > (*size - content_at(0)) / kItemBytes) {
        return damage(*size, "it is too short");
    }
    return header->first;
}

// The first entry whose bytes are not those that were written; items.size() when all are.
std::size_t first_damaged(std::string_view bytes,
                          std::uint32_t begin,
                          std::span<const SpillItem> items) {
    std::uint32_t at = begin;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const bool is_whole = items[i].end - begin <= bytes.size();
        if (!is_whole || crc32c(bytes.substr(at - begin, items[i].end - at)) != items[i].checksum) {
            return i;
        }
        at = items[i].end;
    }
    return items.size();
}

}  // namespace

std::string encode_spill(std::uint64_t number, std::span<SpillItem> items, std::string_view bytes) {
    std::uint32_t begin = 0;
    for (SpillItem& item : items) {
        item.checksum = crc32c(bytes.substr(begin, item.end - begin));
        begin = item.end;
    }
    std::string content = encode_header({FileKind::Spill, number, items.size()});
    content += encode_items(items);
    content += bytes;
    return content;
}

SpillExpected<std::vector<SpillItem>> read_spill_items(ReadableFile& file, std::uint64_t number) {
    const auto count = count_of(file, number);
    if (!count) {
        return tl::unexpected(count.error());
    }
    const auto bytes = file.read(kFileHeaderBytes, *count * kItemBytes + kSumBytes);
    if (!bytes) {
        return failure(bytes.error());
    }
    std::vector<SpillItem> items(*count);
    std::string_view rest = *bytes;
    std::uint32_t before = 0;
    bool is_sound = true;
    for (SpillItem& item : items) {
        is_sound = base::get_le(rest, item.epoch) && base::get_le(rest, item.number) &&
                   base::get_le(rest, item.end) && base::get_le(rest, item.checksum) &&
                   item.end >= before && is_sound;
        before = item.end;
    }
    std::uint32_t sum = 0;
    if (!base::get_le(rest, sum) || !is_sound ||
        sum != crc32c(std::string_view(*bytes).substr(0, bytes->size() - kSumBytes))) {
        return damage(kFileHeaderBytes, "its entries are not what was written");
    }
    return items;
}

SpillExpected<std::string> read_spill(ReadableFile& file,
                                      std::size_t count,
                                      std::uint32_t begin,
                                      std::span<const SpillItem> items) {
    const std::uint64_t from = content_at(count);
    auto bytes = file.read(from + begin, items.back().end - begin);
    if (!bytes) {
        return failure(bytes.error());
    }
    if (const std::size_t bad = first_damaged(*bytes, begin, items); bad < items.size()) {
        return damage(from + (bad == 0 ? begin : items[bad - 1].end),
                      "entry " + std::to_string(items[bad].number) + " is not what was written");
    }
    return *std::move(bytes);
}

SpillExpected<std::vector<SpillLoss>> check_spill(ReadableFile& file,
                                                  std::span<const SpillItem> items) {
    std::vector<SpillLoss> lost;
    std::size_t at = 0;
    std::uint32_t begin = 0;
    std::size_t together = items.size();  // at most, from `at` on
    while (at < items.size()) {
        std::size_t end = at + 1;
        while (end < items.size() && end - at < together &&
               items[end].end - begin <= kCheckedAtOnce) {
            ++end;
        }
        const auto bytes = read_spill(file, items.size(), begin, items.subspan(at, end - at));
        if (!bytes && bytes.error().code != base::Errc::Malformed) {
            return tl::unexpected(bytes.error());
        }
        if (!bytes && end - at > 1) {
            together = 1;  // which of them, and whether others too
            continue;
        }
        if (!bytes) {
            lost.push_back({at, bytes.error()});
        }
        at = end;
        begin = items[end - 1].end;
    }
    return lost;
}

base::Error spill_error(const std::string& path, const SpillFault& fault) {
    if (fault.code == base::Errc::UnsupportedVersion) {
        return {fault.code, path + ": " + fault.rule, {}};
    }
    if (fault.code != base::Errc::Malformed) {
        return {fault.code, fault.rule, {}};
    }
    return {fault.code,
            "the journal is damaged: " + path + ", offset " + std::to_string(fault.offset) + ": " +
                fault.rule +
                "; look for a backup, or start once with --repair, which goes on without the jobs "
                "that stand there, and tells which",
            {}};
}

}  // namespace steward::store
