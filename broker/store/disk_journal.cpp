#include "broker/store/disk_journal.hpp"

#include <utility>

#include "common/posix/clock.hpp"

namespace steward::store {

base::Expected<std::unique_ptr<DiskJournal>> DiskJournal::open(
    std::unique_ptr<Disk> disk,
    std::unique_ptr<Checkpointer> checkpointer,
    const DiskJournalOptions& options,
    bool repair) {
    auto wake = posix::WakeFd::open();
    if (!wake) {
        return base::Unexpected(std::move(wake.error()));
    }
    return std::unique_ptr<DiskJournal>(new DiskJournal(
        std::move(disk), std::move(checkpointer), options, repair, std::move(*wake)));
}

DiskJournal::DiskJournal(std::unique_ptr<Disk> disk,
                         std::unique_ptr<Checkpointer> checkpointer,
                         const DiskJournalOptions& options,
                         bool repair,
                         posix::WakeFd wake)
    : wake_(std::move(wake)),
      engine_(std::move(disk), std::move(checkpointer), options, repair, [this] { wake_loop(); }) {}

DiskJournal::~DiskJournal() {
    if (thread_.joinable()) {
        {
            const std::lock_guard lock(mutex_);
            is_stopping_ = true;
        }
        work_.notify_one();
        thread_.join();
    }
}

// ---- the loop's side ----

base::Expected<void> DiskJournal::replay(const RecordSink& sink) {
    auto done = engine_.replay(sink);
    if (done) {
        thread_ = std::thread([this] { write_until_stopped(); });
    }
    return done;
}

base::Expected<void> DiskJournal::append(std::span<const std::string_view> records) {
    const auto is_news = engine_.append(records);
    if (!is_news) {
        return base::Unexpected(is_news.error());
    }
    if (*is_news) {
        {
            const std::lock_guard lock(mutex_);
            has_work_ = true;
        }
        work_.notify_one();
    }
    return {};
}

base::Expected<Seq> DiskJournal::durable() const {
    if (is_woken_) {  // in this order: what is published meanwhile is read below or wakes again
        wake_.clear();
        is_woken_ = false;
    }
    return engine_.durable();
}

JournalState DiskJournal::state() const {
    JournalState state = engine_.state();
    state.sync_time = sync_time_;
    state.last_sync = last_sync_;
    return state;
}

// ---- the writer's side ----

void DiskJournal::wake_loop() {
    if (!is_woken_.exchange(true)) {
        wake_.wake();
    }
}

void DiskJournal::write_until_stopped() {
    while (true) {
        const base::MonoTime now = posix::read_mono();
        const std::uint64_t syncs = engine_.syncs();
        const base::MonoTime next = engine_.step(now);
        if (engine_.syncs() != syncs) {
            count_sync(posix::read_mono() - now);
        }
        if (next > now && !wait_for_work(next)) {
            break;
        }
    }
    engine_.finish();
}

void DiskJournal::count_sync(base::Duration took) {
    last_sync_ = took;
    sync_time_ = sync_time_.load() + took;  // nobody else writes it
}

// Until there is something to do, or it is time. False: nothing more, and it is to stop.
bool DiskJournal::wait_for_work(base::MonoTime until) {
    std::unique_lock lock(mutex_);
    const auto is_called = [this] { return has_work_ || is_stopping_; };
    if (until == base::MonoTime::max()) {
        work_.wait(lock, is_called);
    } else {
        work_.wait_for(lock, until - posix::read_mono(), is_called);
    }
    return std::exchange(has_work_, false) || !is_stopping_;
}

}  // namespace steward::store
