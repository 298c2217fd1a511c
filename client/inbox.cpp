#include "client/inbox.hpp"

#include <algorithm>
#include <utility>

#include "common/posix/clock.hpp"

namespace steward::client {

Inbox::Inbox(std::size_t orders_max, posix::WakeFd wake)
    : orders_max_(std::max<std::size_t>(orders_max, 1)), wake_(std::move(wake)) {}

// Holds the mutex. A wake costs a system call, so it is spared where the I/O thread looks by
// itself.
void Inbox::add(Order& order) {
    earliest_ = std::min(earliest_, order.deadline);
    const bool is_needed = wakes_for_any_ || order.deadline < wakes_before_;  // it moves below
    orders_.push_back(store_.keep(std::move(order)));
    if (is_needed) {
        wakes_for_any_ = false;
        wakes_before_ = base::MonoTime::min();
        wake_.wake();
    }
}

std::size_t Inbox::push(std::span<Order> orders) {
    std::unique_lock lock(mutex_);
    for (std::size_t queued = 0; queued < orders.size(); ++queued) {
        const base::MonoTime deadline = orders[queued].deadline;
        while (!is_closed_ && size() >= orders_max_) {
            const base::MonoTime now = posix::read_mono();
            if (now >= deadline) {
                return queued;
            }
            ++waiting_;
            room_.wait_for(lock, std::min<base::Duration>(deadline - now, std::chrono::hours(1)));
            --waiting_;
        }
        if (is_closed_) {
            return queued;
        }
        add(orders[queued]);
    }
    return orders.size();
}

bool Inbox::try_push(Order& order) {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || size() >= orders_max_) {
        return false;
    }
    add(order);
    return true;
}

void Inbox::take(std::size_t count, std::vector<Order*>& out) {
    const std::lock_guard lock(mutex_);
    store_.recycle();
    count = std::min(count, size());
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
    if (now < earliest_) {
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
