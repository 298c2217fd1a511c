// broker/store: the content of a checkpoint: the records of a state in commits, and an end mark.
#pragma once

#include "broker/store/disk.hpp"
#include "broker/store/journal.hpp"
#include "broker/store/segment_format.hpp"

namespace steward::store {

/// Writes the checkpoint before log file `at.file` into an empty file. It is safe when this
/// returns. Errors: DiskFull; Io; of write_state.
[[nodiscard]] base::Expected<void> write_checkpoint_file(File& file,
                                                         const LogPosition& at,
                                                         const StateWriter& write_state);

}  // namespace steward::store
