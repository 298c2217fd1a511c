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
    base::Expected<void> commit(const Commit& commit) override {
        records += commit.records;
        return {};
    }

    std::uint64_t records = 0;
};

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

base::Expected<CopyReport> copy_journal(ReadableFolder& from, Disk& to) {
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
    Counter counter;
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
    if (auto synced = to.sync_names(); !synced) {
        return base::Unexpected(std::move(synced.error()));
    }
    return report;
}

}  // namespace steward::store
