// broker/store: the files that make up a journal, in the order in which they are read, and where
// what they hold ends. The one place that tells a torn write from damage; it never writes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/store/journal_folder.hpp"

namespace steward::store {

struct ChainFile {
    FileKind kind = FileKind::Log;
    std::uint64_t number = 0;
    std::string name;
    std::shared_ptr<ReadableFile> open;  // null: opened while it is read
};

/// The newest checkpoint, if there is one, and the log files from its number on, or all.
struct Chain {
    std::optional<ChainFile> checkpoint;
    std::vector<ChainFile> logs;  // ascending
    /// Those that the checkpoint refers to, and perhaps others; only open_chain() fills this in.
    std::map<std::uint64_t, ChainFile> spills;

    /// The checkpoint and then the logs.
    [[nodiscard]] std::vector<ChainFile> files() const;
};

[[nodiscard]] Chain chain_of(const Folder& folder);

/// The chain of a folder that a broker may be using, with all its files open: whatever had been
/// written when this was called is in it, also when the broker removes the files meanwhile. A spill
/// that the checkpoint refers to and that is not in it is missing.
/// Nothing: again and again a new checkpoint came while the files were being opened.
/// Errors: Io.
[[nodiscard]] base::Expected<std::optional<Chain>> open_chain(ReadableFolder& folder);

/// Sees what walk_chain() reads.
class ChainVisitor {
public:
    virtual ~ChainVisitor() = default;

    /// A file whose header is sound.
    virtual void begin(const ChainFile& /*file*/) {}

    /// An error ends the walk.
    virtual base::Expected<void> commit(const Commit& commit) = 0;

    /// The file has been read as far as it goes.
    virtual void end(const ChainFile& /*file*/, const FileEnd& /*end*/) {}
};

/// Where a journal ends, and how.
struct ChainEnd {
    enum class How : std::uint8_t {
        Sound,
        Torn,     // a write that was never acknowledged; a broker cuts it off when it starts
        Damaged,  // a broker refuses to start
    };

    How how = How::Sound;
    LogPosition next;  // where a broker would go on
    std::uint64_t bytes = 0;
    std::uint64_t checkpoint_bytes = 0;

    // ---- not Sound: what a broker drops, if it is told to repair where it is damage ----
    std::string file;          // name
    std::uint64_t offset = 0;  // from here on; 0: all of it
    std::uint64_t size = 0;
    std::string rule;                    // which the file breaks
    std::vector<std::string> set_aside;  // names of files behind it
    bool can_repair = true;              // false: it is the checkpoint, without which nothing is
    base::Errc code = base::Errc::Malformed;
};

/// Reads the chain, file by file, until it ends.
/// Bound: memory for one commit and a few megabytes.
/// Errors: Io; those of `visitor`.
[[nodiscard]] base::Expected<ChainEnd> walk_chain(ReadableFolder& folder,
                                                  const Chain& chain,
                                                  ChainVisitor& visitor);

/// Why a broker does not start with a journal that is damaged, and what there is to do.
[[nodiscard]] base::Error damage_error(const ReadableFolder& folder, const ChainEnd& end);

}  // namespace steward::store
