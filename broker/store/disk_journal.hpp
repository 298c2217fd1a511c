// broker/store: the journal on a disk: the engine, and the thread that takes its steps.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "broker/store/journal.hpp"
#include "broker/store/journal_engine.hpp"
#include "common/posix/wake_fd.hpp"

namespace steward::store {

/// Thread: the loop's for all calls; one writer thread of its own.
/// Bound:  that of the engine.
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

    [[nodiscard]] Seq last() const override { return engine_.last(); }

    [[nodiscard]] base::Expected<Seq> durable() const override;

    [[nodiscard]] int wakeup_fd() const override { return wake_.fd(); }

    [[nodiscard]] base::Expected<void> room() const override { return engine_.room(); }

    [[nodiscard]] SpillFiles* spills() override { return &engine_.spills(); }

    [[nodiscard]] bool wants_checkpoint() override { return engine_.wants_checkpoint(); }

    [[nodiscard]] base::Expected<void> checkpoint(const StateWriter& write_state) override {
        return engine_.checkpoint(write_state);
    }

    [[nodiscard]] JournalState state() const override;

    /// What replay() found; for the log.
    [[nodiscard]] const ReadReport& report() const { return engine_.report(); }

private:
    DiskJournal(std::unique_ptr<Disk> disk,
                std::unique_ptr<Checkpointer> checkpointer,
                const DiskJournalOptions& options,
                bool repair,
                posix::WakeFd wake);

    void wake_loop();
    void write_until_stopped();
    void count_sync(base::Duration took);
    [[nodiscard]] bool wait_for_work(base::MonoTime until);

    posix::WakeFd wake_;
    mutable std::atomic<bool> is_woken_ = false;
    JournalEngine engine_;

    // ---- between the two threads ----
    std::mutex mutex_;
    std::condition_variable work_;
    bool has_work_ = false;
    bool is_stopping_ = false;
    std::atomic<base::Duration> sync_time_{};
    std::atomic<base::Duration> last_sync_{};
    std::thread thread_;
};

}  // namespace steward::store
