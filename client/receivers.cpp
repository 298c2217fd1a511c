#include "client/receivers.hpp"

#include <memory>
#include <utility>

#include "client/ends.hpp"

namespace steward::client {

bool BlockedReceiver::on_partial(Answer&& part) {
    const std::lock_guard lock(mutex_);
    if (unread_.size() >= kUnreadMax || unread_bytes_ >= kUnreadBytesMax) {
        return false;
    }
    unread_bytes_ += part.bytes().size();
    unread_.emplace_back(std::move(part));
    changed_.notify_one();
    return true;
}

void BlockedReceiver::on_progress(Progress&& progress) {
    const std::lock_guard lock(mutex_);
    if (unread_.size() <
        kUnreadMax) {  // of progress only the newest matters: what is over, is lost
        unread_.emplace_back(std::move(progress));
        changed_.notify_one();
    }
}

void BlockedReceiver::on_end(std::size_t /*index*/, End&& end) {
    const std::lock_guard lock(mutex_);
    end_ = std::move(end);
    changed_.notify_one();  // under the lock: the waiter may be gone right after it
}

std::optional<End> BlockedReceiver::take_news(const OnPartial& on_part, const OnProgress& on_step) {
    std::unique_lock lock(mutex_);
    while (!unread_.empty()) {
        const auto news = std::move(unread_.front());
        unread_.pop_front();
        const auto* part = std::get_if<Answer>(&news);
        unread_bytes_ -= part != nullptr ? part->bytes().size() : 0;
        lock.unlock();
        if (part != nullptr && on_part) {
            on_part(*part);
        } else if (part == nullptr && on_step) {
            on_step(std::get<Progress>(news));
        }
        lock.lock();
    }
    return std::move(end_);
}

bool BlockedReceiver::has_news() {
    const std::lock_guard lock(mutex_);
    return has_news_locked();
}

bool BlockedReceiver::has_ended() {
    const std::lock_guard lock(mutex_);
    return end_.has_value();
}

void BlockedReceiver::sleep() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return has_news_locked() || is_roused_; });
    is_roused_ = false;
}

void BlockedReceiver::rouse() {
    const std::lock_guard lock(mutex_);
    is_roused_ = true;
    changed_.notify_one();
}

ManyReceiver::ManyReceiver(std::size_t count) : open_(count), is_done_(count == 0), ids_(count) {}

void ManyReceiver::on_end(std::size_t index, End&& end) {
    ids_[index] = id_of(std::move(end));
    one_less();
}

void ManyReceiver::on_taken(std::size_t index, const Taken& taken) {
    ids_[index] = taken.job;
    one_less();
}

// Only the last one takes the lock; the waiter, who ends all this, looks at nothing but is_done_.
void ManyReceiver::one_less() {
    if (open_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        const std::lock_guard lock(mutex_);
        is_done_ = true;
        done_.notify_one();
    }
}

void ManyReceiver::set(std::size_t index, base::Error error) {
    on_end(index, base::Unexpected(std::move(error)));
}

std::vector<base::Expected<model::JobId>> ManyReceiver::wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return is_done_; });
    return std::move(ids_);
}

bool CallbackReceiver::on_partial(Answer&& part) {
    if (partial) {
        partial(part);
    }
    return true;
}

void CallbackReceiver::on_progress(Progress&& step) {
    if (progress) {
        progress(step);
    }
}

void CallbackReceiver::on_end(std::size_t /*index*/, End&& end) {
    const std::unique_ptr<CallbackReceiver> self(this);
    done(std::move(end));
}

}  // namespace steward::client
