#include "client/cli/journal_spills.hpp"

#include <utility>

#include "broker/core/record_codec.hpp"

namespace steward::cli {

namespace {

std::vector<core::SpillEntry> entries_of(std::span<const store::SpillItem> items) {
    std::vector<core::SpillEntry> entries;
    entries.reserve(items.size());
    for (const store::SpillItem& item : items) {
        entries.push_back({{item.epoch, item.number}, item.end, item.checksum});
    }
    return entries;
}

}  // namespace

std::optional<store::SpillUse> spill_used_by(std::string_view record) {
    auto fact = core::decode_record(record);
    auto* spilled = fact ? std::get_if<core::JobsSpilled>(&*fact) : nullptr;
    return spilled == nullptr
               ? std::nullopt
               : std::optional(store::SpillUse{spilled->spill, std::move(spilled->gone)});
}

store::SpillExpected<store::ReadableFile*> JournalSpills::file(core::SpillNumber number) const {
    const auto found = files_.find(number);
    if (found == files_.end()) {
        return tl::unexpected(store::kSpillIsMissing);
    }
    return found->second.open.get();
}

base::Unexpected JournalSpills::error(core::SpillNumber number,
                                      const store::SpillFault& fault) const {
    return base::Unexpected(store::spill_error(
        folder_->path_of(store::file_name(store::FileKind::Spill, number)), fault));
}

base::Expected<void> JournalSpills::look_at(core::SpillNumber number) {
    if (checked_.number == number) {
        return {};
    }
    Checked now;
    now.number = number;
    const auto fault =
        file(number)
            .and_then([&](store::ReadableFile* open) {
                return store::read_spill_items(*open, number)
                    .and_then([&](std::vector<store::SpillItem>&& items) {
                        now.items = std::move(items);
                        return store::check_spill(*open, now.items);
                    });
            })
            .map([&](std::vector<store::SpillLoss>&& lost) { now.lost = std::move(lost); });
    if (!fault && fault.error().code != base::Errc::Malformed) {
        return error(number, fault.error());
    }
    if (!fault) {
        now.fault = fault.error();
    }
    counts_[number] = now.items.size();
    checked_ = std::move(now);
    return {};
}

base::Expected<void> JournalSpills::check(const core::JobsSpilled& fact,
                                          std::vector<LostJobs>& lost) {
    if (auto looked = look_at(fact.spill); !looked) {
        return looked;
    }
    const std::string name = store::file_name(store::FileKind::Spill, fact.spill);
    const std::string service(fact.service.view());
    if (checked_.fault) {
        lost.push_back({name,
                        checked_.fault->offset,
                        checked_.fault->rule,
                        std::nullopt,
                        fact.count,
                        service});
    }
    const store::SpillUse use{fact.spill, fact.gone};
    for (const store::SpillLoss& loss : checked_.lost) {
        if (use.needs(loss.place)) {
            const store::SpillItem& item = checked_.items[loss.place];
            lost.push_back({name,
                            loss.fault.offset,
                            loss.fault.rule,
                            model::JobId{item.epoch, item.number},
                            1,
                            service});
        }
    }
    has_lost_ = has_lost_ || !lost.empty();
    return {};
}

base::Expected<std::vector<core::SpillEntry>> JournalSpills::entries(core::SpillNumber number) {
    const auto items = file(number).and_then(
        [&](store::ReadableFile* open) { return store::read_spill_items(*open, number); });
    return items ? base::Expected<std::vector<core::SpillEntry>>(entries_of(*items))
                 : error(number, items.error());
}

base::Expected<core::SpillNumber> JournalSpills::write(std::span<core::SpillEntry> /*entries*/,
                                                       std::string_view /*bytes*/) {
    return base::fail(base::Errc::Io, "a journal that is looked at is not written");
}

base::Expected<std::vector<core::SpillEntry>> JournalSpills::open(core::SpillNumber number) {
    if (auto looked = look_at(number); !looked) {
        return base::Unexpected(std::move(looked.error()));
    }
    std::vector<core::SpillEntry> entries = entries_of(checked_.items);
    for (const store::SpillLoss& loss : checked_.lost) {
        entries[loss.place].id = {};
    }
    return entries;
}

base::Expected<std::string> JournalSpills::read(core::SpillNumber number,
                                                std::uint32_t begin,
                                                std::span<const core::SpillEntry> entries) {
    std::vector<store::SpillItem> items;
    items.reserve(entries.size());
    for (const core::SpillEntry& entry : entries) {
        items.push_back({entry.id.epoch, entry.id.number, entry.end, entry.checksum});
    }
    auto bytes = file(number).and_then([&](store::ReadableFile* open) {
        return store::read_spill(*open, counts_.at(number), begin, items);
    });
    return bytes ? base::Expected<std::string>(*std::move(bytes)) : error(number, bytes.error());
}

}  // namespace steward::cli
