// client: submissions that some other client made and lost, sent again under their own ids as a
// pure state machine. No socket, thread or clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/submitted.hpp"
#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/model/ids.hpp"
#include "common/model/job.hpp"
#include "common/wire/native.hpp"

namespace steward::client {

struct Resubmit {
    model::SubmissionId submission;  // session 0 is none
    model::JobSpec spec;             // async
};

/// Sends each under the id it was first submitted with, marked as sent before: a broker that still
/// knows it answers with the job that it has become and makes no second one.
///
/// What the broker knows of a session is a run of numbers that begins with the lowest one it was
/// told; so those of one session go in ascending order. An answer names only the number: of several
/// sessions with the same number one is asked at a time. Nothing is acknowledged for a client that
/// may still be there, unless the broker cannot hold the session's whole run of numbers.
///
/// A broker is silent about a submission whose client has acknowledged its answer: what has no
/// answer at the end has most likely been taken long ago.
///
/// Thread: one.  Bound: the jobs it was given; kInFlightMax unanswered at a time.
class Resubmission {
public:
    static constexpr std::size_t kInFlightMax = 4096;

    /// Pre: each submission's session is not 0.
    explicit Resubmission(std::vector<Resubmit> jobs, std::string library = "steward-cpp");

    /// A connection stands: what has no answer is sent again.
    void connected(base::MonoTime now);
    void disconnected();
    /// False when the message was none: the connection has to be given up.
    [[nodiscard]] bool on_frames(base::MonoTime now, const wire::Frames& frames);
    /// What has gathered; call until nothing comes.
    [[nodiscard]] std::optional<wire::Frames> take_batch(base::MonoTime now);
    /// When take_batch() may have something that it has not now.
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;

    [[nodiscard]] bool is_done() const { return open_ == 0; }

    /// The broker has said something on this connection.
    [[nodiscard]] bool is_heard() const { return is_heard_; }

    /// When the broker was heard last.
    [[nodiscard]] base::MonoTime heard_at() const { return heard_at_; }

    /// When a job was settled last, or the first connection made.
    [[nodiscard]] base::MonoTime moved_at() const { return moved_at_; }

    /// In the order they were given. Errors: what the broker refuses with; Timeout for those
    /// without an answer.
    [[nodiscard]] std::vector<base::Expected<Submitted>> take_results();

private:
    struct Job {
        Resubmit what;
        bool is_settled = false;
        std::optional<base::Expected<Submitted>> result;  // not settled: the last refusal
    };

    // Of one session, ascending by number.
    struct Run {
        std::vector<std::size_t> jobs;  // places in jobs_
        std::size_t next = 0;           // those before are settled or in flight
        std::size_t in_flight = 0;
        std::uint64_t acked_below = 0;
        bool is_cramped = false;  // the broker cannot hold its whole run of numbers
    };

    [[nodiscard]] std::uint64_t number_of(std::size_t job) const;
    void go_back(std::size_t run);
    void write_run(std::size_t run);
    void on_command(base::MonoTime now, wire::native::Command& command);
    void on_answer(base::MonoTime now, std::uint64_t number, base::Expected<Submitted> result);
    [[nodiscard]] bool may_be_taken_later(base::MonoTime now,
                                          const base::Error& error,
                                          std::size_t job,
                                          Run& run);

    std::string library_;
    std::vector<Job> jobs_;
    std::vector<Run> runs_;
    std::size_t open_ = 0;

    bool is_connected_ = false;
    bool was_connected_ = false;
    bool is_heard_ = false;
    bool hello_is_due_ = false;
    base::MonoTime beat_at_;
    base::MonoTime heard_at_;
    base::MonoTime moved_at_;
    std::optional<base::MonoTime> pause_until_;  // the broker had no room

    struct InFlight {
        std::size_t job = 0;
        std::size_t run = 0;
    };

    std::deque<std::size_t> ready_;                                 // runs with something to send
    std::map<std::uint64_t, InFlight> in_flight_;                   // by number
    std::map<std::uint64_t, std::deque<std::size_t>> waiting_for_;  // runs, by number
    wire::native::BatchWriter writer_;
};

}  // namespace steward::client
