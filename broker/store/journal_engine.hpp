// broker/store: the journal on a disk, in steps. Commits gather while the last ones are written and
// synced, and go together into the next group: one sync for all of them. No thread and no clock
// here: the journal's writer thread takes the steps, and in the simulator chance does.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "broker/store/checkpointer.hpp"
#include "broker/store/journal.hpp"
#include "broker/store/log_writer.hpp"
#include "broker/store/spill_files.hpp"
#include "common/base/time.hpp"

namespace steward::store {

/// What durable() waits for.
enum class Durability : std::uint8_t {
    Sync,      // the disk: survives a loss of power
    Interval,  // the system, and the disk soon: a loss of power takes the last moments
    Os,        // the system: survives the end of the process, not of the machine
};

struct DiskJournalOptions {
    Durability durability = Durability::Sync;
    base::Duration sync_interval = std::chrono::milliseconds(50);  // Interval: between two syncs
    std::size_t queue_bytes_max = 64UL << 20U;                   // not yet written; then QueueFull
    std::uint64_t file_bytes_max = 256UL << 20U;                 // then the next file begins
    std::uint64_t checkpoint_bytes_min = 64UL << 20U;            // of log behind a checkpoint
    base::Duration full_retry = std::chrono::milliseconds(200);  // while the disk is full
};

/// Thread: one for the loop's side and one for the writer's; they may be the same.
/// Bound:  queue_bytes_max; on disk about twice what is alive, and checkpoint_bytes_min; three
///         times while a checkpoint is written.
class JournalEngine {
public:
    /// `disk` must be nobody else's. `on_moved` is called on the writer's side when durable() has
    /// moved or failed.
    JournalEngine(std::unique_ptr<Disk> disk,
                  std::unique_ptr<Checkpointer> checkpointer,
                  const DiskJournalOptions& options,
                  bool repair,
                  std::function<void()> on_moved);
    JournalEngine(const JournalEngine&) = delete;
    JournalEngine& operator=(const JournalEngine&) = delete;

    // ---- the loop's side: as in Journal ----
    /// Before the first step().
    [[nodiscard]] base::Expected<void> replay(const RecordSink& sink);
    /// True: the writer has something to do that it had not before.
    [[nodiscard]] base::Expected<bool> append(std::span<const std::string_view> records);

    [[nodiscard]] Seq last() const { return last_; }

    [[nodiscard]] base::Expected<Seq> durable() const;
    [[nodiscard]] base::Expected<void> room() const;

    /// As to the loop's side: the writer's has no part in them.
    [[nodiscard]] SpillFiles& spills() { return spills_; }

    [[nodiscard]] bool wants_checkpoint();
    [[nodiscard]] base::Expected<void> checkpoint(const StateWriter& write_state);

    /// What replay() found; for the log.
    [[nodiscard]] const ReadReport& report() const { return report_; }

    /// Without the times: there is no clock here.
    [[nodiscard]] JournalState state() const;

    /// How often the log was synced. Thread: either.
    [[nodiscard]] std::uint64_t syncs() const { return syncs_; }

    /// Where the next record goes, counted over all runs.
    [[nodiscard]] const LogPosition& position() const { return position_; }

    // ---- the writer's side ----
    /// Does the next thing that is to be done: one write or one sync. Tells when to be called
    /// again: `now`, at once; later; or max(), once append() returned true.
    /// Blocks: as long as the disk takes.
    [[nodiscard]] base::MonoTime step(base::MonoTime now);
    /// The last step: syncs what was written, unless the journal has failed.
    void finish();

private:
    [[nodiscard]] RecordSink forgiving(const RecordSink& sink);
    void checkpoint_has_ended(bool is_done);
    [[nodiscard]] bool take_queue();
    [[nodiscard]] base::MonoTime write_next(base::MonoTime now);
    [[nodiscard]] base::MonoTime after_writing(base::MonoTime now);
    bool sync();
    void publish(Seq seq);
    void fail(const base::Error& error);

    std::unique_ptr<Disk> disk_;
    std::unique_ptr<Checkpointer> checkpointer_;
    DiskJournalOptions options_;
    bool repairs_;
    std::function<void()> on_moved_;
    ReadReport report_;

    // ---- the loop's ----
    SpillFiles spills_;
    Seq last_ = 0;
    LogPosition position_;  // of the next record
    bool begins_file_ = true;
    std::uint64_t file_bytes_ = 0;
    std::uint64_t log_bytes_ = 0;  // since the last checkpoint
    std::uint64_t checkpoint_bytes_ = 0;
    std::uint64_t checkpointed_ = 0;  // file number of the last one started
    bool is_checkpointing_ = false;
    bool needs_checkpoint_ = false;  // repair gave up what the last one refers to

    // ---- between the two ----
    mutable std::mutex mutex_;
    std::deque<Group> queue_;
    std::atomic<std::size_t> queue_bytes_ = 0;
    Seq queued_ = 0;  // last number in the queue
    std::optional<base::Error> failure_;
    std::atomic<Seq> durable_ = 0;
    std::atomic<bool> is_full_ = false;
    std::atomic<bool> has_failed_ = false;
    std::atomic<std::uint64_t> syncs_ = 0;
    std::atomic<std::uint64_t> group_records_ = 0;  // in what was written last

    // ---- the writer's ----
    LogWriter writer_;
    std::deque<Group> groups_;                         // what is being written
    Seq taken_ = 0;                                    // last number in it
    base::MonoTime sync_due_ = base::MonoTime::max();  // of what is written and not synced
    base::MonoTime retry_at_ = base::MonoTime::min();  // while the disk is full
};

}  // namespace steward::store
