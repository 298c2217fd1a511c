// common/posix: which thread serves a connection. Knows no sockets.
#pragma once

#include "common/base/time.hpp"
#include "common/posix/alarm_fd.hpp"

namespace steward::posix {

/// A thread that would only wait for what the I/O thread receives borrows the connection and
/// receives it itself: no thread wakes another on the way. When it has got it, it gives the
/// connection back, and is most likely here again at once; so nobody serves for up to kPatience,
/// and then the I/O thread does.
///
/// Thread: one at a time, the one that holds the owner's lock.
class IoRole {
public:
    /// Nobody serves for so long at most.
    static constexpr base::Duration kPatience = std::chrono::milliseconds(1);
    /// Who has much else to do serves about this often between.
    static constexpr base::Duration kInterval = std::chrono::microseconds(200);

    /// The I/O thread's at first. `alarm` is what that waits on while it does not serve, and
    /// outlives this; null: it always does.
    explicit IoRole(const AlarmFd* alarm) : alarm_(alarm) {}

    [[nodiscard]] bool can_be_lent() const { return alarm_ != nullptr; }

    [[nodiscard]] bool is_lent() const { return holder_ == Holder::Borrower; }

    [[nodiscard]] bool is_free() const { return holder_ == Holder::Nobody; }

    [[nodiscard]] bool is_due(base::MonoTime now) const {
        return is_free() && now - free_since_ >= kInterval;
    }

    /// Pre: it is free.
    void borrow() { holder_ = Holder::Borrower; }

    /// Whoever has it has it no more. Pre: can_be_lent().
    void release(base::MonoTime now);

    /// When nobody serves the I/O thread shall at once.
    void call();

    /// The I/O thread's question each time the alarm has rung: whether it serves now. False: wait
    /// for the alarm again.
    [[nodiscard]] bool take_over(base::MonoTime now);

private:
    enum class Holder : std::uint8_t { IoThread, Borrower, Nobody };

    const AlarmFd* alarm_;
    Holder holder_ = Holder::IoThread;
    base::MonoTime free_since_{};
    bool is_called_ = false;
    bool is_alarm_set_ = false;
};

}  // namespace steward::posix
