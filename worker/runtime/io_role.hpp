// worker/runtime: which thread serves the connection. Knows no sockets and no jobs.
#pragma once

#include "common/base/time.hpp"
#include "common/posix/alarm_fd.hpp"

namespace steward::worker {

/// A lone work thread that has nothing to do serves the connection itself: what comes in it does at
/// once, and no thread wakes another. While it works nobody serves, for kPatience at most; then the
/// I/O thread does, and heartbeats go, however long the job takes, until the work thread has
/// nothing to do again. With several work threads the I/O thread serves always.
///
/// Thread: one at a time, the one that holds the exchange's lock.
class IoRole {
public:
    /// Nobody serves for so long at most.
    static constexpr base::Duration kPatience = std::chrono::milliseconds(1);
    /// A work thread with one quick job after another serves about this often between them.
    static constexpr base::Duration kInterval = std::chrono::microseconds(200);

    /// The I/O thread's at first. `alarm` is what it waits on while it does not serve, and outlives
    /// this; null: it always does.
    explicit IoRole(const posix::AlarmFd* alarm) : alarm_(alarm) {}

    [[nodiscard]] bool can_change() const { return alarm_ != nullptr; }

    [[nodiscard]] bool is_free() const { return holder_ == Holder::Nobody; }

    [[nodiscard]] bool is_a_work_threads() const { return holder_ == Holder::WorkThread; }

    [[nodiscard]] bool is_due(base::MonoTime now) const {
        return is_free() && now - free_since_ >= kInterval;
    }

    // ---- a work thread ----
    /// Pre: it is free.
    void take() { holder_ = Holder::WorkThread; }

    // ---- who has it ----
    /// Nobody has it from now on.
    void release(base::MonoTime now);

    // ---- any ----
    /// Somebody must serve now: the I/O thread does if nobody does.
    void call();

    // ---- the I/O thread, when the alarm has rung ----
    /// Whether it serves now. False: wait for the alarm again.
    [[nodiscard]] bool take_over(base::MonoTime now);

private:
    enum class Holder : std::uint8_t { IoThread, WorkThread, Nobody };

    const posix::AlarmFd* alarm_;
    Holder holder_ = Holder::IoThread;
    base::MonoTime free_since_{};
    bool is_called_ = false;
    bool is_alarm_set_ = false;
};

}  // namespace steward::worker
