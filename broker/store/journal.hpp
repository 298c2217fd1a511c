// broker/store: a durable sequence of opaque records. The journal does not know what a job is.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"

namespace steward::store {

class SpillFiles;

using Seq = std::uint64_t;
/// Takes one record. Valid only while it runs.
using RecordSink = std::function<base::Expected<void>(std::string_view record)>;
/// Gives all records that the state amounts to, as append() would have taken them, to its argument.
using StateWriter = std::function<base::Expected<void>(const RecordSink& put)>;

/// How a journal fares, for operators.
struct JournalState {
    std::uint64_t checkpoint_bytes = 0;
    std::uint64_t log_bytes = 0;    // since the checkpoint
    std::uint64_t queue_bytes = 0;  // appended and not being written yet
    std::uint64_t spill_files = 0;
    std::uint64_t syncs = 0;
    base::Duration sync_time{};           // of all of them
    base::Duration last_sync{};           // how long it took
    std::uint64_t last_sync_records = 0;  // of the group before it
    bool is_full = false;                 // the disk is
};

/// Completion-shaped: append() returns at once and durable() tells later how far the disk, or a
/// quorum, has come.
///
/// Thread: all calls from one thread; an engine may have a writer thread of its own behind them.
class Journal {
public:
    virtual ~Journal() = default;

    /// Gives every record of earlier runs to `sink`, oldest first. Only before the first append().
    /// Errors: Io; Malformed where the file is damaged. A refusal by `sink` is passed on.
    [[nodiscard]] virtual base::Expected<void> replay(const RecordSink& sink) = 0;

    /// Appends `records` as one atomic commit and numbers them upward from last() + 1.
    /// Order:  commits become durable in call order.
    /// Errors: QueueFull, DiskFull – nothing was queued, try again a little later;
    ///         JournalFailed – the journal is dead, stop the broker.
    /// Blocks: never.
    [[nodiscard]] virtual base::Expected<void> append(
        std::span<const std::string_view> records) = 0;

    /// The number of the last record handed to append(); 0 before the first of this run.
    [[nodiscard]] virtual Seq last() const = 0;
    /// Every record up to this number is safe. Never moves back. Errors: JournalFailed, for ever.
    [[nodiscard]] virtual base::Expected<Seq> durable() const = 0;
    /// A descriptor that becomes readable when durable() may have moved, and unreadable again by
    /// calling durable(); -1: durable() moves only within append().
    [[nodiscard]] virtual int wakeup_fd() const = 0;

    /// Whether new work should be taken at all. Errors: those of append().
    [[nodiscard]] virtual base::Expected<void> room() const { return {}; }

    /// Where to put pieces of the state for which memory is too dear; null: nowhere. Checkpoints
    /// may refer to them by number, once they are synced.
    [[nodiscard]] virtual SpillFiles* spills() { return nullptr; }

    /// All zero where nothing is written.
    [[nodiscard]] virtual JournalState state() const { return {}; }

    /// So much has been appended since the last checkpoint that another would give back space.
    /// Asked after each turn. Blocks: never.
    [[nodiscard]] virtual bool wants_checkpoint() { return false; }

    /// Everything appended so far may be replaced by what `write_state` gives, which must amount to
    /// the same. It sees the state as it is now, but may run beside the caller, in a process of its
    /// own. A failure leaves the log as it is.
    /// Errors: Io.
    [[nodiscard]] virtual base::Expected<void> checkpoint(const StateWriter& /*write_state*/) {
        return {};
    }
};

}  // namespace steward::store
