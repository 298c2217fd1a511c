#include "broker/store/log_files.hpp"

#include "broker/store/checkpoint_file.hpp"
#include "broker/store/journal_chain.hpp"

namespace steward::store {
namespace {

class Reader final : public ChainVisitor {
public:
    Reader(const RecordSink& sink, std::uint64_t& records) : sink_(sink), records_(records) {}

    base::Expected<void> commit(const Commit& commit) override {
        return commit.each([this](std::string_view record) {
            ++records_;
            return sink_(record);
        });
    }

private:
    const RecordSink& sink_;
    std::uint64_t& records_;
};

base::Expected<void> cut_file(Disk& disk, const std::string& name, std::uint64_t size) {
    auto file = disk.open_file(name);
    if (!file) {
        return base::Unexpected(std::move(file.error()));
    }
    return (*file)->truncate(size).and_then([&] { return (*file)->sync(); });
}

// Its writer may have died before it synced; what is read is relied on.
base::Expected<void> make_safe(Disk& disk, const Chain& chain) {
    if (chain.logs.empty()) {
        return {};
    }
    auto file = disk.open_file(chain.logs.back().name);
    return file ? (*file)->sync() : base::Unexpected(std::move(file.error()));
}

base::Expected<void> set_aside(Disk& disk, const std::string& name, ReadReport& report) {
    const std::string damaged = damaged_name(name);
    report.cut.push_back(disk.path_of(name) + ": not read, renamed to " + damaged);
    return disk.rename(name, damaged);
}

// Removes or sets aside what the journal ends before.
base::Expected<void> drop_behind(Disk& disk, const ChainEnd& end, ReadReport& report) {
    base::Expected<void> done;
    if (end.offset > 0) {
        report.cut.push_back(disk.path_of(end.file) + ": " + std::to_string(end.size - end.offset) +
                             " bytes from offset " + std::to_string(end.offset));
        done = cut_file(disk, end.file, end.offset);
    } else if (end.how == ChainEnd::How::Torn) {
        report.cut.push_back(disk.path_of(end.file) + ": " + end.rule);
        done = disk.remove(end.file);
    } else {
        done = set_aside(disk, end.file, report);
    }
    for (std::size_t i = 0; done && i < end.set_aside.size(); ++i) {
        done = set_aside(disk, end.set_aside[i], report);
    }
    return done;
}

// What a checkpoint of this number has replaced: logs before checkpoints, the oldest first.
// open_chain() relies on that order.
base::Expected<void> remove_before(Disk& disk, const Folder& folder, std::uint64_t number) {
    for (const auto* files : {&folder.logs, &folder.checkpoints}) {
        for (const auto& [other, name] : *files) {
            if (other >= number) {
                break;
            }
            if (auto removed = disk.remove(name); !removed) {
                return removed;
            }
        }
    }
    return {};
}

base::Expected<void> fill_checkpoint(Disk& disk,
                                     const std::string& name,
                                     const LogPosition& at,
                                     const StateWriter& write_state) {
    auto file = disk.open_file(name);
    if (!file) {
        return base::Unexpected(std::move(file.error()));
    }
    return (*file)->truncate(0).and_then(
        [&] { return write_checkpoint_file(**file, at, write_state); });
}

}  // namespace

base::Expected<LogPosition> read_log(Disk& disk,
                                     const RecordSink& sink,
                                     ReadReport& report,
                                     bool repair) {
    const auto folder = look_into(disk);
    if (!folder) {
        return base::Unexpected(folder.error());
    }
    for (const std::string& name : folder->unfinished) {
        if (auto removed = disk.remove(name); !removed) {
            return base::Unexpected(std::move(removed.error()));
        }
    }
    Reader reader(sink, report.records);
    const Chain chain = chain_of(*folder);
    const auto end = walk_chain(disk, chain, reader);
    if (!end) {
        return base::Unexpected(end.error());
    }
    report.bytes = end->bytes;
    report.checkpoint_bytes = end->checkpoint_bytes;
    if (end->how == ChainEnd::How::Damaged && !(repair && end->can_repair)) {
        return base::Unexpected(damage_error(disk, *end));
    }
    const auto settled = end->how == ChainEnd::How::Sound ? make_safe(disk, chain)
                                                          : drop_behind(disk, *end, report);
    if (!settled) {
        return base::Unexpected(settled.error());
    }
    // Names first: a checkpoint whose name is lost has replaced nothing.
    if (auto synced = disk.sync_names(); !synced) {
        return base::Unexpected(std::move(synced.error()));
    }
    // What was not removed any more.
    const std::uint64_t from = chain.checkpoint ? chain.checkpoint->number : 1;
    if (auto removed = remove_before(disk, *folder, from); !removed) {
        return base::Unexpected(std::move(removed.error()));
    }
    if (auto synced = disk.sync_names(); !synced) {
        return base::Unexpected(std::move(synced.error()));
    }
    return end->next;
}

base::Expected<void> write_checkpoint(Disk& disk,
                                      const LogPosition& at,
                                      const StateWriter& write_state) {
    const std::string name = file_name(FileKind::Checkpoint, at.file);
    const std::string unfinished = unfinished_name(name);
    if (auto done = fill_checkpoint(disk, unfinished, at, write_state); !done) {
        (void)disk.remove(unfinished);  // a full disk needs the room; what failed first is told
        return done;
    }
    if (auto done = disk.rename(unfinished, name); !done) {
        return done;
    }
    if (auto done = disk.sync_names(); !done) {
        return done;
    }
    const auto folder = look_into(disk);
    if (!folder) {
        return base::Unexpected(folder.error());
    }
    return remove_before(disk, *folder, at.file);
}

}  // namespace steward::store
