// broker/store: the files of a journal in the hands of the broker: reading them at the start,
// cutting off what is torn, writing checkpoints and removing what they replace.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "broker/store/disk.hpp"
#include "broker/store/journal.hpp"
#include "broker/store/journal_folder.hpp"
#include "broker/store/segment_format.hpp"

namespace steward::store {

/// What reading found that people should know.
struct ReadReport {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;  // of all files that were read
    std::uint64_t checkpoint_bytes = 0;
    std::vector<std::string> cut;  // torn ends that were removed, and what was damaged and dropped
};

/// Gives every record to `sink`: the newest checkpoint's, then those of the log files from its
/// number on. The torn end of the last file is removed, and so is what an unfinished checkpoint
/// left behind. `repair`: damage in the middle ends the journal there instead of being refused;
/// the files behind it are renamed to end in ".damaged".
/// All of it is safe when this returns, also what an earlier process wrote and did not sync.
/// Errors: Io; Malformed, with file and offset, when something that was safe is damaged or missing;
///         UnsupportedVersion; those of `sink`.
[[nodiscard]] base::Expected<LogPosition> read_log(Disk& disk,
                                                   const RecordSink& sink,
                                                   ReadReport& report,
                                                   bool repair = false);

/// Writes the checkpoint before log file `at.file`: first under another name, and under its own
/// only once it is safe. Then removes the files that it replaces.
/// `write_state` gives all records of the state to its argument.
/// Errors: DiskFull; Io; of write_state.
[[nodiscard]] base::Expected<void> write_checkpoint(Disk& disk,
                                                    const LogPosition& at,
                                                    const StateWriter& write_state);

}  // namespace steward::store
