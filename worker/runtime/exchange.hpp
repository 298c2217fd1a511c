// worker/runtime: where the I/O thread and the work threads meet: the session behind one lock. A
// work thread that has finished takes the next job held ahead without waiting for the I/O thread,
// and results gather here while that thread is busy, to leave in one message. Knows no sockets.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "common/posix/wake_fd.hpp"
#include "worker/session.hpp"

namespace steward::worker {

/// Bound:  the session's own: at most concurrency tasks wait here, and backlog_bytes_max.
/// Thread: as the sections say. The lock is never held while user code runs or a socket is used.
class Exchange {
public:
    struct Task {
        wire::native::Assign job;
        std::stop_token stop;
    };

    struct Report {
        model::Attempt attempt;
        model::Outcome outcome;
        base::Duration run_time{};
        std::uint64_t resident_bytes = 0;  // of the process after it; 0: not measured
    };
    enum class Turn : std::uint8_t { Work, Idle, End };

    struct Next {
        Turn turn = Turn::End;
        std::optional<Task> task;  // set for Work
    };

    struct Remark {
        std::string event;
        std::string job;
        std::string why;
        bool is_warning = true;
    };

    static constexpr std::size_t kRemarksMax = 64;

    /// Pre: `wake` outlives this; it is what the I/O thread polls.
    Exchange(SessionOptions options,
             base::MonoTime start,
             std::uint64_t seed,
             const posix::WakeFd& wake);

    // ---- work threads ----
    /// Hands in what was done, if anything, and waits for what to do. `idle_seen` belongs to the
    /// thread and is 0 at first. Idle comes once a thread for each time the session says so.
    [[nodiscard]] Next next(std::optional<Report> done, std::uint64_t& idle_seen);
    /// Blocks: while the backlog is full, until the attempt is stopped or all ends.
    void partial(const model::Attempt&, model::Payload, const std::stop_token&);
    void progress(const model::Attempt&, std::uint64_t done, std::uint64_t total, std::string text);

    /// Reports should say how much memory the process holds.
    [[nodiscard]] bool wants_memory() const { return wants_memory_; }

    /// For the log, which the I/O thread writes. Dropped while kRemarksMax wait.
    void remark(Remark remark);

    // ---- the I/O thread ----
    void connected();
    void disconnected();
    void on_frames(const wire::Frames& frames);
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

    [[nodiscard]] std::vector<Remark> take_remarks();

    struct State {
        bool is_registered = false;
        bool is_leaving = false;
        std::optional<Left> left;
        std::size_t running = 0;
        std::size_t broker = 0;
        std::string trouble;
        std::optional<base::MonoTime> deadline;
    };

    [[nodiscard]] State state() const;

private:
    using Stops = std::vector<std::stop_source>;
    struct Obey;  // one function for each action of the session

    template <class Change>
    void change(Change&& change);
    void settle(Stops& stopped);
    void keep(Remark remark);
    void wake_io();
    [[nodiscard]] bool has_turn(std::uint64_t idle_seen) const;

    const posix::WakeFd& wake_;
    const bool wants_memory_;
    mutable std::mutex mutex_;
    std::condition_variable turn_;      // work threads: a task, idle or the end
    std::condition_variable_any room_;  // partial(): the backlog shrank

    Session session_;
    std::deque<Task> tasks_;
    std::map<model::Attempt, std::stop_source> stops_;
    std::vector<Remark> remarks_;
    std::optional<std::size_t> connect_;
    std::uint64_t idle_round_ = 0;
    bool is_io_woken_ = false;  // the I/O thread will look without another wake-up
    bool must_measure_ = false;
    std::optional<Left> left_;
    bool is_closed_ = false;
};

}  // namespace steward::worker
