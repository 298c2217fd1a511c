// client: the bounded queue between users' threads and the one that serves the connection. Knows
// nothing of what orders mean.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "client/order.hpp"
#include "client/order_store.hpp"
#include "client/receivers.hpp"
#include "common/base/time.hpp"
#include "common/posix/io_role.hpp"
#include "common/posix/wake_fd.hpp"

namespace steward::client {

enum class PushStatus : std::uint8_t {
    Queued,
    Full,    // orders_max wait
    Closed,  // for good
};

/// What became of several: the first `count` are queued, `status` says why the rest is not.
struct Pushed {
    std::size_t count = 0;
    PushStatus status = PushStatus::Queued;
};

/// Orders wait here while the session is full or no broker is reached. While all that is open
/// blocks its giver, the one who waits alone may serve the connection himself
/// (common/posix/io_role.hpp).
///
/// Thread: push and try_push from any; the rest, where nothing else is said, from the one that
///         serves.
/// Bound:  orders_max.
class Inbox {
public:
    Inbox(std::size_t orders_max, posix::WakeFd wake, posix::AlarmFd alarm);

    /// Queues all of `orders` in order and waits for room where there is none, until the deadline
    /// of the next one: then it is Full.
    [[nodiscard]] Pushed push(std::span<Order> orders);
    /// Queues one. If it does not, the order is left as it is.
    [[nodiscard]] PushStatus try_push(Order& order);

    // ---- who serves the connection ----
    /// A blocked thread's: whether it serves from now on, until serves_on() is false or it has what
    /// it waits for. Then it calls release().
    [[nodiscard]] bool borrow();
    [[nodiscard]] bool serves_on();
    /// `has_more`: others wait for what comes on the connection.
    void release(bool has_more);
    /// A blocked thread's: sleeps until there are news for it, or it may try to borrow() again.
    void sleep(BlockedReceiver& receiver);
    /// The I/O thread's, after a turn: whether the one that sleeps alone serves from now on.
    /// `open`: orders that are taken. Then it calls takes_over() until that is true, which waits.
    [[nodiscard]] bool hands_over(std::size_t open);
    [[nodiscard]] bool takes_over();
    /// From now on the I/O thread alone serves, and looks at once. Thread: any.
    void keep_for_io_thread();

    // While the connection is lent, nothing that needs the I/O thread is taken.
    /// Appends at most `count` orders, the oldest, to `out`. Each is drop()ped when it has ended.
    void take(std::size_t count, std::vector<Order*>& out);
    /// Appends those whose deadline has passed.
    void take_expired(base::MonoTime now, std::vector<Order*>& out);

    /// An order that was taken has ended, and is gone.
    void drop(Order& order) {
        if (order.needs_io_thread()) {
            need_io_thread_.fetch_sub(1, std::memory_order_relaxed);
        }
        store_.drop(order);
    }

    /// To be called before polling fd(): from now on a push makes it readable, if there is `room`
    /// for an order or its deadline is before `until`. False: there is something to take at once.
    [[nodiscard]] bool may_sleep(bool has_room, base::MonoTime until);
    /// After polling: pushes need not wake any more.
    void awake();

    [[nodiscard]] int fd() const { return wake_.fd(); }

    /// No later than the earliest deadline of what waits; the far future when nothing does.
    [[nodiscard]] base::MonoTime next_deadline() const;

    [[nodiscard]] bool is_empty() const;

    /// Later pushes queue nothing, waiting ones return; what waits is appended to `out`.
    void close(std::vector<Order*>& out);

private:
    [[nodiscard]] std::size_t size() const { return orders_.size() - taken_; }

    void add(Order& order);
    [[nodiscard]] bool may_be_lent() const;
    [[nodiscard]] bool may_take() const;

    const std::size_t orders_max_;
    posix::WakeFd wake_;
    posix::AlarmFd alarm_;

    mutable std::mutex mutex_;
    std::condition_variable room_;
    std::size_t waiting_ = 0;     // pushers
    std::vector<Order*> orders_;  // the first taken_ are void
    OrderStore store_;            // and those that were taken and go on
    std::size_t taken_ = 0;
    base::MonoTime earliest_ = base::MonoTime::max();  // a lower bound of the deadlines
    bool is_closed_ = false;

    posix::IoRole role_;
    std::atomic<std::size_t> need_io_thread_ = 0;  // orders, taken ones too
    std::size_t sleeping_ = 0;
    BlockedReceiver* sleeper_ = nullptr;  // the last that fell asleep, if it still does
    bool is_kept_ = false;

    bool wakes_for_any_ = false;                           // the I/O thread sleeps and has room
    base::MonoTime wakes_before_ = base::MonoTime::min();  // it sleeps until then at most
};

}  // namespace steward::client
