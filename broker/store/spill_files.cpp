#include "broker/store/spill_files.hpp"

#include <algorithm>
#include <utility>

#include "broker/store/journal_folder.hpp"

namespace steward::store {
std::string SpillFiles::path_of(std::uint64_t number) const {
    return disk_.path_of(file_name(FileKind::Spill, number));
}

base::Unexpected SpillFiles::error(std::uint64_t number, const SpillFault& fault) const {
    return base::Unexpected(spill_error(path_of(number), fault));
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

SpillExpected<ReadableFile*> SpillFiles::opened(std::uint64_t number) {
    if (open_ == nullptr || open_number_ != number) {
        auto file = disk_.open_to_read(file_name(FileKind::Spill, number));
        if (!file) {
            return tl::unexpected(SpillFault{file.error().code, 0, file.error().message});
        }
        if (*file == nullptr) {
            return tl::unexpected(kSpillIsMissing);
        }
        open_ = *std::move(file);
        open_number_ = number;
    }
    return open_.get();
}

base::Expected<std::uint64_t> SpillFiles::write(std::span<SpillItem> items,
                                                std::string_view bytes) {
    const std::string content = encode_spill(next_, items, bytes);
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

SpillExpected<std::vector<SpillItem>> SpillFiles::read_items(std::uint64_t number) {
    return opened(number).and_then(
        [&](ReadableFile* file) { return read_spill_items(*file, number); });
}

base::Expected<std::vector<SpillItem>> SpillFiles::open(std::uint64_t number) {
    auto items = read_items(number);
    if (!items && repairs_ && items.error().code == base::Errc::Malformed) {
        give_up_file(number, items.error());
        return std::vector<SpillItem>();
    }
    if (!items) {
        return error(number, items.error());
    }
    entries_.emplace(number, static_cast<std::uint32_t>(items->size()));
    if (const auto checked = repairs_ ? give_up_damaged(number, *items) : SpillExpected<void>();
        !checked) {
        return error(number, checked.error());
    }
    return *std::move(items);
}

void SpillFiles::give_up_file(std::uint64_t number, const SpillFault& fault) {
    lost_.push_back({path_of(number), fault, std::nullopt, {}});
    if (std::ranges::binary_search(found_, number)) {
        given_up_.push_back(number);
    }
}

SpillExpected<void> SpillFiles::give_up_damaged(std::uint64_t number,
                                                std::vector<SpillItem>& items) {
    const auto lost =
        opened(number).and_then([&](ReadableFile* file) { return check_spill(*file, items); });
    if (!lost) {
        return tl::unexpected(lost.error());
    }
    for (const SpillLoss& loss : *lost) {
        lost_.push_back({path_of(number), loss.fault, loss.place, items[loss.place]});
        items[loss.place].epoch = 0;
        items[loss.place].number = 0;
    }
    return {};
}

base::Expected<std::string> SpillFiles::read(std::uint64_t number,
                                             std::uint32_t begin,
                                             std::span<const SpillItem> items) {
    auto bytes = opened(number).and_then(
        [&](ReadableFile* file) { return read_spill(*file, entries_.at(number), begin, items); });
    return bytes ? base::Expected<std::string>(*std::move(bytes)) : error(number, bytes.error());
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
        if (is_needed) {
            continue;
        }
        const std::string name = file_name(FileKind::Spill, number);
        const bool is_given_up = std::ranges::find(given_up_, number) != given_up_.end();
        if (auto gone = is_given_up ? disk_.rename(name, damaged_name(name)) : disk_.remove(name);
            !gone) {
            return gone;
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
