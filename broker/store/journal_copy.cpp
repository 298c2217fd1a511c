#include "broker/store/journal_copy.hpp"

#include <algorithm>

#include "broker/store/journal_chain.hpp"

namespace steward::store {
namespace {

constexpr std::size_t kCopiedAtOnce = 4UL << 20U;

// As much of it as there is now; what its writer appends meanwhile came later.
base::Expected<std::uint64_t> copy_file(ReadableFile& from, Disk& to, const std::string& name) {
    const auto size = from.size();
    auto file = to.open_file(name);
    if (!size || !file) {
        return base::Unexpected(size ? file.error() : size.error());
    }
    std::uint64_t offset = 0;
    while (offset < *size) {
        const auto bytes = from.read(
            offset,
            static_cast<std::size_t>(std::min<std::uint64_t>(kCopiedAtOnce, *size - offset)));
        if (!bytes) {
            return base::Unexpected(bytes.error());
        }
        if (bytes->empty()) {  // a torn end that was cut off meanwhile
            break;
        }
        if (auto written = (*file)->write(offset, *bytes); !written) {
            return base::Unexpected(std::move(written.error()));
        }
        offset += bytes->size();
    }
    if (auto synced = (*file)->sync(); !synced) {
        return base::Unexpected(std::move(synced.error()));
    }
    return offset;
}

class Counter final : public ChainVisitor {
public:
    explicit Counter(const SpillUses& uses) : uses_(uses) {}

    void begin(const ChainFile& file) override {
        is_checkpoint_ = file.kind == FileKind::Checkpoint;
    }

    base::Expected<void> commit(const Commit& commit) override {
        records += commit.records;
        if (!is_checkpoint_) {
            return {};
        }
        return commit.each([this](std::string_view record) -> base::Expected<void> {
            if (auto use = uses_(record)) {
                used.push_back(*std::move(use));
            }
            return {};
        });
    }

    std::uint64_t records = 0;
    std::vector<SpillUse> used;

private:
    const SpillUses& uses_;
    bool is_checkpoint_ = false;
};

// Whether all that is needed of a copied spill is what was written.
SpillExpected<void> check_copy(Disk& to, const std::string& name, const SpillUse& use) {
    const auto file = to.open_to_read(name);
    if (!file) {
        return tl::unexpected(SpillFault{file.error().code, 0, file.error().message});
    }
    const auto items = read_spill_items(**file, use.spill);
    if (!items) {
        return tl::unexpected(items.error());
    }
    const auto lost = check_spill(**file, *items);
    if (!lost) {
        return tl::unexpected(lost.error());
    }
    for (const SpillLoss& loss : *lost) {
        if (use.needs(loss.place)) {
            return tl::unexpected(loss.fault);
        }
    }
    return {};
}

base::Expected<void> copy_spill(const ReadableFolder& from,
                                const Chain& chain,
                                Disk& to,
                                const SpillUse& use,
                                CopyReport& report) {
    const std::string name = file_name(FileKind::Spill, use.spill);
    const auto found = chain.spills.find(use.spill);
    if (found == chain.spills.end()) {
        return base::Unexpected(spill_error(from.path_of(name), kSpillIsMissing));
    }
    const auto bytes = copy_file(*found->second.open, to, name);
    if (!bytes) {
        return base::Unexpected(bytes.error());
    }
    if (const auto checked = check_copy(to, name, use); !checked) {
        return base::Unexpected(spill_error(from.path_of(name), checked.error()));
    }
    ++report.files;
    ++report.spills;
    report.bytes += *bytes;
    return {};
}

// The end of the last file: a write that was going on, and acknowledged to nobody.
base::Expected<void> cut_torn_end(Disk& disk, const ChainEnd& end) {
    if (end.offset == 0) {
        return disk.remove(end.file);
    }
    auto file = disk.open_file(end.file);
    if (!file) {
        return base::Unexpected(std::move(file.error()));
    }
    return (*file)->truncate(end.offset).and_then([&] { return (*file)->sync(); });
}

base::Expected<Chain> chain_to_copy(ReadableFolder& from) {
    const auto found = look_into(from);
    if (!found) {
        return base::Unexpected(found.error());
    }
    if (!found->is_journal()) {
        return base::fail(base::Errc::Io, from.path_of("") + " holds no journal");
    }
    auto chain = open_chain(from);
    if (!chain) {
        return base::Unexpected(std::move(chain.error()));
    }
    if (!*chain) {
        return base::fail(
            base::Errc::Io,
            from.path_of("") + " changes faster than its files can be opened; try again");
    }
    return std::move(**chain);
}

}  // namespace

base::Expected<CopyReport> copy_journal(ReadableFolder& from, Disk& to, const SpillUses& uses) {
    const auto chain = chain_to_copy(from);
    if (!chain) {
        return base::Unexpected(chain.error());
    }
    CopyReport report;
    for (const ChainFile& file : chain->files()) {
        const auto bytes = copy_file(*file.open, to, file.name);
        if (!bytes) {
            return base::Unexpected(bytes.error());
        }
        ++report.files;
        report.bytes += *bytes;
    }
    const auto copied = look_into(to);
    if (!copied) {
        return base::Unexpected(copied.error());
    }
    Counter counter(uses);
    const auto end = walk_chain(to, chain_of(*copied), counter);
    if (!end) {
        return base::Unexpected(end.error());
    }
    report.records = counter.records;
    switch (end->how) {
        case ChainEnd::How::Sound: break;
        case ChainEnd::How::Damaged: return base::Unexpected(damage_error(from, *end));
        case ChainEnd::How::Torn:
            report.cut_bytes = end->size - end->offset;
            report.bytes -= report.cut_bytes;
            report.files -= end->offset == 0 ? 1U : 0U;
            if (auto cut = cut_torn_end(to, *end); !cut) {
                return base::Unexpected(std::move(cut.error()));
            }
            break;
    }
    for (const SpillUse& use : counter.used) {
        if (auto done = copy_spill(from, *chain, to, use, report); !done) {
            return base::Unexpected(std::move(done.error()));
        }
    }
    if (auto synced = to.sync_names(); !synced) {
        return base::Unexpected(std::move(synced.error()));
    }
    return report;
}

}  // namespace steward::store
