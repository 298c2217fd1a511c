#include "broker/store/spill_files.hpp"

#include <algorithm>
#include <utility>

#include "broker/store/crc32c.hpp"
#include "broker/store/journal_folder.hpp"
#include "broker/store/segment_format.hpp"
#include "common/base/bytes.hpp"

namespace steward::store {
namespace {

constexpr std::size_t kItemBytes = 24;
constexpr std::size_t kSumBytes = 4;

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

// The first entry whose bytes are not those that were written; items.size() when all are.
std::size_t first_damaged(std::string_view bytes,
                          std::uint32_t begin,
                          std::span<const SpillItem> items) {
    std::uint32_t at = begin;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const bool is_whole = items[i].end >= at && items[i].end - begin <= bytes.size();
        if (!is_whole || crc32c(bytes.substr(at - begin, items[i].end - at)) != items[i].checksum) {
            return i;
        }
        at = items[i].end;
    }
    return items.size();
}

}  // namespace

base::Unexpected SpillFiles::damage(std::uint64_t file,
                                    std::uint64_t offset,
                                    std::string_view what) const {
    return base::fail(base::Errc::Malformed,
                      "the journal is damaged: " + disk_.path_of(file_name(FileKind::Spill, file)) +
                          ", offset " + std::to_string(offset) + ": " + std::string(what) +
                          "; look for a backup, or start once with --repair, which goes on without "
                          "the jobs that stand there, and tells which");
}

base::Expected<void> SpillFiles::look() {
    const auto folder = look_into(disk_);
    if (!folder) {
        return base::Unexpected(folder.error());
    }
    for (const auto& [number, name] : folder->spills) {
        found_.push_back(number);
        next_ = number + 1;
    }
    return {};
}

base::Expected<File*> SpillFiles::opened(std::uint64_t number) {
    if (open_ == nullptr || open_number_ != number) {
        auto file = disk_.open_file(file_name(FileKind::Spill, number));
        if (!file) {
            return base::Unexpected(std::move(file.error()));
        }
        open_ = *std::move(file);
        open_number_ = number;
    }
    return open_.get();
}

base::Expected<std::uint64_t> SpillFiles::write(std::span<SpillItem> items,
                                                std::string_view bytes) {
    std::uint32_t begin = 0;
    for (SpillItem& item : items) {
        item.checksum = crc32c(bytes.substr(begin, item.end - begin));
        begin = item.end;
    }
    std::string content = encode_header({FileKind::Spill, next_, items.size()});
    content += encode_items(items);
    content += bytes;
    const std::string name = file_name(FileKind::Spill, next_);
    auto file = disk_.open_file(name);
    if (!file) {
        return base::Unexpected(std::move(file.error()));
    }
    if (auto written = (*file)->write(0, content); !written) {
        (void)disk_.remove(name);  // what failed first is told
        return base::Unexpected(std::move(written.error()));
    }
    entries_.emplace(next_, static_cast<std::uint32_t>(items.size()));
    return next_++;
}

base::Expected<std::vector<SpillItem>> SpillFiles::read_items(std::uint64_t number) {
    const auto file = opened(number);
    if (!file) {
        return base::Unexpected(file.error());
    }
    const auto header_bytes = (*file)->read(0, kFileHeaderBytes);
    if (!header_bytes) {
        return base::Unexpected(header_bytes.error());
    }
    const auto header = decode_header(*header_bytes);
    if (!header && header.error().code == base::Errc::UnsupportedVersion) {
        return base::Unexpected(header.error());
    }
    if (!header || header->kind != FileKind::Spill || header->number != number) {
        return damage(number, 0, header ? "it has been renamed" : header.error().message);
    }
    const auto size = (*file)->size();
    if (!size || *size < kFileHeaderBytes + kSumBytes ||
        header->first > (*size - kFileHeaderBytes - kSumBytes) / kItemBytes) {
        return size ? damage(number, *size, "it is too short") : base::Unexpected(size.error());
    }
    const auto bytes = (*file)->read(kFileHeaderBytes, header->first * kItemBytes + kSumBytes);
    if (!bytes) {
        return base::Unexpected(bytes.error());
    }
    std::vector<SpillItem> items(header->first);
    std::string_view rest = *bytes;
    bool is_whole = true;
    for (SpillItem& item : items) {
        is_whole = base::get_le(rest, item.epoch) && base::get_le(rest, item.number) &&
                   base::get_le(rest, item.end) && base::get_le(rest, item.checksum) && is_whole;
    }
    std::uint32_t sum = 0;
    if (!base::get_le(rest, sum) || !is_whole ||
        sum != crc32c(std::string_view(*bytes).substr(0, bytes->size() - kSumBytes))) {
        return damage(number, kFileHeaderBytes, "its entries are not what was written");
    }
    return items;
}

base::Expected<std::vector<SpillItem>> SpillFiles::open(std::uint64_t number) {
    auto items = std::ranges::binary_search(found_, number)
                     ? read_items(number)
                     : base::Expected<std::vector<SpillItem>>(damage(number, 0, "it is missing"));
    if (!items && repairs_ && items.error().code == base::Errc::Malformed) {
        lost_.push_back(items.error().message);
        return std::vector<SpillItem>();
    }
    if (!items) {
        return items;
    }
    entries_.emplace(number, static_cast<std::uint32_t>(items->size()));
    if (repairs_) {
        give_up_damaged(number, *items);
    }
    return items;
}

void SpillFiles::give_up_damaged(std::uint64_t number, std::vector<SpillItem>& items) {
    std::uint32_t begin = 0;
    for (SpillItem& item : items) {
        if (const auto bytes = read(number, begin, std::span(&item, 1)); !bytes) {
            lost_.push_back(bytes.error().message);
            item.epoch = 0;
            item.number = 0;
        }
        begin = item.end;
    }
}

base::Expected<std::string> SpillFiles::read(std::uint64_t number,
                                             std::uint32_t begin,
                                             std::span<const SpillItem> items) {
    const auto file = opened(number);
    if (!file) {
        return base::Unexpected(file.error());
    }
    const std::uint64_t from = content_at(entries_.at(number));
    auto bytes = (*file)->read(from + begin, items.back().end - begin);
    if (!bytes) {
        return bytes;
    }
    if (const std::size_t bad = first_damaged(*bytes, begin, items); bad < items.size()) {
        return damage(number,
                      from + (bad == 0 ? begin : items[bad - 1].end),
                      "entry " + std::to_string(items[bad].number) + " is not what was written");
    }
    return bytes;
}

void SpillFiles::will_need(std::uint64_t number) {
    if (auto file = disk_.open_file(file_name(FileKind::Spill, number))) {
        (*file)->will_need();
    }
}

void SpillFiles::drop(std::uint64_t number) {
    entries_.erase(number);
    dropped_.push_back(number);
    if (open_number_ == number) {
        open_.reset();
    }
}

base::Expected<void> SpillFiles::sync(std::uint64_t number) {
    auto file = disk_.open_file(file_name(FileKind::Spill, number));
    auto synced = file ? (*file)->sync() : base::Unexpected(std::move(file.error()));
    if (!synced) {
        synced.error().code = base::Errc::JournalFailed;
    }
    return synced;
}

base::Expected<void> SpillFiles::remove_unopened() {
    for (const std::uint64_t number : std::exchange(found_, {})) {
        const bool is_needed =
            entries_.contains(number) || std::ranges::find(dropped_, number) != dropped_.end();
        if (!is_needed) {
            if (auto removed = disk_.remove(file_name(FileKind::Spill, number)); !removed) {
                return removed;
            }
        }
    }
    return {};
}

void SpillFiles::checkpoint_begins() {
    leaving_.insert(leaving_.end(), dropped_.begin(), dropped_.end());
    dropped_.clear();
}

base::Expected<void> SpillFiles::checkpoint_ended(bool is_done) {
    if (!is_done) {
        dropped_.insert(dropped_.end(), leaving_.begin(), leaving_.end());
        leaving_.clear();
        return {};
    }
    for (const std::uint64_t number : std::exchange(leaving_, {})) {
        if (auto removed = disk_.remove(file_name(FileKind::Spill, number)); !removed) {
            return removed;
        }
    }
    return {};
}

}  // namespace steward::store
