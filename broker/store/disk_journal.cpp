#include "broker/store/disk_journal.hpp"

#include <algorithm>
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
    : disk_(std::move(disk)),
      checkpointer_(std::move(checkpointer)),
      options_(options),
      repairs_(repair),
      wake_(std::move(wake)),
      spills_(*disk_, repair),
      writer_(*disk_) {}

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

// For repair: facts about what was given up are given up with it.
RecordSink DiskJournal::forgiving(const RecordSink& sink) {
    return [this, &sink](std::string_view record) -> base::Expected<void> {
        auto taken = sink(record);
        if (!taken && taken.error().code == base::Errc::Malformed) {
            report_.cut.push_back("a fact: " + taken.error().message);
            return {};
        }
        return taken;
    };
}

base::Expected<void> DiskJournal::replay(const RecordSink& sink) {
    if (auto looked = spills_.look(); !looked) {
        return looked;
    }
    const auto position = read_log(*disk_, repairs_ ? forgiving(sink) : sink, report_, repairs_);
    if (!position) {
        return base::Unexpected(position.error());
    }
    report_.cut.insert(report_.cut.end(), spills_.lost().begin(), spills_.lost().end());
    if (auto removed = spills_.remove_unopened(); !removed) {
        return removed;
    }
    position_ = *position;
    checkpoint_bytes_ = report_.checkpoint_bytes;
    log_bytes_ = report_.bytes - report_.checkpoint_bytes;
    thread_ = std::thread([this] { write_until_stopped(); });
    return {};
}

base::Expected<void> DiskJournal::append(std::span<const std::string_view> records) {
    if (records.empty()) {
        return {};
    }
    if (auto free = room(); !free) {
        return free;
    }
    bool was_empty = false;
    {
        const std::lock_guard lock(mutex_);
        was_empty = queue_.empty();
        if (begins_file_ || queue_.empty()) {
            queue_.push_back({position_, std::exchange(begins_file_, false), {}});
        }
        std::string& bytes = queue_.back().bytes;
        const std::size_t before = bytes.size();
        put_commit(bytes, position_.record, records);
        const std::size_t added = bytes.size() - before;
        queue_bytes_ += added;
        file_bytes_ += added;
        log_bytes_ += added;
        last_ += records.size();
        position_.record += records.size();
        queued_ = last_;
    }
    if (was_empty) {
        work_.notify_one();
    }
    if (file_bytes_ >= options_.file_bytes_max) {
        begins_file_ = true;
        file_bytes_ = 0;
        ++position_.file;
    }
    return {};
}

base::Expected<Seq> DiskJournal::durable() const {
    if (is_woken_) {  // in this order: what is published meanwhile is read below or wakes again
        wake_.clear();
        is_woken_ = false;
    }
    if (has_failed_) {
        const std::lock_guard lock(mutex_);
        return base::Unexpected(*failure_);
    }
    return durable_.load();
}

base::Expected<void> DiskJournal::room() const {
    if (has_failed_) {
        const std::lock_guard lock(mutex_);
        return base::Unexpected(*failure_);
    }
    if (is_full_) {
        return base::fail(base::Errc::DiskFull,
                          "the journal's disk is full: " + disk_->path_of("") +
                              " takes nothing more; make room, it is tried again by itself");
    }
    if (queue_bytes_ >= options_.queue_bytes_max) {
        return base::fail(base::Errc::QueueFull,
                          "the journal cannot keep up: its disk is slow or stuck");
    }
    return {};
}

bool DiskJournal::wants_checkpoint() {
    if (is_checkpointing_) {
        switch (checkpointer_->progress()) {
            case Checkpointer::Progress::Running: return false;
            // Tried again when as much is written.
            case Checkpointer::Progress::Failed: checkpoint_has_ended(false); break;
            case Checkpointer::Progress::Done: checkpoint_has_ended(true); break;
        }
    }
    return log_bytes_ >= std::max(options_.checkpoint_bytes_min, checkpoint_bytes_);
}

void DiskJournal::checkpoint_has_ended(bool is_done) {
    is_checkpointing_ = false;
    // What is not removed now is at the next start.
    (void)spills_.checkpoint_ended(is_done);
    if (is_done) {
        auto file = disk_->open_file(file_name(FileKind::Checkpoint, checkpointed_));
        const auto size = file ? (*file)->size() : base::Unexpected(file.error());
        checkpoint_bytes_ = size.value_or(checkpoint_bytes_);
    }
}

base::Expected<void> DiskJournal::checkpoint(const StateWriter& write_state) {
    spills_.checkpoint_begins();
    if (file_bytes_ != 0) {
        begins_file_ = true;
        file_bytes_ = 0;
        ++position_.file;
    }
    log_bytes_ = 0;
    checkpointed_ = position_.file;
    auto started = checkpointer_->start([disk = disk_.get(), at = position_, &write_state] {
        return write_checkpoint(*disk, at, write_state);
    });
    is_checkpointing_ = started.has_value();
    if (!started) {
        checkpoint_has_ended(false);
    }
    return started;
}

// ---- the writer's side ----

void DiskJournal::write_until_stopped() {
    std::unique_lock lock(mutex_);
    while (wait_for_work(lock)) {
        std::deque<Group> groups;
        groups.swap(queue_);
        queue_bytes_ = 0;
        const Seq seq = queued_;
        lock.unlock();
        for (Group& group : groups) {
            if (!write_group(group)) {
                return;
            }
        }
        if (!sync_what_is_due()) {
            return;
        }
        publish(seq);
        lock.lock();
    }
    lock.unlock();
    if (!has_failed_) {
        sync();
    }
}

bool DiskJournal::sync_what_is_due() {
    switch (options_.durability) {
        case Durability::Os: return true;
        case Durability::Sync: return sync();
        case Durability::Interval: break;
    }
    const base::MonoTime now = posix::read_mono();
    sync_due_ = std::min(sync_due_, now + options_.sync_interval);
    return now < sync_due_ || sync();
}

bool DiskJournal::sync() {
    sync_due_ = base::MonoTime::max();
    auto synced = writer_.sync();
    if (!synced) {
        fail(std::move(synced.error()));
    }
    return synced.has_value();
}

// False: there is none and it is to stop, or the journal has failed.
bool DiskJournal::wait_for_work(std::unique_lock<std::mutex>& lock) {
    const auto has_work = [this] { return !queue_.empty() || is_stopping_; };
    while (sync_due_ != base::MonoTime::max() &&
           !work_.wait_for(lock, sync_due_ - posix::read_mono(), has_work)) {
        lock.unlock();
        const bool is_alive = sync_what_is_due();
        lock.lock();
        if (!is_alive) {
            return false;
        }
    }
    work_.wait(lock, has_work);
    return !queue_.empty();
}

// A full disk is waited for; what else fails is the end.
bool DiskJournal::write_group(Group& group) {
    while (true) {
        auto written = writer_.write(group);
        if (written) {
            is_full_ = false;
            return true;
        }
        if (written.error().code != base::Errc::DiskFull) {
            fail(std::move(written.error()));
            return false;
        }
        is_full_ = true;
        std::unique_lock lock(mutex_);
        if (work_.wait_for(lock, options_.full_retry, [this] { return is_stopping_; })) {
            return false;
        }
    }
}

void DiskJournal::publish(Seq seq) {
    durable_ = seq;
    if (!is_woken_.exchange(true)) {
        wake_.wake();
    }
}

void DiskJournal::fail(base::Error error) {
    {
        const std::lock_guard lock(mutex_);
        failure_ = base::Error{
            base::Errc::JournalFailed, "the journal could not be written: " + error.message, {}};
    }
    has_failed_ = true;
    publish(durable_);
}

}  // namespace steward::store
