#include "broker/app/node_spills.hpp"

#include <utility>

namespace steward::app {

std::span<store::SpillItem> NodeSpills::items_of(std::span<const core::SpillEntry> entries) {
    items_.clear();
    for (const core::SpillEntry& entry : entries) {
        items_.push_back({entry.id.epoch, entry.id.number, entry.end, entry.checksum});
    }
    return items_;
}

base::Expected<core::SpillNumber> NodeSpills::write(std::span<core::SpillEntry> entries,
                                                    std::string_view bytes) {
    auto number = files_->write(items_of(entries), bytes);
    for (std::size_t i = 0; number && i < entries.size(); ++i) {
        entries[i].checksum = items_[i].checksum;
    }
    return number;
}

base::Expected<std::vector<core::SpillEntry>> NodeSpills::open(core::SpillNumber number) {
    const auto items = files_->open(number);
    if (!items) {
        return base::Unexpected(items.error());
    }
    std::vector<core::SpillEntry> entries;
    entries.reserve(items->size());
    for (const store::SpillItem& item : *items) {
        entries.push_back({{item.epoch, item.number}, item.end, item.checksum});
    }
    return entries;
}

base::Expected<std::string> NodeSpills::read(core::SpillNumber number,
                                             std::uint32_t begin,
                                             std::span<const core::SpillEntry> entries) {
    return files_->read(number, begin, items_of(entries));
}

}  // namespace steward::app
