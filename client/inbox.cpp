#include "client/inbox.hpp"

#include <algorithm>
#include <utility>

#include "common/posix/clock.hpp"

namespace steward::client {

Inbox::Inbox(std::size_t orders_max, posix::WakeFd wake, posix::AlarmFd alarm)
    : orders_max_(std::max<std::size_t>(orders_max, 1)),
      wake_(std::move(wake)),
      alarm_(std::move(alarm)),
      role_(&alarm_) {}

// Holds the mutex. A wake costs a system call, so it is spared where the I/O thread looks by
// itself.
void Inbox::add(Order& order) {
    earliest_ = std::min(earliest_, order.deadline);
    if (order.needs_io_thread()) {
        need_io_thread_.fetch_add(1, std::memory_order_relaxed);
        role_.call();
    }
    const bool is_needed = wakes_for_any_ || order.deadline < wakes_before_;  // it moves below
    orders_.push_back(store_.keep(std::move(order)));
    if (is_needed) {
        wakes_for_any_ = false;
        wakes_before_ = base::MonoTime::min();
        wake_.wake();
    }
}

Pushed Inbox::push(std::span<Order> orders) {
    std::unique_lock lock(mutex_);
    for (std::size_t queued = 0; queued < orders.size(); ++queued) {
        const base::MonoTime deadline = orders[queued].deadline;
        while (!is_closed_ && size() >= orders_max_) {
            const base::MonoTime now = posix::read_mono();
            if (now >= deadline) {
                return {queued, PushStatus::Full};
            }
            role_.call();
            ++waiting_;
            room_.wait_for(lock, std::min<base::Duration>(deadline - now, std::chrono::hours(1)));
            --waiting_;
        }
        if (is_closed_) {
            return {queued, PushStatus::Closed};
        }
        add(orders[queued]);
    }
    return {orders.size(), PushStatus::Queued};
}

PushStatus Inbox::try_push(Order& order) {
    const std::lock_guard lock(mutex_);
    if (is_closed_) {
        return PushStatus::Closed;
    }
    if (size() >= orders_max_) {
        return PushStatus::Full;
    }
    add(order);
    return PushStatus::Queued;
}

// ---- who serves the connection ----

// Holds the mutex.
bool Inbox::may_be_lent() const {
    return !is_kept_ && need_io_thread_.load(std::memory_order_relaxed) == 0;
}

// Likewise.
bool Inbox::may_take() const {
    return !role_.is_lent() || may_be_lent();
}

bool Inbox::borrow() {
    const std::lock_guard lock(mutex_);
    if (!role_.is_free() || !may_be_lent()) {
        return false;
    }
    role_.borrow();
    return true;
}

bool Inbox::serves_on() {
    const std::lock_guard lock(mutex_);
    return may_be_lent();
}

void Inbox::release(bool has_more) {
    const std::lock_guard lock(mutex_);
    role_.release(posix::read_mono());
    if (has_more || size() > 0 || !may_be_lent()) {
        role_.call();
    }
}

void Inbox::sleep(BlockedReceiver& receiver) {
    {
        const std::lock_guard lock(mutex_);
        role_.call();  // who sleeps waits for the one that serves
        ++sleeping_;
        sleeper_ = &receiver;
    }
    receiver.sleep();
    const std::lock_guard lock(mutex_);
    --sleeping_;
    sleeper_ = sleeper_ == &receiver ? nullptr : sleeper_;
}

bool Inbox::hands_over(std::size_t open) {
    const std::lock_guard lock(mutex_);
    if (open != 1 || size() > 0 || sleeping_ != 1 || sleeper_ == nullptr || !may_be_lent()) {
        return false;
    }
    role_.release(posix::read_mono());
    sleeper_->rouse();  // under the lock: it is gone soon after
    return true;
}

bool Inbox::takes_over() {
    alarm_.wait();
    const std::lock_guard lock(mutex_);
    return role_.take_over(posix::read_mono());
}

void Inbox::keep_for_io_thread() {
    const std::lock_guard lock(mutex_);
    is_kept_ = true;
    role_.call();
    wake_.wake();
}

// ---- the one that serves ----

void Inbox::take(std::size_t count, std::vector<Order*>& out) {
    const std::lock_guard lock(mutex_);
    store_.recycle();
    count = may_take() ? std::min(count, size()) : 0;
    if (count == 0) {
        return;
    }
    if (taken_ == 0 && count == orders_.size() && out.empty()) {
        std::swap(orders_, out);
    } else {
        const auto first = orders_.begin() + static_cast<std::ptrdiff_t>(taken_);
        const auto last = first + static_cast<std::ptrdiff_t>(count);
        out.insert(out.end(), first, last);
        taken_ += count;
        if (taken_ * 2 >= orders_.size()) {
            orders_.erase(orders_.begin(), last);
            taken_ = 0;
        }
    }
    if (orders_.empty()) {
        earliest_ = base::MonoTime::max();
    }
    if (waiting_ > 0) {
        room_.notify_all();
    }
}

void Inbox::take_expired(base::MonoTime now, std::vector<Order*>& out) {
    const std::lock_guard lock(mutex_);
    if (now < earliest_ || !may_take()) {
        return;
    }
    earliest_ = base::MonoTime::max();
    std::size_t kept = 0;
    for (std::size_t i = taken_; i < orders_.size(); ++i) {
        Order* order = orders_[i];
        if (order->deadline <= now) {
            out.push_back(order);
        } else {
            earliest_ = std::min(earliest_, order->deadline);
            orders_[kept++] = order;
        }
    }
    orders_.resize(kept);
    taken_ = 0;
    room_.notify_all();
}

bool Inbox::may_sleep(bool has_room, base::MonoTime until) {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || (has_room && size() > 0) || earliest_ < until) {
        return false;
    }
    wakes_for_any_ = has_room;
    wakes_before_ = until;
    return true;
}

void Inbox::awake() {
    wake_.clear();
    const std::lock_guard lock(mutex_);
    wakes_for_any_ = false;
    wakes_before_ = base::MonoTime::min();
}

base::MonoTime Inbox::next_deadline() const {
    const std::lock_guard lock(mutex_);
    return earliest_;
}

void Inbox::close(std::vector<Order*>& out) {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    out.insert(out.end(), orders_.begin() + static_cast<std::ptrdiff_t>(taken_), orders_.end());
    orders_.clear();
    taken_ = 0;
    earliest_ = base::MonoTime::max();
    room_.notify_all();
}

bool Inbox::is_empty() const {
    const std::lock_guard lock(mutex_);
    return size() == 0;
}

}  // namespace steward::client
