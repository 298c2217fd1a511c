// broker/core: what the core asks to be done, as values. Nothing here does anything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "broker/core/input.hpp"
#include "broker/core/job_names.hpp"
#include "broker/core/record.hpp"
#include "common/model/event.hpp"
#include "common/model/part_number.hpp"

namespace steward::core {

// ---- to clients ----
struct JobTaken {  // an async job's receipt; also the first answer to a resend
    model::JobId job;
    model::ServiceName service;
    bool is_duplicate = false;  // the job was there before: its unique key was taken
};

/// JobTaken for `count` of a SubmitRun: numbers upward from the correlation, ids from `first`.
struct JobsTaken {
    model::JobId first;
    std::uint64_t count = 1;
};

struct Refused {
    base::Error error;
    std::string service;
};

struct JobPartial {
    model::JobId job;
    model::ServiceName service;
    model::Payload data;
    model::Encoding wanted = model::Encoding::Absent;  // what the requester's params were in
    model::PartNumber part{};
};

struct JobProgress {
    model::JobId job;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::string text;
};

struct JobResult {  // a sync job's end
    model::JobId job;
    model::ServiceName service;
    model::JobState state = model::JobState::Succeeded;
    std::string text;
    model::Payload result;
    model::Encoding wanted = model::Encoding::Absent;
};

struct Answer {  // to a Query
    QueryKind kind = QueryKind::Broker;
    std::unique_ptr<model::Report>
        report;  // never null; on the heap because most effects are small
};

struct Done {                 // to an Operator
    std::size_t changed = 0;  // jobs or services
    Cursor next = 0;          // not 0: not all jobs were looked at, go on from here
};

struct WorkerSays {  // to AskWorker
    base::Blob answer;
};

// ---- to workers ----
struct Welcome {
    base::Duration heartbeat_interval{};
    base::Duration stop_grace{};  // a handler that ignores its stop token is given so long
};

struct Assign {
    model::Attempt attempt;
    model::ServiceName service;
    model::Payload params;
    base::Duration time_limit{};
    model::SubmissionId submission;
    base::Blob meta;
    // What the job sees: priority, channel, context (when not its own id), group, batch,
    // memory_limit; all else is unset. Null: nothing beside the defaults.
    std::unique_ptr<const model::JobOptions> options;
};

/// The attempt is void or should end: its time limit passed, or its job is no longer wanted.
struct StopAttempt {
    model::Attempt attempt;
    std::string why;
};

/// Give these back if they have not been started.
struct Recall {
    std::vector<model::Attempt> attempts;
};

struct RegisterAgain {};  // a stranger spoke: announce yourself

/// To be answered by Told.
struct Ask {
    std::uint64_t number = 0;
    Question what = Question::Check;
    bool privileged = false;
};

struct Disconnect {
    std::string why;
};

// ---- to either ----
struct HeartbeatOut {};

using Message = std::variant<JobTaken,
                             JobsTaken,
                             Refused,
                             JobPartial,
                             JobProgress,
                             JobResult,
                             Answer,
                             Done,
                             WorkerSays,
                             Welcome,
                             Assign,
                             StopAttempt,
                             Recall,
                             RegisterAgain,
                             Ask,
                             Disconnect,
                             HeartbeatOut>;

/// Not before the journal's record `after` is durable; 0: at once.
struct Send {
    Send() = default;

    /// `its_what`: a Message, or one of its kinds, which is made in its place.
    template <class What>
    Send(const Address& its_to, What&& its_what, Seq its_after = 0)
        : to(its_to), what(std::forward<What>(its_what)), after(its_after) {}

    Address to;
    Message what;
    Seq after = 0;
};

struct Append {
    Seq seq = 0;
    Record record;
    /// The JobAccepted whose params and meta nobody will ask for once this is on disk; 0: none.
    Seq settles = 0;
};

/// What lets an operator submit a job again from the log.
struct Received {
    model::SubmissionId submission;
    model::Payload params;
    std::shared_ptr<const model::JobOptions> options;  // never null; neighbours have the same
};

/// What few events tell.
struct AnnounceExtras {
    std::string detail;      // reason, progress text
    std::uint64_t done = 0;  // Progress: of total; BatchComplete: that succeeded
    std::uint64_t total = 0;
    std::optional<base::WallTime> due;  // Delayed, Retry, Snoozed
    JobNames names;
};

/// A change of a job, service or batch, for the news, the lifecycle log and the metrics. Gated like
/// Send.
struct Announce {
    model::EventKind kind = model::EventKind::Received;
    std::uint32_t attempt = 0;
    model::JobId job;  // none of a service or batch
    model::ServiceName service;
    Peer worker;  // value 0: none
    base::WallTime at{};
    model::Label owner;                        // the name of the key it came with; empty: none
    std::unique_ptr<const Received> received;  // Received only
    std::unique_ptr<AnnounceExtras> extras;
    Seq after = 0;

    AnnounceExtras& more() {
        if (extras == nullptr) {
            extras = std::make_unique<AnnounceExtras>();
        }
        return *extras;
    }
};

enum class Severity : std::uint8_t { Debug, Info, Warning, Error };

/// A line for the broker's log: a stable event word and key=value details. The shell formats it.
struct Note {
    Severity severity = Severity::Info;
    std::string event;
    std::vector<std::pair<std::string, std::string>> fields;
    Peer worker;  // whom it is about; value 0: nobody. The shell knows its routing id
};

/// The broker must end: after a drain (no error) or because the journal died.
struct Stop {
    std::string why;
    bool failed = false;
};

/// One buffer for a whole batch. Within each list the order is the order of happening; between
/// lists there is none but what `after` says.
struct Effects {
    std::vector<Send> sends;
    std::vector<Append> appends;
    std::vector<Announce> announces;
    std::vector<Note> notes;
    std::vector<Stop> stops;

    void clear() {
        sends.clear();
        appends.clear();
        announces.clear();
        notes.clear();
        stops.clear();
    }
};

}  // namespace steward::core
