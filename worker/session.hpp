// worker: one worker's side of the native protocol as a pure state machine: announcing, heartbeats,
// fail-over between brokers, jobs held ahead, results. No socket, no thread, no clock: the runtime
// (runtime.hpp) and the simulator drive the same object.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/prng.hpp"
#include "common/base/time.hpp"
#include "common/model/job.hpp"
#include "common/wire/native.hpp"
#include "worker/arrival.hpp"
#include "worker/attempt_table.hpp"
#include "worker/ring.hpp"

namespace steward::worker {

using namespace std::chrono_literals;

struct SessionOptions {
    std::vector<std::string> services;
    std::vector<std::string> channels;  // empty: the default one
    std::string library = "steward-cpp";
    std::uint32_t concurrency = 1;    // jobs run at once
    std::uint32_t credit_max = 1024;  // jobs held at once, running ones included
    base::Duration heartbeat_interval = 5s;
    std::uint32_t heartbeat_tries = 3;      // silent intervals before the broker is given up
    base::Duration reconnect_first = 50ms;  // pause before another connection; doubles, jitter
    base::Duration reconnect_max = 2s;
    std::size_t brokers = 1;                      // length of the broker list
    std::size_t batch_bytes_max = 64UL << 10U;    // of one message, but for one larger result
    std::size_t backlog_bytes_max = 16UL << 20U;  // gathered for the broker; see has_room()
    base::Duration stop_grace = 5s;  // a handler may ignore its stop token so long, unless the
                                     // broker says otherwise
    base::Duration memory_interval = 100ms;  // between looks at the memory of a limited attempt
    bool limits_memory = true;  // this process is held to the memory limits of its jobs
    // When another process should take this one's place; 0: never.
    std::uint64_t jobs_max = 0;          // it has started so many
    std::uint64_t memory_bytes_max = 0;  // it holds more when a job has ended
    base::Duration lifetime_max{};       // it has lived so long
};

// What the runtime must do, in order.
struct Connect {  // close the present connection if any, open one to this broker of the list
    std::size_t broker = 0;
};

struct StopJob {  // fire the attempt's stop token; the broker hears that it ended, not its result
    model::Attempt attempt;
    std::string why;
};

struct CallIdle {};  // three intervals without work have passed (ZMWS): call idle() once

struct MeasureMemory {};  // tell resident() how much this process holds

struct Leaving {  // it leaves without having been told to; for the log
    std::string why;
    bool is_forced = false;  // because of a job, not of the process's age
};

/// Goodbye is said, and the broker knows that nothing is held: close and end. The last action.
struct Left {
    bool wants_successor = false;  // a fresh process should take the place of this one
    bool is_stuck = false;         // some work does not return: do not wait for its thread
};

/// Somebody asks how the worker is ("check") or wants it to leave ("stop"): call told(), in any
/// case.
struct Asked {
    std::uint64_t number = 0;
    std::string what;
    bool privileged = false;
};

using Action = std::variant<Connect, StopJob, CallIdle, MeasureMemory, Asked, Leaving, Left>;

/// What runs, what is held ahead and what the broker has not been told yet.
///
/// An attempt that reaches its time limit is told to stop, as is one that the broker stops. One
/// that goes on for stop_grace after that is reported as failed, and as its thread cannot be had
/// back, the process is given up: it returns what was not started, waits for other work no longer
/// than the grace, and leaves. An attempt over its memory limit fails at once, and ends the process
/// in the same way.
///
/// Order:  the broker hears READY first on each connection, then each job's partial answers,
///         progress and outcome in the order they were reported.
/// Bound:  credit_max jobs (an Assign beyond it is returned); kAskedMax questions;
/// backlog_bytes_max of partial answers
///         as long as the caller heeds has_room(). One outcome a job always has room.
/// Thread: one at a time.
class Session {
public:
    /// Questions that wait for told(); more are passed over.
    static constexpr std::size_t kAskedMax = 64;

    Session(SessionOptions options, base::MonoTime start, std::uint64_t seed);

    // ---- from the transport ----
    /// A connection stands: everything is announced anew before anything else is sent: attempts
    /// that run, that are held ahead, and those whose outcome has not been sent yet.
    void connected(base::MonoTime now);
    /// It is gone, or could not be made: what was gathered waits for the next one.
    void disconnected(base::MonoTime now);
    /// One message from the broker, any bytes. One that cannot be read costs the connection: what
    /// was in it is unknown, and the next READY tells the broker what is really held.
    void on_frames(base::MonoTime now, const wire::Frames& frames);

    // The same in steps, for a runtime that decodes without holding its lock: begin_message(); if
    // true, a BatchReader of the frames, and one take() for each command until it returns false.
    [[nodiscard]] bool begin_message(base::MonoTime now, const wire::Frames& frames);
    /// `arrival` is null after it when it was a job that is kept.
    [[nodiscard]] bool take(base::MonoTime now, ArrivalPtr& arrival);
    /// One to read into.
    [[nodiscard]] ArrivalPtr make_arrival();

    // ---- from the work threads ----
    /// The next job to be run, now; null when none waits or all threads are busy. It stays where it
    /// is until finished() with its attempt; meanwhile nobody but who runs it touches anything of
    /// it but attempt, submission and service, which nobody changes.
    [[nodiscard]] wire::native::Assign* next_job(base::MonoTime now);

    /// How many threads next_job() has work for.
    [[nodiscard]] std::size_t startable() const {
        return std::min<std::size_t>(waiting_.size(), options_.concurrency - busy_.size());
    }

    // Attempts that are not running (any more) are ignored.
    /// `resident_bytes`: what the process holds after it; 0: not measured.
    void finished(base::MonoTime now,
                  const model::Attempt&,
                  model::Outcome,
                  base::Duration run_time,
                  std::uint64_t resident_bytes = 0);
    /// One that is larger than the broker takes makes the attempt fail when it ends.
    void partial(base::MonoTime now, const model::Attempt&, model::Payload);
    /// Advice: dropped while the backlog has no room.
    void progress(base::MonoTime now,
                  const model::Attempt&,
                  std::uint64_t done,
                  std::uint64_t total,
                  std::string text);
    /// SIGTERM: says goodbye, gives back what has not been started, finishes what runs, and waits
    /// for the broker's Disconnect, so that no job is on its way here any more; then Left. With no
    /// answer within interval*tries, it goes all the same.
    void leave(base::MonoTime now);
    /// The answer to Asked, a JSON document; empty: not understood.
    void told(std::uint64_t number, base::Blob json);
    /// The answer to MeasureMemory; 0: it could not be measured.
    void resident(base::MonoTime now, std::uint64_t bytes);

    /// A message is on its way, either way, and more of it has moved: the broker is there.
    void moved(base::MonoTime now);

    // ---- time and output ----
    void on_time(base::MonoTime now);
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;
    /// The next thing to do; nothing when all is done. Drain after every call above and after
    /// take_batch(), and call next_job() as long as a thread is free.
    [[nodiscard]] std::optional<Action> next_action();

    /// False: next_action() has nothing.
    [[nodiscard]] bool has_action() const { return leaving_ || !actions_.empty(); }

    /// What has gathered for the broker as one message of about batch_bytes_max; nothing when there
    /// is nothing or no connection stands. Call until nothing comes, as long as the transport
    /// takes.
    [[nodiscard]] std::optional<wire::Frames> take_batch(base::MonoTime now);
    /// A part of take_batch(): encodes up to `commands_max` more commands for it. False: it can be
    /// taken. For a runtime that gives way to its work threads now and then.
    [[nodiscard]] bool gather_some(std::size_t commands_max);
    /// The part of next_deadline() that comes with next_job().
    [[nodiscard]] base::MonoTime next_limit() const;

    /// Busy work threads.
    [[nodiscard]] std::size_t running() const { return busy_.size(); }

    /// Leases: attempts that run and were not stopped by the broker, are held ahead, or whose
    /// outcome is unsent.
    [[nodiscard]] std::size_t held() const { return held_; }

    /// No new work is taken any more.
    [[nodiscard]] bool is_leaving() const { return leaving_; }

    /// The broker has welcomed this connection.
    [[nodiscard]] bool is_registered() const { return link_ == Link::Registered; }

    /// False: further partial answers should wait outside.
    [[nodiscard]] bool has_room() const { return backlog_bytes_ < options_.backlog_bytes_max; }

    /// The broker of the list in use or to be tried.
    [[nodiscard]] std::size_t broker() const { return broker_; }

    /// Why the last connection was given up, for people; empty when none was.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }

private:
    enum class Link : std::uint8_t { Paused, Connecting, Open, Registered };
    using Entry = AttemptTable::Entry;
    using Spot = AttemptTable::Spot;

    // A work thread: told to stop it may yet return; one that is stuck is waited for no longer.
    enum class Stage : std::uint8_t { Working, Stopped, Stuck };

    struct Busy {
        Spot spot = AttemptTable::kNowhere;
        Stage stage = Stage::Working;
        base::MonoTime since;
        base::MonoTime alarm = base::MonoTime::max();  // the time limit, then the end of the grace
        base::Duration time_limit{};
        base::Duration grace{};          // as it was when it was stopped
        std::uint64_t memory_limit = 0;  // 0: none
        std::string spoiled;  // why the attempt must fail, whatever work() says; empty: it need not
    };

    using Speech =
        std::variant<wire::native::Finish, wire::native::Partial, wire::native::Progress>;

    struct Outgoing {
        Speech speech;
        std::size_t bytes = 0;               // of its part in backlog_bytes_
        Spot spot = AttemptTable::kNowhere;  // of a Finish that ends a lease
    };
    struct Obey;  // one function for each command of the broker

    // session_link.cpp: the connection
    [[nodiscard]] base::Duration silence_max() const;

    [[nodiscard]] bool is_open() const { return link_ == Link::Open || link_ == Link::Registered; }

    void lose(base::MonoTime now, std::string why);
    void connect_next(base::MonoTime now);
    void welcome(const wire::native::Welcome& said);
    void announce();
    void begin_leaving(base::MonoTime now);
    void forget_ended();
    [[nodiscard]] wire::native::WorkerReady make_ready() const;

    // session.cpp: the jobs
    void assign(base::MonoTime now, ArrivalPtr& arrival);
    void stop(base::MonoTime now, wire::native::StopAttempt said);
    void tell_stopped(const model::Attempt& attempt, std::string why, base::Duration run_time);
    void report(Spot spot, model::Outcome&& outcome, base::Duration run_time);
    void recall(base::MonoTime now, const std::vector<model::Attempt>& attempts);
    void give_back(base::MonoTime now, const model::Attempt& attempt);
    void forget_waiting();
    void beat(base::MonoTime now);
    void beat_along(base::MonoTime now);
    void after_work(base::MonoTime now);
    void settle(Spot spot, model::Outcome&& outcome, base::Duration run_time);
    void set_free(Entry& entry);
    void end(Spot spot);
    void forget(Spot spot);
    void forget_waiting(Spot spot);
    void spend(ArrivalPtr arrival);
    template <class Said>
    Outgoing& push(Said&& said, std::size_t bytes);
    [[nodiscard]] Spot find_busy(const model::Attempt& attempt) const;
    [[nodiscard]] Entry* running_entry(const model::Attempt& attempt);
    [[nodiscard]] bool is_too_large(std::size_t payload_bytes) const;
    [[nodiscard]] std::string too_large_text(std::size_t payload_bytes) const;
    void gather_first();
    [[nodiscard]] bool gather_outbox(std::size_t commands_max);

    // session_limits.cpp: what is too long, too large or too old
    /// Busy threads that are worth waiting for.
    [[nodiscard]] std::size_t awaited() const { return busy_.size() - stuck_; }

    [[nodiscard]] bool has_reported_all() const {
        return awaited() == 0 && outbox_.empty() && returns_.empty();
    }

    void limit(base::MonoTime now, Busy& busy, const wire::native::Assign& job);
    void halt(base::MonoTime now, Busy& busy, std::string why, base::Duration grace);
    void ring(base::MonoTime now);
    void reach_time_limit(base::MonoTime now, Busy& busy);
    void give_up(base::MonoTime now, Busy& busy);
    void exceed_memory(base::MonoTime now, Busy& busy, std::uint64_t bytes);
    void cut_off(base::MonoTime now);
    void retire(base::MonoTime now, std::string why);
    void replace(base::MonoTime now, std::string why);
    void check_age(base::MonoTime now, std::uint64_t resident_bytes);
    void look_at_memory(base::MonoTime now);

    SessionOptions options_;
    base::Prng prng_;

    Link link_ = Link::Connecting;
    std::size_t broker_ = 0;
    std::uint32_t failures_ = 0;           // connections given up since one lasted an interval
    base::MonoTime heard_at_;              // of the broker, or when the connection was begun
    base::MonoTime beat_at_;               // the next heartbeat
    base::MonoTime connect_at_;            // while Paused
    base::Duration broker_interval_{};     // how often the broker promises a sign of life
    std::uint64_t message_bytes_max_ = 0;  // what it takes; 0: not said yet
    std::string trouble_;

    AttemptTable entries_;
    std::deque<Spot> waiting_;       // held ahead, in order
    std::deque<Spot> ended_;         // oldest first
    std::size_t held_ = 0;           // entries Waiting, Running, Stopping or Unsent
    std::vector<ArrivalPtr> spent_;  // to be read into again

    std::vector<Busy> busy_;     // what the work threads do
    std::size_t stuck_ = 0;      // of these
    std::uint64_t started_ = 0;  // jobs, ever
    base::Duration stop_grace_{};
    base::MonoTime next_alarm_ = base::MonoTime::max();  // none of busy_ is earlier
    std::optional<base::MonoTime> measure_at_;
    bool is_forced_ = false;                   // leaves because of a job
    std::optional<base::MonoTime> cut_at_;     // then: other work is cut off
    std::optional<base::MonoTime> retire_at_;  // the end of its lifetime

    bool must_announce_ = false;  // READY goes before all else
    bool must_beat_ = false;
    std::vector<model::Attempt> returns_;
    std::size_t asked_ = 0;                 // wait for told()
    std::vector<wire::native::Told> told_;  // for this connection
    Ring<Outgoing> outbox_;
    std::size_t backlog_bytes_ = 0;
    wire::native::BatchWriter writer_;  // of batches that were begun to be taken
    bool is_gathering_ = false;         // one was begun and more may be added to it

    std::optional<base::MonoTime> idle_at_;
    bool leaving_ = false;
    bool was_told_to_leave_ = false;
    bool left_ = false;
    bool said_finishing_ = false;  // Goodbye{finishing} on this connection
    bool said_lost_ = false;       // Goodbye of a process with work that does not return
    bool parted_ = false;          // the broker has nothing more for this connection
    base::MonoTime leave_by_;      // outcomes are given up then
    std::deque<Action> actions_;
};

}  // namespace steward::worker
