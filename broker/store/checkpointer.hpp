// broker/store: who writes checkpoints, so that the broker goes on meanwhile.
#pragma once

#include <cstdint>

#include "broker/store/disk.hpp"
#include "broker/store/journal.hpp"
#include "broker/store/segment_format.hpp"

namespace steward::store {

/// Thread: the loop's.
class Checkpointer {
public:
    enum class Progress : std::uint8_t { Running, Done, Failed };

    virtual ~Checkpointer() = default;
    /// Begins to do what write_checkpoint() does. `write_state` is called now, or later in a copy
    /// of this process: it gives the state as it is now, whatever becomes of it. Errors: Io.
    [[nodiscard]] virtual base::Expected<void> start(Disk& disk,
                                                     const LogPosition& at,
                                                     const StateWriter& write_state) = 0;
    /// Of the one that was started. Blocks: never.
    [[nodiscard]] virtual Progress progress() = 0;
};

}  // namespace steward::store
