// client: the bounded queue between users' threads and the I/O thread. Knows nothing of what orders
// mean.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

#include "client/order.hpp"
#include "client/order_store.hpp"
#include "common/base/time.hpp"
#include "common/posix/wake_fd.hpp"

namespace steward::client {

/// Orders wait here while the session is full or no broker is reached.
///
/// Thread: push and try_push from any; the rest from the I/O thread.
/// Bound:  orders_max.
class Inbox {
public:
    Inbox(std::size_t orders_max, posix::WakeFd wake);

    /// Queues all of `orders` in order and waits for room where there is none. Returns how many
    /// were queued: fewer when the deadline of the next one passed, or the inbox was closed.
    std::size_t push(std::span<Order> orders);
    /// Queues one or, when there is no room, not: the order is left as it is.
    [[nodiscard]] bool try_push(Order& order);

    /// Appends at most `count` orders, the oldest, to `out`. Each is drop()ped when it has ended.
    void take(std::size_t count, std::vector<Order*>& out);
    /// Appends those whose deadline has passed.
    void take_expired(base::MonoTime now, std::vector<Order*>& out);

    /// An order that was taken has ended, and is gone.
    void drop(Order& order) { store_.drop(order); }

    /// To be called before polling fd(): from now on a push makes it readable, if there is `room`
    /// for an order or its deadline is before `until`. False: there is something to take at once.
    [[nodiscard]] bool may_sleep(bool has_room, base::MonoTime until);
    /// After polling: pushes need not wake any more.
    void awake();

    [[nodiscard]] int fd() const { return wake_.fd(); }

    /// The I/O thread shall look at once, whatever it waits for. Thread: any.
    void wake() const { wake_.wake(); }

    /// No later than the earliest deadline of what waits; the far future when nothing does.
    [[nodiscard]] base::MonoTime next_deadline() const;

    [[nodiscard]] bool is_empty() const;

    /// Later pushes queue nothing, waiting ones return; what waits is appended to `out`.
    void close(std::vector<Order*>& out);

private:
    [[nodiscard]] std::size_t size() const { return orders_.size() - taken_; }

    void add(Order& order);

    const std::size_t orders_max_;
    posix::WakeFd wake_;

    mutable std::mutex mutex_;
    std::condition_variable room_;
    std::size_t waiting_ = 0;     // pushers
    std::vector<Order*> orders_;  // the first taken_ are void
    OrderStore store_;            // and those that were taken and go on
    std::size_t taken_ = 0;
    base::MonoTime earliest_ = base::MonoTime::max();  // a lower bound of the deadlines
    bool is_closed_ = false;

    bool wakes_for_any_ = false;                           // the I/O thread sleeps and has room
    base::MonoTime wakes_before_ = base::MonoTime::min();  // it sleeps until then at most
};

}  // namespace steward::client
