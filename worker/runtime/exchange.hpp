// worker/runtime: where the I/O thread and the work threads meet: the session behind one lock. A
// work thread that has finished takes the next job held ahead without waiting for the I/O thread,
// and results gather here while that thread is busy, to leave in one message. Knows no sockets.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/posix/io_role.hpp"
#include "common/posix/wake_fd.hpp"
#include "worker/session.hpp"
#include "worker/stop.hpp"

namespace steward::worker {

/// Under load neither side wakes the other: a work thread that has finished finds its next job
/// here, and the I/O thread finds what has been finished when it comes round. A wake-up is made
/// only for a thread that sleeps, once.
///
/// Bound:  the session's own.
/// Thread: as the sections say. The lock is never held while user code runs, a socket is used or a
///         command is decoded.
class Exchange {
public:
    enum class Turn : std::uint8_t {
        Work,
        Idle,
        Serve,  // the connection, a turn of it, then as long as serves_on()
        End
    };

    /// What lies before one work thread: its job, and what came of it.
    ///
    /// Thread: the one that made it, but for what the exchange does with it under its lock.
    class Desk;

private:
    // What a sleeping desk waits for. The exchange's own, for it is rung without the lock, when the
    // desk may be gone.
    struct Bell {
        std::condition_variable turn;
        bool is_rung = false;
    };

public:
    class Desk {
    public:
        /// Pre: the exchange outlives it.
        explicit Desk(Exchange& exchange);
        Desk(const Desk&) = delete;
        Desk& operator=(const Desk&) = delete;
        ~Desk();

        // ---- set by next() for Work ----
        wire::native::Assign* job = nullptr;  // stays until the next call of next()
        base::MonoTime begun_at;
        Stop stop;

        // ---- for next(), which hands it in when there was a job ----
        model::Outcome outcome;
        base::MonoTime ended_at;
        std::uint64_t resident_bytes = 0;  // of the process after it; 0: not measured

    private:
        friend class Exchange;

        Exchange& exchange_;
        Bell& bell_;
        std::uint64_t idle_seen_ = 0;
    };

    struct Remark {
        std::string event;
        std::string job;
        std::string why;
        bool is_warning = true;
    };

    static constexpr std::size_t kRemarksMax = 64;

    /// Pre: `wake` outlives this; it is what a thread polls that serves the connection.
    /// `alarm`: of the IoRole, with one work thread only.
    Exchange(SessionOptions options,
             base::MonoTime start,
             std::uint64_t seed,
             const posix::WakeFd& wake,
             const posix::AlarmFd* alarm = nullptr);

    // ---- work threads ----
    /// Hands in what was done at the desk, if anything, and waits for what to do. Idle comes once
    /// to each desk for each time the session says so.
    [[nodiscard]] Turn next(Desk& desk);
    /// Blocks: while the backlog is full, until the attempt is stopped or all ends.
    void partial(const model::Attempt&, model::Payload, const std::stop_token&);
    void progress(const model::Attempt&, std::uint64_t done, std::uint64_t total, std::string text);

    /// Reports should say how much memory the process holds.
    [[nodiscard]] bool wants_memory() const { return wants_memory_; }

    /// For the log, which the I/O thread writes. Dropped while kRemarksMax wait.
    void remark(Remark remark);

    /// After each turn of Serve. False: the connection is not this thread's any more, call next().
    [[nodiscard]] bool serves_on(const Desk& desk);
    /// It cannot be served: the I/O thread sees to that, and this one is not asked to again.
    void give_up_serving();

    // ---- the I/O thread ----
    /// After a turn: whether a work thread serves from now on. Then call take_over() each time the
    /// alarm has rung, until that is true.
    [[nodiscard]] bool hands_over();
    [[nodiscard]] bool takes_over();

    // ---- whoever serves the connection ----
    void connected();
    void disconnected();
    void on_frames(const wire::Frames& frames);
    void moved();
    void on_time();
    void leave();
    void resident(std::uint64_t bytes);
    /// The runtime's own patience has ended: stop tokens of all that runs fire.
    void stop_all();
    /// Work threads get End as soon as they ask.
    void close();
    [[nodiscard]] std::optional<wire::Frames> take_batch();
    /// The broker to connect to now, once for each time the session asks.
    [[nodiscard]] std::optional<std::size_t> take_connect();
    /// True once for each time the session asks: call resident().
    [[nodiscard]] bool take_measure();

    /// What somebody asks by way of the broker; each is answered with told().
    [[nodiscard]] std::vector<Asked> take_asked();
    void told(std::uint64_t number, base::Blob json);

    [[nodiscard]] std::vector<Remark> take_remarks();

    struct State {
        bool is_registered = false;
        bool is_leaving = false;
        std::optional<Left> left;
        std::size_t running = 0;
        std::uint64_t succeeded = 0;  // attempts, ever
        std::uint64_t failed = 0;
        std::size_t broker = 0;
        std::string trouble;
        std::optional<base::MonoTime> deadline;
    };

    /// The last thing asked before waiting, until the deadline at most: what comes from now on is
    /// worth a wake-up.
    [[nodiscard]] State state();

private:
    using Stops = std::vector<std::stop_source>;
    using Bells = std::vector<Bell*>;
    struct Obey;  // one function for each action of the session

    // What is done once the lock is free: stop callbacks are user code, and a thread that is woken
    // would run into the lock.
    struct Aftermath {
        Stops stopped;
        Bells called;
    };

    template <class Change>
    void change(Change&& change);
    void settle(Aftermath& after);
    void hand_in(Desk& desk);
    void begin(Desk& desk, wire::native::Assign* job, base::MonoTime now);
    void sleep(Desk& desk, std::unique_lock<std::mutex>& lock);
    void call_desks(std::size_t most, Bells& called);
    static void stop(Desk& desk, Stops& stopped);
    static void carry_out(const Aftermath& after);
    void keep(Remark remark);
    void wake_io();
    [[nodiscard]] bool may_serve() const;
    [[nodiscard]] bool borrow();
    void refill_lot();
    [[nodiscard]] Bell& make_bell();

    const posix::WakeFd& wake_;
    const bool wants_memory_;
    std::mutex mutex_;
    std::condition_variable_any room_;  // partial(): the backlog shrank

    Session session_;
    posix::IoRole role_;
    std::vector<Desk*> desks_;
    std::deque<Bell> bells_;
    std::vector<Bell*> asleep_;       // of these; the one that fell asleep last is called first
    std::size_t called_ = 0;          // have been called and have not looked yet
    std::vector<ArrivalPtr> lot_;     // the I/O thread's, to decode into
    base::MonoTime io_sleeps_until_;  // what the I/O thread was told last
    std::vector<Remark> remarks_;
    std::vector<Asked> asked_;
    std::optional<std::size_t> connect_;
    std::uint64_t idle_round_ = 0;
    std::uint64_t succeeded_ = 0;
    std::uint64_t failed_ = 0;
    bool is_io_woken_ = false;  // the I/O thread will look before it sleeps
    bool must_measure_ = false;
    std::optional<Left> left_;
    bool is_unservable_ = false;
    bool is_stopping_all_ = false;
    bool is_closed_ = false;
};

}  // namespace steward::worker
