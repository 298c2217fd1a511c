// worker: one worker's side of the native protocol as a pure state machine: announcing, heartbeats,
// fail-over between brokers, jobs held ahead, results. No socket, no thread, no clock: the runtime
// (runtime.hpp) and the simulator drive the same object.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/prng.hpp"
#include "common/base/time.hpp"
#include "common/model/job.hpp"
#include "common/wire/native.hpp"

namespace steward::worker {

using namespace std::chrono_literals;

struct SessionOptions {
    std::vector<std::string> services;
    std::string library = "steward-cpp";
    std::uint32_t concurrency = 1;    // jobs run at once
    std::uint32_t credit_max = 1024;  // jobs held at once, running ones included
    base::Duration heartbeat_interval = 5s;
    std::uint32_t heartbeat_tries = 3;      // silent intervals before the broker is given up
    base::Duration reconnect_first = 50ms;  // pause before another connection; doubles, jitter
    base::Duration reconnect_max = 2s;
    std::size_t brokers = 1;                      // length of the broker list
    std::size_t batch_bytes_max = 1UL << 20U;     // of one message, but for one larger result
    std::size_t backlog_bytes_max = 16UL << 20U;  // gathered for the broker; see has_room()
};

// What the runtime must do, in order.
struct Connect {  // close the present connection if any, open one to this broker of the list
    std::size_t broker = 0;
};

struct StartJob {  // run it; report with finished()
    wire::native::Assign job;
};

struct StopJob {  // fire the attempt's stop token; the broker hears that it ended, not its result
    model::Attempt attempt;
    std::string why;
};

struct CallIdle {};  // three intervals without work have passed (ZMWS): call idle() once

struct Left {};  // goodbye is said and nothing is held: close and end. The last action;
                 // comes after the batch with the goodbye has been taken

using Action = std::variant<Connect, StartJob, StopJob, CallIdle, Left>;

/// What runs, what is held ahead and what the broker has not been told yet.
///
/// Order:  the broker hears READY first on each connection, then each job's partial answers,
///         progress and outcome in the order they were reported.
/// Bound:  credit_max jobs (an Assign beyond it is returned); backlog_bytes_max of partial answers
///         as long as the caller heeds has_room(). One outcome a job always has room.
/// Thread: one at a time.
class Session {
public:
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

    // ---- from the work threads ----
    // Attempts that are not running (any more) are ignored.
    void finished(base::MonoTime now,
                  const model::Attempt&,
                  model::Outcome,
                  base::Duration run_time);
    /// One that is larger than the broker takes makes the attempt fail when it ends.
    void partial(base::MonoTime now, const model::Attempt&, model::Payload);
    /// Advice: dropped while the backlog has no room.
    void progress(base::MonoTime now,
                  const model::Attempt&,
                  std::uint64_t done,
                  std::uint64_t total,
                  std::string text);
    /// SIGTERM: gives back what has not been started, finishes what runs, says goodbye, Left. With
    /// no broker to be found, outcomes are given up after interval*tries.
    void leave(base::MonoTime now);

    // ---- time and output ----
    void on_time(base::MonoTime now);
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;
    /// The next thing to do; nothing when all is done. Drain after every call above and after
    /// take_batch().
    [[nodiscard]] std::optional<Action> next_action();
    /// What has gathered for the broker as one message of about batch_bytes_max; nothing when there
    /// is nothing or no connection stands. Call until nothing comes, as long as the transport
    /// takes.
    [[nodiscard]] std::optional<wire::Frames> take_batch(base::MonoTime now);

    /// Busy work threads.
    [[nodiscard]] std::size_t running() const { return running_; }

    /// Leases: attempts that run and were not stopped, are held ahead, or whose outcome is unsent.
    [[nodiscard]] std::size_t held() const { return held_; }

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
    // Waiting -> Running -> Unsent -> Ended; Running -> Stopped -> Ended. Ended ones are remembered
    // for a while, so that a repeated Assign does not run a job again.
    enum class Phase : std::uint8_t { Waiting, Running, Stopped, Unsent, Ended };

    struct Entry {
        Phase phase = Phase::Waiting;
        model::SubmissionId submission;
        std::string service;
        std::string spoiled;  // why the attempt must fail, whatever work() says; empty: it need not
    };

    using Entries = std::map<model::Attempt, Entry>;

    struct Outgoing {
        wire::native::Command command;
        std::size_t bytes = 0;  // of its part in backlog_bytes_
    };
    struct Obey;  // one function for each command of the broker

    // session_link.cpp: the connection
    [[nodiscard]] base::Duration silence_max() const;

    [[nodiscard]] bool is_open() const { return link_ == Link::Open || link_ == Link::Registered; }

    void lose(base::MonoTime now, std::string why);
    void connect_next(base::MonoTime now);
    void welcome(const wire::native::Welcome& said);
    void announce();
    void forget_ended();
    [[nodiscard]] wire::native::WorkerReady make_ready() const;

    // session.cpp: the jobs
    void assign(base::MonoTime now, wire::native::Assign job);
    void stop(base::MonoTime now, wire::native::StopAttempt said);
    void tell_stopped(const model::Attempt& attempt, base::Duration run_time);
    void recall(base::MonoTime now, const std::vector<model::Attempt>& attempts);
    void give_back(base::MonoTime now, const model::Attempt& attempt);
    void forget_waiting();
    void start_waiting();
    void after_work(base::MonoTime now);
    void end(Entries::iterator entry);
    void push(wire::native::Command command, std::size_t bytes);
    [[nodiscard]] bool is_too_large(std::size_t payload_bytes) const;
    [[nodiscard]] std::string too_large_text(std::size_t payload_bytes) const;
    void gather();
    void gather_outbox();

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

    Entries entries_;
    std::deque<wire::native::Assign> waiting_;  // held ahead, in order
    std::deque<model::Attempt> ended_;          // oldest first
    std::size_t running_ = 0;                   // entries Running or Stopped: busy work threads
    std::size_t held_ = 0;                      // entries Waiting, Running or Unsent

    bool must_announce_ = false;  // READY goes before all else
    bool must_beat_ = false;
    std::vector<model::Attempt> returns_;
    std::deque<Outgoing> outbox_;
    std::size_t backlog_bytes_ = 0;
    wire::native::BatchWriter writer_;  // of batches that were begun to be taken

    std::optional<base::MonoTime> idle_at_;
    bool leaving_ = false;
    bool left_ = false;
    bool said_finishing_ = false;  // Goodbye{finishing} on this connection
    bool said_goodbye_ = false;    // the last word on this connection
    base::MonoTime leave_by_;      // outcomes are given up then
    std::deque<Action> actions_;
};

}  // namespace steward::worker
