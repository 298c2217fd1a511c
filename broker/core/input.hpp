// broker/core: everything that can happen to the core, as values. Made by broker/app/translate from
// checked messages; the core knows no frames and no dialects.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "broker/core/owner.hpp"
#include "broker/core/request.hpp"
#include "common/base/blob.hpp"
#include "common/base/expected.hpp"
#include "common/model/job.hpp"
#include "common/model/report.hpp"

namespace steward::core {

using model::Peer;
/// The journal's sequence number of a record; 0 stands before the first.
using Seq = std::uint64_t;

/// Where an answer goes and in which shape. `correlation` and `form` belong to the asker's dialect:
/// the core returns them as they came.
struct Address {
    Peer peer;
    std::uint64_t correlation = 0;
    std::uint32_t form = 0;

    bool operator==(const Address&) const = default;
};

/// What to do with a job whose service nobody has announced, nothing waits for, nothing names.
enum class UnknownService : std::uint8_t {
    Refuse,             // ZMWS: FAIL at once
    RefuseOnceSettled,  // native: wait out the settling time after a start, then refuse
    Hold,               // MDP (RFC 18): queue, expire after Policy::unknown_service_hold
};

struct Submit {
    Address from;
    model::SubmissionId submission;  // session 0: cannot be resent
    bool again = false;  // the client may have sent it before, perhaps to an earlier run
    UnknownService unknown = UnknownService::Refuse;
    model::JobSpec spec;
    Asker asker{};
};

/// Neighbours in what a client said that differ in number, service and params alone, none of them
/// sent before. It does what a Submit of each in turn would do; receipts are told by JobsTaken.
struct SubmitRun {
    struct One {
        std::uint64_t number = 0;  // of the submission and the correlation
        model::Payload params;
        model::ServiceName service{};  // empty: that of the one before
    };

    Address from;               // its correlation says nothing
    std::uint64_t session = 0;  // not 0
    UnknownService unknown = UnknownService::Refuse;
    model::ServiceName service;  // of the first
    model::JobOptions options;
    std::vector<One> jobs;
    Asker asker{};
};

/// A client has everything it waits for from submissions below this number: they can be forgotten.
struct Acknowledge {
    std::uint64_t session = 0;
    std::uint64_t below = 0;
};

/// Asks for a job's result. Answered by JobResult; after `wait` without an end by JobTaken; by
/// Refused when the job is not known.
struct Await {
    Address from;
    model::JobId job;
    base::Duration wait{};  // 0: only if it has ended
    bool follow = false;    // hears parts and progress meanwhile, at once how far it is
    Asker asker{};
};

enum class QueryKind : std::uint8_t {
    Jobs,  // waiting: scheduled and ready
    Active,
    History,
    Workers,
    Services,
    Broker,
    Status,        // of the job that the filter names
    ServiceKnown,  // of the service that the filter names
    List,          // jobs by the filter, in pages
    Why,           // of the job that the filter names
    Groups,
    Limits,
    Schedules,
    Batches,
};

struct Query {
    Address from;
    QueryKind kind = QueryKind::Broker;
    JobFilter which;             // Jobs to Workers heed its service, List all of it
    Cursor after = 0;            // List, Groups, Schedules, Batches: where the last page ended
    std::uint32_t rows_max = 0;  // List; 0: as many as Limits::report_rows_max
    Asker asker{};
};

/// A worker announces itself. Coming from a peer that is registered it replaces what was known and
/// keeps the leases named in `running`.
struct Ready {
    struct Running {
        model::Attempt attempt;
        model::SubmissionId submission;
        model::ServiceName service;
    };

    Address from;
    std::string name;                          // of the library or dialect, for listings
    std::vector<model::ServiceName> services;  // not empty, none reserved
    std::vector<model::Label> channels;        // empty: the default one
    std::uint32_t concurrency = 1;             // jobs it runs at once
    std::uint32_t credit_max = 1;              // jobs it will hold at once, running ones included
    base::Duration heartbeat_interval{};  // how often it promises a sign of life; 0: broker's own
    bool beats_while_busy =
        false;                  // false: silence while it holds a lease is no death (old dialects)
    bool can_be_asked = false;  // its dialect has words for questions
    bool unique_ready =
        false;  // a second READY is a protocol error, answered by Disconnect (RFC 7)
    std::vector<Running> running;  // attempts it still works on, from before a reconnect
};

struct Heartbeat {
    Peer from;
    std::uint32_t form = 0;
    bool from_worker = true;
};

struct Partial {
    Peer from;
    std::uint32_t form = 0;
    model::Attempt attempt;  // number 0: whichever attempt this worker holds of that job
    model::Payload data;
};

struct Progress {
    Peer from;
    std::uint32_t form = 0;
    model::Attempt attempt;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::string text;
};

struct Finish {
    Peer from;
    std::uint32_t form = 0;
    model::Attempt attempt;  // number 0 as in Partial
    model::Outcome outcome;
    base::Duration run_time{};  // as the worker measured; 0: unknown
};

/// Attempts that have succeeded, told one after another. It does what a Finish of each would do.
struct FinishRun {
    struct One {
        model::Attempt attempt;
        base::Duration run_time{};
        model::Payload result;
    };

    Peer from;
    std::uint32_t form = 0;
    std::vector<One> attempts;
};

/// The worker gives back attempts it has not started (after a recall or while it leaves).
struct Return {
    Peer from;
    std::uint32_t form = 0;
    std::vector<model::Attempt> attempts;
};

/// The worker leaves: no new jobs for it; what it still holds is lost unless `finishing`.
struct Goodbye {
    Peer from;
    bool finishing = false;
};

/// A worker sent a valid command that is not expected now (RFC 7: answer with DISCONNECT).
struct Misbehaved {
    Address from;
    std::string why;
};

/// The transport found the peer gone (unroutable) or dropped it (backlog full).
struct PeerLost {
    Peer peer;
};

/// Records up to `seq` are on disk.
struct Durable {
    Seq seq = 0;
};

struct JournalFailed {
    std::string why;
};

/// What an operator or client asks of what exists. Answered by Done or Refused.
struct Operator {
    Address from;  // peer 0: nobody waits for an answer
    Request what;
    Asker asker{};
};

/// What a worker can be asked.
enum class Question : std::uint8_t { Check, Stop };

/// Asks a worker how it is, or to leave. Answered by WorkerSays; by Refused when it is not there,
/// cannot be asked, or does not answer in time.
struct AskWorker {
    Address from;
    Peer worker;
    Question what = Question::Check;
    bool privileged = false;  // may be told all
};

/// A worker's answer to Ask. Empty: it does not know the question.
struct Told {
    Peer from;
    std::uint32_t form = 0;
    std::uint64_t number = 0;
    base::Blob answer;
};

/// Time has passed: do what is due.
struct Tick {};

using Input = std::variant<Submit,
                           SubmitRun,
                           Acknowledge,
                           Await,
                           Query,
                           Ready,
                           Heartbeat,
                           Partial,
                           Progress,
                           Finish,
                           FinishRun,
                           Return,
                           Goodbye,
                           Misbehaved,
                           PeerLost,
                           Durable,
                           JournalFailed,
                           Operator,
                           AskWorker,
                           Told,
                           Tick>;

}  // namespace steward::core
