// broker/store: the journal on a disk. Commits gather while the last ones are written and synced,
// and go together into the next group: one sync for all of them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "broker/store/journal.hpp"
#include "broker/store/log_writer.hpp"
#include "broker/store/spill_files.hpp"
#include "common/base/time.hpp"
#include "common/posix/wake_fd.hpp"

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

/// Writes a checkpoint beside the broker, so that the broker goes on meanwhile.
class Checkpointer {
public:
    enum class Progress : std::uint8_t { Running, Done, Failed };

    virtual ~Checkpointer() = default;
    /// `write` sees the state as it is now, whatever becomes of it later. Errors: Io.
    [[nodiscard]] virtual base::Expected<void> start(
        const std::function<base::Expected<void>()>& write) = 0;
    /// Of the one that was started. Blocks: never.
    [[nodiscard]] virtual Progress progress() = 0;
};

/// Thread: the loop's for all calls; one writer thread of its own.
/// Bound:  queue_bytes_max; on disk about twice what is alive, and checkpoint_bytes_min; three
///         times while a checkpoint is written.
class DiskJournal final : public Journal {
public:
    /// `disk` must be nobody else's.
    /// Errors: Io.
    [[nodiscard]] static base::Expected<std::unique_ptr<DiskJournal>> open(
        std::unique_ptr<Disk> disk,
        std::unique_ptr<Checkpointer> checkpointer,
        const DiskJournalOptions& options,
        bool repair = false);
    /// Writes and syncs what is queued, unless the disk is full or has failed.
    ~DiskJournal() override;
    DiskJournal(const DiskJournal&) = delete;
    DiskJournal& operator=(const DiskJournal&) = delete;

    // ---- Journal ----
    base::Expected<void> replay(const RecordSink& sink) override;
    base::Expected<void> append(std::span<const std::string_view> records) override;

    [[nodiscard]] Seq last() const override { return last_; }

    [[nodiscard]] base::Expected<Seq> durable() const override;

    [[nodiscard]] int wakeup_fd() const override { return wake_.fd(); }

    [[nodiscard]] base::Expected<void> room() const override;

    [[nodiscard]] SpillFiles* spills() override { return &spills_; }

    [[nodiscard]] bool wants_checkpoint() override;
    [[nodiscard]] base::Expected<void> checkpoint(const StateWriter& write_state) override;

    /// What replay() found; for the log.
    [[nodiscard]] const ReadReport& report() const { return report_; }

private:
    DiskJournal(std::unique_ptr<Disk> disk,
                std::unique_ptr<Checkpointer> checkpointer,
                const DiskJournalOptions& options,
                bool repair,
                posix::WakeFd wake);

    [[nodiscard]] RecordSink forgiving(const RecordSink& sink);
    void checkpoint_has_ended(bool is_done);
    void write_until_stopped();
    bool write_group(Group& group);
    bool sync_what_is_due();
    bool sync();
    bool wait_for_work(std::unique_lock<std::mutex>& lock);
    void publish(Seq seq);
    void fail(base::Error error);

    std::unique_ptr<Disk> disk_;
    std::unique_ptr<Checkpointer> checkpointer_;
    DiskJournalOptions options_;
    bool repairs_;
    posix::WakeFd wake_;
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

    // ---- between the two threads ----
    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::deque<Group> queue_;
    std::atomic<std::size_t> queue_bytes_ = 0;
    Seq queued_ = 0;  // last number in the queue
    bool is_stopping_ = false;
    std::optional<base::Error> failure_;
    std::atomic<Seq> durable_ = 0;
    std::atomic<bool> is_full_ = false;
    std::atomic<bool> has_failed_ = false;
    mutable std::atomic<bool> is_woken_ = false;

    // ---- the writer's ----
    LogWriter writer_;
    base::MonoTime sync_due_ =
        base::MonoTime::max();  // Interval: of what is written and not synced
    std::thread thread_;
};

}  // namespace steward::store
