// broker/store: the kinds of files in a journal's folder, by their names. The one place that knows
// them; what a file of each kind holds is journal_chain's and log_files' matter.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/store/disk.hpp"
#include "broker/store/segment_format.hpp"

namespace steward::store {

/// What a name says of a file. A further kind is added here, in kind_of() and in Folder, and the
/// compiler then asks what becomes of it at a start, in a backup and in a listing.
enum class NameKind : std::uint8_t {
    Log,
    Checkpoint,
    Spill,       // see spill_files.hpp
    Unfinished,  // a checkpoint that is or was being written
    Damaged,     // set aside by a repair
    Lock,        // of the broker that uses the folder
    Other,       // not the journal's
};

/// The file that whoever uses the folder has locked.
inline constexpr std::string_view kLockName = "lock";

struct FileName {
    NameKind kind = NameKind::Other;
    std::uint64_t number = 0;  // of logs, checkpoints and spills
};

[[nodiscard]] FileName kind_of(std::string_view name);
/// "log", "checkpoint", "spill", "unfinished", "damaged", "lock", "other".
[[nodiscard]] std::string_view name_of(NameKind kind);

[[nodiscard]] std::string file_name(FileKind kind, std::uint64_t number);
/// While it is being written.
[[nodiscard]] std::string unfinished_name(std::string_view name);
/// Set aside by a repair.
[[nodiscard]] std::string damaged_name(std::string_view name);

/// The names in a folder, by what they say.
struct Folder {
    std::map<std::uint64_t, std::string> logs;
    std::map<std::uint64_t, std::string> checkpoints;
    std::map<std::uint64_t, std::string> spills;
    std::vector<std::string> unfinished;
    std::vector<std::string> damaged;
    std::vector<std::string> others;
    bool has_lock = false;

    /// Whether a journal was ever here.
    [[nodiscard]] bool is_journal() const {
        return has_lock || !logs.empty() || !checkpoints.empty();
    }
};

/// Errors: Io.
[[nodiscard]] base::Expected<Folder> look_into(ReadableFolder& folder);

}  // namespace steward::store
