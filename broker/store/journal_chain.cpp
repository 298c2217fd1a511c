#include "broker/store/journal_chain.hpp"

#include <utility>

namespace steward::store {
namespace {

constexpr int kTriesMax = 20;

// Opens what is not open yet. False: it is gone.
base::Expected<bool> open_file(ReadableFolder& folder, ChainFile& file) {
    auto opened = folder.open_to_read(file.name);
    if (!opened) {
        return base::Unexpected(std::move(opened.error()));
    }
    file.open = std::move(*opened);
    return file.open != nullptr;
}

base::Expected<bool> is_there(ReadableFolder& folder, const std::string& name) {
    auto opened = folder.open_to_read(name);
    return opened ? base::Expected<bool>(*opened != nullptr)
                  : base::Unexpected(std::move(opened.error()));
}

// False: some file is gone.
base::Expected<bool> open_all(ReadableFolder& folder, Chain& chain) {
    if (chain.checkpoint) {
        if (auto opened = open_file(folder, *chain.checkpoint); !opened || !*opened) {
            return opened;
        }
    }
    for (ChainFile& log : chain.logs) {
        if (auto opened = open_file(folder, log); !opened || !*opened) {
            return opened;
        }
    }
    return true;
}

// From a checkpoint or log 1 on without a gap. A journal that is not so is empty or damaged; or the
// folder changed while it was listed: a checkpoint was replaced by the next, or of several new logs
// only a later one was seen.
bool is_complete(const Chain& chain) {
    std::uint64_t expected = chain.checkpoint ? chain.checkpoint->number : 1;
    for (const ChainFile& log : chain.logs) {
        if (log.number != expected++) {
            return false;
        }
    }
    return chain.checkpoint || !chain.logs.empty();
}

// Whether the listing that the chain is from has missed no file that was there before. A listing is
// no instant, so this leans on the order in which a broker removes: only once a newer checkpoint
// has its name, first logs, then checkpoints, each from the lowest number up. So while our first
// log is there (it was opened after the listing), no log has gone. Without any log it must not be
// that they have all gone and the checkpoint is next: as long as it is there, one that has taken
// its place is there too, and another listing has it.
base::Expected<bool> has_all(ReadableFolder& folder, const Chain& chain) {
    if (!chain.logs.empty()) {
        return true;
    }
    const auto now = look_into(folder);
    if (!now) {
        return base::Unexpected(now.error());
    }
    const bool is_newest =
        !now->checkpoints.empty() && now->checkpoints.rbegin()->first == chain.checkpoint->number;
    return is_newest ? is_there(folder, chain.checkpoint->name) : false;
}

// False: another checkpoint has taken the place of this one. A spill is on the disk before the
// first checkpoint that refers to it has its name, and a broker removes it only when all of them
// are gone. So while the checkpoint is still there after they were listed and opened, none of its
// spills has been missed, and what went meanwhile was none of them. Logs refer to none.
base::Expected<bool> open_spills(ReadableFolder& folder, Chain& chain) {
    if (!chain.checkpoint) {
        return true;
    }
    const auto found = look_into(folder);
    if (!found) {
        return base::Unexpected(found.error());
    }
    for (const auto& [number, name] : found->spills) {
        ChainFile spill{FileKind::Spill, number, name, nullptr};
        const auto opened = open_file(folder, spill);
        if (!opened) {
            return base::Unexpected(opened.error());
        }
        if (*opened) {
            chain.spills.emplace(number, std::move(spill));
        }
    }
    return is_there(folder, chain.checkpoint->name);
}

class Walk {
public:
    Walk(ReadableFolder& folder, ChainVisitor& visitor) : folder_(folder), visitor_(visitor) {}

    // Each of these is false when the journal ends with this file.
    base::Expected<bool> checkpoint(ChainFile file) {
        const auto header = header_of(file);
        if (!header) {
            return base::Unexpected(header.error());
        }
        end_.can_repair = false;
        if (!*header) {
            return false;
        }
        // Its records are numbered from 1; its header tells where the log goes on.
        const auto end = read(file, {FileKind::Checkpoint, file.number, 1});
        if (!end) {
            return base::Unexpected(end.error());
        }
        if (end->is_torn || !end->has_end_mark) {
            return damaged(file, end->offset, "the checkpoint is not whole");
        }
        end_.can_repair = true;
        end_.checkpoint_bytes = end->size;
        end_.next = {file.number, (*header)->first};
        return true;
    }

    base::Expected<bool> log(ChainFile file, bool is_last) {
        const auto header = header_of(file);
        if (!header) {
            return base::Unexpected(header.error());
        }
        if (!*header) {
            if (is_last && end_.code == base::Errc::Malformed && end_.size <= kFileHeaderBytes) {
                end_.how = ChainEnd::How::Torn;
                end_.rule = "was begun and not finished";
            }
            return false;
        }
        if ((*header)->first != end_.next.record) {
            return damaged(file, 0, "records are missing before it");
        }
        const auto end = read(file, **header);
        if (!end) {
            return base::Unexpected(end.error());
        }
        end_.next = {file.number + 1, end->next};
        if (!end->is_torn) {
            return true;
        }
        if (end->is_damaged || !is_last) {
            return damaged(file, end->offset, "this was safe and is not what was written");
        }
        (void)damaged(file, end->offset, "what stands here is no whole commit");
        end_.how = ChainEnd::How::Torn;
        return false;
    }

    bool damaged(const ChainFile& file, std::uint64_t offset, std::string rule) {
        end_.how = ChainEnd::How::Damaged;
        end_.file = file.name;
        end_.offset = offset;
        end_.size = size_;
        end_.rule = std::move(rule);
        return false;
    }

    [[nodiscard]] std::uint64_t expected() const { return end_.next.file; }

    [[nodiscard]] ChainEnd& end() { return end_; }

private:
    // Nothing: there is none that is sound, and that is where the journal ends.
    base::Expected<std::optional<FileHeader>> header_of(ChainFile& file) {
        if (file.open == nullptr) {
            const auto opened = open_file(folder_, file);
            if (!opened) {
                return base::Unexpected(opened.error());
            }
            if (!*opened) {
                return base::fail(base::Errc::Io,
                                  folder_.path_of(file.name) + " was removed by somebody else");
            }
        }
        const auto size = file.open->size();
        const auto bytes = file.open->read(0, kFileHeaderBytes);
        if (!size || !bytes) {
            return base::Unexpected(size ? bytes.error() : size.error());
        }
        size_ = *size;
        end_.bytes += *size;
        const auto header = decode_header(*bytes);
        if (!header) {
            (void)damaged(file, 0, header.error().message);
            end_.code = header.error().code;
            return std::nullopt;
        }
        if (header->kind != file.kind || header->number != file.number) {
            (void)damaged(file, 0, "it has been renamed");
            return std::nullopt;
        }
        return *header;
    }

    base::Expected<FileEnd> read(const ChainFile& file, const FileHeader& header) {
        visitor_.begin(file);
        auto end = read_commits(
            *file.open, header, [this](const Commit& commit) { return visitor_.commit(commit); });
        if (end) {
            visitor_.end(file, *end);
            size_ = end->size;
        }
        return end;
    }

    ReadableFolder& folder_;
    ChainVisitor& visitor_;
    ChainEnd end_;
    std::uint64_t size_ = 0;  // of the file that is read
};

}  // namespace

std::vector<ChainFile> Chain::files() const {
    std::vector<ChainFile> all;
    if (checkpoint) {
        all.push_back(*checkpoint);
    }
    all.insert(all.end(), logs.begin(), logs.end());
    return all;
}

Chain chain_of(const Folder& folder) {
    Chain chain;
    std::uint64_t from = 1;
    if (!folder.checkpoints.empty()) {
        const auto& [number, name] = *folder.checkpoints.rbegin();
        chain.checkpoint = ChainFile{FileKind::Checkpoint, number, name, nullptr};
        from = number;
    }
    for (auto log = folder.logs.lower_bound(from); log != folder.logs.end(); ++log) {
        chain.logs.push_back({FileKind::Log, log->first, log->second, nullptr});
    }
    return chain;
}

base::Expected<std::optional<Chain>> open_chain(ReadableFolder& folder) {
    for (int i = 0; i < kTriesMax; ++i) {
        const auto found = look_into(folder);
        if (!found) {
            return base::Unexpected(found.error());
        }
        Chain chain = chain_of(*found);
        const auto opened = open_all(folder, chain);
        if (!opened) {
            return base::Unexpected(opened.error());
        }
        if (!*opened) {
            continue;
        }
        // What does not change from one look to the next is how it is.
        const auto is_whole = is_complete(chain) ? has_all(folder, chain) : i + 1 == kTriesMax;
        if (!is_whole) {
            return base::Unexpected(is_whole.error());
        }
        const auto has_spills = *is_whole ? open_spills(folder, chain) : false;
        if (!has_spills) {
            return base::Unexpected(has_spills.error());
        }
        if (*has_spills) {
            return std::optional(std::move(chain));
        }
    }
    return std::optional<Chain>();
}

base::Expected<ChainEnd> walk_chain(ReadableFolder& folder,
                                    const Chain& chain,
                                    ChainVisitor& visitor) {
    Walk walk(folder, visitor);
    bool goes_on = true;
    if (chain.checkpoint) {
        const auto more = walk.checkpoint(*chain.checkpoint);
        if (!more) {
            return base::Unexpected(more.error());
        }
        goes_on = *more;
    }
    for (std::size_t i = 0; i < chain.logs.size(); ++i) {
        const ChainFile& log = chain.logs[i];
        if (!goes_on) {
            walk.end().set_aside.push_back(log.name);
        } else if (log.number != walk.expected()) {
            goes_on = walk.damaged(log, 0, "the file before it is missing");
        } else {
            const auto more = walk.log(log, i + 1 == chain.logs.size());
            if (!more) {
                return base::Unexpected(more.error());
            }
            goes_on = *more;
        }
    }
    return std::move(walk.end());
}

base::Error damage_error(const ReadableFolder& folder, const ChainEnd& end) {
    if (end.code == base::Errc::UnsupportedVersion) {
        return {end.code, folder.path_of(end.file) + ": " + end.rule, {}};
    }
    return {end.code,
            "the journal is damaged: " + folder.path_of(end.file) + ", offset " +
                std::to_string(end.offset) + ": " + end.rule +
                (end.can_repair
                     ? "; look for a backup, or start once with --repair, which goes on without "
                       "what stands there and behind it, and tells what that is"
                     : "; without it nothing can be read, and --repair does not help: look for a "
                       "backup"),
            {}};
}

}  // namespace steward::store
