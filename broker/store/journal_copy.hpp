// broker/store: a copy of a journal that a broker may be writing meanwhile, whole and sound by
// itself. Needs nothing from that broker.
#pragma once

#include <cstdint>

#include "broker/store/disk.hpp"
#include "broker/store/journal_folder.hpp"
#include "broker/store/spill_format.hpp"

namespace steward::store {

struct CopyReport {
    std::uint64_t files = 0;
    std::uint64_t spills = 0;  // of them
    std::uint64_t bytes = 0;
    std::uint64_t records = 0;
    std::uint64_t cut_bytes = 0;  // a write that was going on or was torn: not in the copy
};

/// Copies the files that the journal in `from` consists of into `to`, which holds none, and reads
/// the copy with all its checksums. Of spills, only those that records of the copied checkpoint
/// refer to are in it; others may be half written, and no broker looks at them. Every commit that
/// had been written when this was called is in it, and perhaps some that came after. It is safe
/// when this returns. Bound:  memory for one commit and a few megabytes; all files of the journal
/// are open at once. Errors: Malformed when the journal is damaged or the copy is;
/// UnsupportedVersion; DiskFull; Io,
///         also when `from` is no journal. What was copied until then stays in `to`.
[[nodiscard]] base::Expected<CopyReport> copy_journal(ReadableFolder& from,
                                                      Disk& to,
                                                      const SpillUses& uses);

}  // namespace steward::store
