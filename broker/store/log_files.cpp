#include "broker/store/log_files.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "broker/store/checkpoint_file.hpp"

namespace steward::store {
namespace {

constexpr std::string_view kLogEnding = ".log";
constexpr std::string_view kCheckpointEnding = ".checkpoint";
constexpr std::string_view kUnfinishedEnding = ".unfinished";
constexpr std::string_view kDamagedEnding = ".damaged";
constexpr std::size_t kNumberDigits = 16;
// Larger files than any that was written are not read into memory.
constexpr std::size_t kFileBytesMax = 64UL << 30U;

struct Folder {
    std::map<std::uint64_t, std::string> logs;
    std::map<std::uint64_t, std::string> checkpoints;
    std::vector<std::string> unfinished;
};

std::optional<std::uint64_t> number_of(std::string_view name, std::string_view ending) {
    if (name.size() != kNumberDigits + ending.size() || !name.ends_with(ending)) {
        return std::nullopt;
    }
    std::uint64_t number = 0;
    const char* end = name.data() + kNumberDigits;
    const auto parsed = std::from_chars(name.data(), end, number, 16);
    return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(number) : std::nullopt;
}

base::Expected<Folder> look_into(Disk& disk) {
    auto names = disk.list();
    if (!names) {
        return base::Unexpected(std::move(names.error()));
    }
    Folder folder;
    for (const std::string& name : *names) {
        if (const auto log = number_of(name, kLogEnding)) {
            folder.logs.emplace(*log, name);
        } else if (const auto checkpoint = number_of(name, kCheckpointEnding)) {
            folder.checkpoints.emplace(*checkpoint, name);
        } else if (name.ends_with(kUnfinishedEnding)) {
            folder.unfinished.push_back(name);
        }
    }
    return folder;
}

base::Unexpected damage(const Disk& disk,
                        const std::string& name,
                        std::uint64_t offset,
                        std::string_view what) {
    return base::fail(base::Errc::Malformed,
                      "the journal is damaged: " + disk.path_of(name) + ", offset " +
                          std::to_string(offset) + ": " + std::string(what) +
                          "; look for a backup, or start once with --repair, which goes on without "
                          "what stands there and behind it, and tells what that is");
}

// Reads the files one after the other. What ends the journal early ends `read`.
class Reading {
public:
    Reading(Disk& disk, const RecordSink& sink, ReadReport& report, bool repair)
        : disk_(disk), sink_(sink), report_(report), repairs_(repair) {}

    base::Expected<void> checkpoint(std::uint64_t number, const std::string& name) {
        const auto bytes = content_of(name);
        if (!bytes) {
            return base::Unexpected(bytes.error());
        }
        auto header = header_of(name, *bytes, FileKind::Checkpoint, number);
        if (!header) {
            return base::Unexpected(std::move(header.error()));
        }
        // Its records are numbered from 1; its header tells where the log goes on.
        const FileHeader numbered{FileKind::Checkpoint, number, 1};
        const auto end = read_commits(*bytes, numbered, counting_sink());
        if (!end) {
            return base::Unexpected(end.error());
        }
        if (end->is_torn || !end->has_end_mark) {
            return damage(disk_, name, end->offset, "the checkpoint is not whole");
        }
        report_.checkpoint_bytes = bytes->size();
        at_ = {number, header->first};
        return {};
    }

    // False: the journal ends here.
    base::Expected<bool> log(std::uint64_t number, const std::string& name, bool is_last) {
        const auto bytes = content_of(name);
        if (!bytes) {
            return base::Unexpected(bytes.error());
        }
        auto header = header_of(name, *bytes, FileKind::Log, number);
        if (!header && header.error().code == base::Errc::Malformed && is_last &&
            bytes->size() <= kFileHeaderBytes) {
            return drop(name, "was begun and not finished");
        }
        if (!header) {
            return give_up(name, std::move(header.error()));
        }
        if (header->first != at_.record) {
            return give_up(name, damage(disk_, name, 0, "records are missing before it").value());
        }
        const auto end = read_commits(*bytes, *header, counting_sink());
        if (!end) {
            return base::Unexpected(end.error());
        }
        at_ = {number + 1, end->next};
        if (!end->is_torn) {
            return is_last ? make_safe(name) : base::Expected<bool>(true);
        }
        if (end->is_damaged || !is_last) {
            if (!repairs_) {
                return damage(
                    disk_, name, end->offset, "this was safe and is not what was written");
            }
        }
        return cut(name, *end, bytes->size());
    }

    // With repair: sets aside what cannot be read.
    base::Expected<void> set_aside(const std::string& name) {
        report_.cut.push_back(disk_.path_of(name) + ": not read, renamed to end in " +
                              std::string(kDamagedEnding));
        return disk_.rename(name, name + std::string(kDamagedEnding));
    }

    [[nodiscard]] const LogPosition& position() const { return at_; }

private:
    base::Expected<std::string> content_of(const std::string& name) {
        auto file = disk_.open_file(name);
        if (!file) {
            return base::Unexpected(std::move(file.error()));
        }
        auto bytes = (*file)->read(0, kFileBytesMax);
        if (bytes) {
            report_.bytes += bytes->size();
        }
        return bytes;
    }

    base::Expected<FileHeader> header_of(const std::string& name,
                                         std::string_view bytes,
                                         FileKind kind,
                                         std::uint64_t number) const {
        auto header = decode_header(bytes);
        if (!header && header.error().code == base::Errc::Malformed) {
            return damage(disk_, name, 0, header.error().message);
        }
        if (!header) {
            header.error().message = disk_.path_of(name) + ": " + header.error().message;
            return header;
        }
        if (header->kind != kind || header->number != number) {
            return damage(disk_, name, 0, "it has been renamed");
        }
        return header;
    }

    RecordSink counting_sink() {
        return [this](std::string_view record) {
            ++report_.records;
            return sink_(record);
        };
    }

    base::Expected<bool> give_up(const std::string& name, base::Error error) {
        if (!repairs_) {
            return base::Unexpected(std::move(error));
        }
        if (auto moved = set_aside(name); !moved) {
            return base::Unexpected(std::move(moved.error()));
        }
        return false;
    }

    // Its writer may have died before it synced; what is read is relied on.
    base::Expected<bool> make_safe(const std::string& name) {
        auto file = disk_.open_file(name);
        if (!file) {
            return base::Unexpected(std::move(file.error()));
        }
        if (auto done = (*file)->sync(); !done) {
            return base::Unexpected(std::move(done.error()));
        }
        return true;
    }

    base::Expected<bool> cut(const std::string& name, const FileEnd& end, std::size_t size) {
        report_.cut.push_back(disk_.path_of(name) + ": " + std::to_string(size - end.offset) +
                              " bytes from offset " + std::to_string(end.offset));
        auto file = disk_.open_file(name);
        if (!file) {
            return base::Unexpected(std::move(file.error()));
        }
        if (auto done = (*file)->truncate(end.offset); !done) {
            return base::Unexpected(std::move(done.error()));
        }
        if (auto done = (*file)->sync(); !done) {
            return base::Unexpected(std::move(done.error()));
        }
        return false;
    }

    base::Expected<bool> drop(const std::string& name, std::string_view why) {
        report_.cut.push_back(disk_.path_of(name) + ": " + std::string(why));
        if (auto removed = disk_.remove(name); !removed) {
            return base::Unexpected(std::move(removed.error()));
        }
        return false;
    }

    Disk& disk_;
    const RecordSink& sink_;
    ReadReport& report_;
    bool repairs_;
    LogPosition at_;
};

// What a checkpoint of this number has replaced.
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

std::string file_name(FileKind kind, std::uint64_t number) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string name(kNumberDigits, '0');
    for (std::size_t i = kNumberDigits; number != 0; number >>= 4U) {
        name[--i] = kDigits[number & 0xFU];
    }
    return name.append(kind == FileKind::Log ? kLogEnding : kCheckpointEnding);
}

base::Expected<LogPosition> read_log(Disk& disk,
                                     const RecordSink& sink,
                                     ReadReport& report,
                                     bool repair) {
    auto folder = look_into(disk);
    if (!folder) {
        return base::Unexpected(std::move(folder.error()));
    }
    for (const std::string& name : folder->unfinished) {
        if (auto removed = disk.remove(name); !removed) {
            return base::Unexpected(std::move(removed.error()));
        }
    }
    Reading reading(disk, sink, report, repair);
    std::uint64_t from = 1;
    if (!folder->checkpoints.empty()) {
        const auto& [number, name] = *folder->checkpoints.rbegin();
        if (auto done = reading.checkpoint(number, name); !done) {
            return base::Unexpected(std::move(done.error()));
        }
        from = number;
    }
    bool goes_on = true;
    std::uint64_t expected = from;
    for (auto log = folder->logs.lower_bound(from); log != folder->logs.end(); ++log) {
        const auto& [number, name] = *log;
        if (goes_on && number != expected && !repair) {
            return damage(disk, name, 0, "the file before it is missing");
        }
        ++expected;
        if (!goes_on || number != expected - 1) {
            goes_on = false;
            if (auto moved = reading.set_aside(name); !moved) {
                return base::Unexpected(std::move(moved.error()));
            }
            continue;
        }
        const auto more = reading.log(number, name, std::next(log) == folder->logs.end());
        if (!more) {
            return base::Unexpected(more.error());
        }
        goes_on = *more;
    }
    // Names first: a checkpoint whose name is lost has replaced nothing.
    if (auto synced = disk.sync_names(); !synced) {
        return base::Unexpected(std::move(synced.error()));
    }
    // What was not removed any more.
    if (auto removed = remove_before(disk, *folder, from); !removed) {
        return base::Unexpected(std::move(removed.error()));
    }
    if (auto synced = disk.sync_names(); !synced) {
        return base::Unexpected(std::move(synced.error()));
    }
    return reading.position();
}

base::Expected<void> write_checkpoint(Disk& disk,
                                      const LogPosition& at,
                                      const StateWriter& write_state) {
    const std::string name = file_name(FileKind::Checkpoint, at.file);
    const std::string unfinished = name + std::string(kUnfinishedEnding);
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
