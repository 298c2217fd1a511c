#include "broker/store/journal_engine.hpp"

#include <algorithm>
#include <utility>

namespace steward::store {

JournalEngine::JournalEngine(std::unique_ptr<Disk> disk,
                             std::unique_ptr<Checkpointer> checkpointer,
                             const DiskJournalOptions& options,
                             bool repair,
                             std::function<void()> on_moved)
    : disk_(std::move(disk)),
      checkpointer_(std::move(checkpointer)),
      options_(options),
      repairs_(repair),
      on_moved_(std::move(on_moved)),
      spills_(*disk_, repair),
      writer_(*disk_) {}

// ---- the loop's side ----

// For repair: facts about what was given up are given up with it.
RecordSink JournalEngine::forgiving(const RecordSink& sink) {
    return [this, &sink](std::string_view record) -> base::Expected<void> {
        auto taken = sink(record);
        if (!taken && taken.error().code == base::Errc::Malformed) {
            report_.cut.push_back("a fact: " + taken.error().message);
            return {};
        }
        return taken;
    };
}

base::Expected<void> JournalEngine::replay(const RecordSink& sink) {
    if (auto looked = spills_.look(); !looked) {
        return looked;
    }
    const auto position = read_log(*disk_, repairs_ ? forgiving(sink) : sink, report_, repairs_);
    if (!position) {
        return base::Unexpected(position.error());
    }
    needs_checkpoint_ = !spills_.lost().empty();
    if (auto removed = spills_.remove_unopened(); !removed) {
        return removed;
    }
    position_ = *position;
    checkpoint_bytes_ = report_.checkpoint_bytes;
    log_bytes_ = report_.bytes - report_.checkpoint_bytes;
    return {};
}

base::Expected<bool> JournalEngine::append(std::span<const std::string_view> records) {
    if (records.empty()) {
        return false;
    }
    if (auto free = room(); !free) {
        return base::Unexpected(std::move(free.error()));
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
    if (file_bytes_ >= options_.file_bytes_max) {
        begins_file_ = true;
        file_bytes_ = 0;
        ++position_.file;
    }
    return was_empty;
}

base::Expected<Seq> JournalEngine::durable() const {
    if (has_failed_) {
        const std::lock_guard lock(mutex_);
        return base::Unexpected(*failure_);
    }
    return durable_.load();
}

base::Expected<void> JournalEngine::room() const {
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

JournalState JournalEngine::state() const {
    JournalState state;
    state.checkpoint_bytes = checkpoint_bytes_;
    state.log_bytes = log_bytes_;
    state.queue_bytes = queue_bytes_;
    state.spill_files = spills_.count();
    state.syncs = syncs_;
    state.last_sync_records = group_records_;
    state.is_full = is_full_;
    return state;
}

bool JournalEngine::wants_checkpoint() {
    if (is_checkpointing_) {
        switch (checkpointer_->progress()) {
            case Checkpointer::Progress::Running: return false;
            // Tried again when as much is written.
            case Checkpointer::Progress::Failed: checkpoint_has_ended(false); break;
            case Checkpointer::Progress::Done: checkpoint_has_ended(true); break;
            case Checkpointer::Progress::JournalFailed:
                checkpoint_has_ended(false);
                fail({base::Errc::Io, "what lies beside the log could not be synced", {}});
                return false;
        }
    }
    return needs_checkpoint_ ||
           log_bytes_ >= std::max(options_.checkpoint_bytes_min, checkpoint_bytes_);
}

void JournalEngine::checkpoint_has_ended(bool is_done) {
    is_checkpointing_ = false;
    // What is not removed now is at the next start.
    (void)spills_.checkpoint_ended(is_done);
    if (is_done) {
        auto file = disk_->open_file(file_name(FileKind::Checkpoint, checkpointed_));
        const auto size = file ? (*file)->size() : base::Unexpected(file.error());
        checkpoint_bytes_ = size.value_or(checkpoint_bytes_);
    }
}

base::Expected<void> JournalEngine::checkpoint(const StateWriter& write_state) {
    spills_.checkpoint_begins();
    // Only behind something: each number is some file's, or what follows could not be read until
    // this checkpoint is there. After a repair it may take the place of one of its own number.
    if (file_bytes_ != 0) {
        begins_file_ = true;
        file_bytes_ = 0;
        ++position_.file;
    }
    needs_checkpoint_ = false;
    log_bytes_ = 0;
    checkpointed_ = position_.file;
    auto started = checkpointer_->start(*disk_, position_, write_state);
    is_checkpointing_ = started.has_value();
    if (!started) {
        checkpoint_has_ended(false);
        if (started.error().code == base::Errc::JournalFailed) {
            fail(started.error());
        }
    }
    return started;
}

// ---- the writer's side ----

base::MonoTime JournalEngine::step(base::MonoTime now) {
    if (has_failed_) {
        return base::MonoTime::max();
    }
    if (now >= sync_due_) {
        if (!sync()) {
            return base::MonoTime::max();
        }
        publish(groups_.empty() ? taken_ : durable_.load());
        return now;
    }
    if (now < retry_at_) {
        return std::min(retry_at_, sync_due_);
    }
    return !groups_.empty() || take_queue() ? write_next(now) : sync_due_;
}

// False: there was nothing in it.
bool JournalEngine::take_queue() {
    const std::lock_guard lock(mutex_);
    groups_.swap(queue_);
    queue_bytes_ = 0;
    if (!groups_.empty()) {
        group_records_ = queued_ - taken_;
    }
    taken_ = queued_;
    return !groups_.empty();
}

// A full disk is waited for; what else fails is the end.
base::MonoTime JournalEngine::write_next(base::MonoTime now) {
    auto written = writer_.write(groups_.front());
    if (!written && written.error().code == base::Errc::DiskFull) {
        is_full_ = true;
        retry_at_ = now + options_.full_retry;
        return std::min(retry_at_, sync_due_);
    }
    if (!written) {
        fail(written.error());
        return base::MonoTime::max();
    }
    is_full_ = false;
    retry_at_ = base::MonoTime::min();
    groups_.pop_front();
    return groups_.empty() ? after_writing(now) : now;
}

base::MonoTime JournalEngine::after_writing(base::MonoTime now) {
    switch (options_.durability) {
        case Durability::Sync: sync_due_ = now; break;
        case Durability::Interval:
            sync_due_ = std::min(sync_due_, now + options_.sync_interval);
            publish(taken_);
            break;
        case Durability::Os: publish(taken_); break;
    }
    return now;
}

bool JournalEngine::sync() {
    sync_due_ = base::MonoTime::max();
    auto synced = writer_.sync();
    if (!synced) {
        fail(synced.error());
    }
    ++syncs_;
    return synced.has_value();
}

void JournalEngine::finish() {
    if (!has_failed_) {
        sync();
    }
}

void JournalEngine::publish(Seq seq) {
    if (durable_.exchange(seq) != seq) {
        on_moved_();
    }
}

void JournalEngine::fail(const base::Error& error) {
    {
        const std::lock_guard lock(mutex_);
        failure_ = base::Error{
            base::Errc::JournalFailed, "the journal could not be written: " + error.message, {}};
    }
    has_failed_ = true;
    on_moved_();
}

}  // namespace steward::store
