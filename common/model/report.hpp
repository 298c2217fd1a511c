// common/model: what the broker tells about itself: rows for the listings, counters for the status.
// The core fills these in; common/wire renders them as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/strong_id.hpp"
#include "common/base/time.hpp"
#include "common/model/job.hpp"
#include "common/model/time_histogram.hpp"

namespace steward::model {

struct PeerTag;
/// A remote end as the broker's rooms know it: one routing id on one socket. Never reused within a
/// process. The routing id itself stays at the edge.
using Peer = base::StrongId<PeerTag>;

struct JobRow {
    JobId id;
    ServiceName service;
    JobState state = JobState::Ready;
    bool sync = false;
    std::int32_t priority = 0;
    std::uint32_t attempt = 0;  // the one running or last run; 0 before the first
    std::optional<Peer> client;
    std::optional<Peer> worker;
    base::WallTime accepted_at{};
    std::optional<base::WallTime> started_at;
    std::optional<base::WallTime> ended_at;
    std::optional<base::WallTime> due_at;  // a scheduled job's instant
    Payload params;                        // shared, not copied; renderers cut it
    std::string text;                      // reason of a failure
    Label channel;                         // empty: the default one
    Label context;                         // empty: the job's own id
    Label group;
    Label batch;
    std::uint32_t failures = 0;  // attempts that failed
    std::uint32_t losses = 0;    // attempts whose worker was lost
    Label owner = {};            // the name of the key it came with; empty: without one
};

struct JobReport {
    std::vector<JobRow> rows;
    std::size_t total = 0;  // rows.size() < total: cut at report_rows_max
};

/// One page of jobs. A job that is there from the first page to the last is on exactly one of
/// them; within a page the oldest comes first.
struct ListReport {
    std::vector<JobRow> rows;
    std::uint64_t next = 0;  // not 0: there may be more, ask on from here
};

/// Why a job is where it is: the scheduler's own reasons, in words.
struct WhyReport {
    JobRow job;
    std::vector<std::string> reasons;  // not empty
};

/// Everything known of one job, also a finished one while its result or the history has it.
struct StatusReport {
    JobRow job;
    std::optional<std::uint64_t> queue_place;  // 1 is next; only while ready
    std::uint64_t progress_done = 0;
    std::uint64_t progress_total = 0;  // 0: none was reported
    std::string progress_text;
};

struct WorkerRow {
    Peer peer;
    std::vector<ServiceName> services;
    std::vector<Label> channels;  // empty: only the default one
    std::string name;             // what the worker's library calls itself, or its dialect
    std::uint32_t concurrency = 1;
    std::uint32_t held = 0;  // jobs it holds now
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    base::WallTime since{};
    base::WallTime last_heard{};
};

struct WorkerReport {
    std::vector<WorkerRow> rows;
    std::size_t total = 0;
};

struct ServiceRow {
    ServiceName service;
    std::size_t ready = 0;
    std::size_t scheduled = 0;
    std::size_t active = 0;
    std::size_t workers = 0;
    std::uint64_t accepted = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;                    // attempts
    std::optional<base::Duration> oldest_ready;  // how long the first in the queue has waited
    std::size_t blocked = 0;                     // wait for other jobs
    std::size_t dead = 0;                        // dead letters
    std::string mode = "running";                // of its own or of all services: the stricter one
    std::uint64_t failed_jobs = 0;               // of which no dead letter is kept: sync ones
    std::uint64_t died = 0;                      // jobs that became dead letters
    std::uint64_t expired = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t lost = 0;     // attempts whose worker was lost
    std::uint64_t retried = 0;  // attempts that failed or were lost, and not the last
    TimeHistogram wait;         // of each attempt that has begun to run: since its job was ready
    TimeHistogram run;          // of each attempt that ran and has ended, in whatever way
};

struct ServiceReport {
    std::vector<ServiceRow> rows;
    std::size_t total = 0;
};

struct GroupRow {
    Label group;
    std::uint32_t weight = 1;
    std::uint32_t limit = 0;   // 0: none
    base::Duration spacing{};  // between starts; 0: none
    std::size_t waiting = 0;
    std::size_t active = 0;
};

struct GroupReport {
    std::vector<GroupRow> rows;
    std::size_t total = 0;
    std::uint64_t next = 0;
};

struct LimitRow {
    Label name;
    std::optional<std::uint32_t> at_once;
    std::optional<Rate> rate;
    std::vector<std::string> services;
    std::size_t active = 0;
    bool is_holding = false;  // a service waits for it now
};

struct LimitReport {
    std::vector<LimitRow> rows;
};

struct ScheduleRow {
    Label name;
    std::string expression;
    std::string zone;
    std::string missed;  // skip, once, all
    ServiceName service;
    std::optional<base::WallTime> next;
    std::optional<base::WallTime> last;
    std::optional<JobId> last_job;
    bool is_configured = false;  // by the configuration: cannot be removed at run time
    Label owner = {};            // of its jobs; empty: nobody
};

struct ScheduleReport {
    std::vector<ScheduleRow> rows;
    std::size_t total = 0;
    std::uint64_t next = 0;
};

struct BatchRow {
    Label name;
    std::uint64_t total = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;  // ended in any other way
    bool is_closed = false;
    bool is_ended = false;
    base::WallTime opened_at{};
    std::optional<base::WallTime> ended_at;
    std::optional<JobId> then;  // the job that followed
};

struct BatchReport {
    std::vector<BatchRow> rows;
    std::size_t total = 0;
    std::uint64_t next = 0;
};

/// Plain counters since the start; printed by SERVER-STATUS.
struct Counters {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    std::uint64_t started = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    std::uint64_t dead = 0;
    std::uint64_t expired = 0;
    std::uint64_t lost = 0;          // attempts whose worker was lost
    std::uint64_t late_results = 0;  // named an attempt that was no longer that worker's
    std::uint64_t resends = 0;       // submissions recognised as sent before
    std::uint64_t readopted = 0;     // jobs that a worker brought back after a reconnect
    std::uint64_t recalled = 0;      // jobs given ahead and taken back
    std::uint64_t workers_purged = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t snoozed = 0;
    std::uint64_t deduplicated = 0;
    std::uint64_t scheduled_runs = 0;   // jobs that schedules submitted
    std::uint64_t results_dropped = 0;  // before their time, for want of room
    std::uint64_t dead_dropped = 0;     // dead letters, likewise
    std::uint64_t strangers = 0;        // messages from workers that had not announced themselves

    bool operator==(const Counters&) const = default;
};

/// How much there is of something that has a limit.
struct Usage {
    std::string_view name;  // of the setting, without its "_max"; a literal
    std::size_t used = 0;
    std::size_t max = 0;
};

/// What the shell around the core knows of the journal.
struct JournalFigures {
    std::string engine;      // as in the configuration: disk, memory
    std::string durability;  // sync, interval, os; empty where nothing is written
    std::uint64_t checkpoint_bytes = 0;
    std::uint64_t log_bytes = 0;    // since the checkpoint
    std::uint64_t queue_bytes = 0;  // handed over and not being written yet
    std::uint64_t spill_files = 0;  // of jobs for which memory was too dear
    std::uint64_t syncs = 0;
    base::Duration sync_time{};           // of all of them
    base::Duration last_sync{};           // how long it took
    std::uint64_t last_sync_records = 0;  // written before it as one group
    bool is_full = false;                 // its disk is
};

struct ProcessFigures {
    std::uint64_t resident_bytes = 0;
    std::uint64_t open_files = 0;
    std::uint64_t open_files_max = 0;
    base::Duration cpu{};  // user and system
    base::WallTime started_at{};
};

/// Messages that the broker could make nothing of, or that nobody took.
struct MessageFigures {
    std::uint64_t garbage = 0;          // of no dialect
    std::uint64_t malformed = 0;        // of a dialect, but not as it has them
    std::uint64_t undeliverable = 0;    // their peer was gone
    std::uint64_t backlog_dropped = 0;  // of peers that read too slowly and were given up
    std::uint64_t forbidden = 0;        // requests that a key lacked the grant for
    std::uint64_t unfinished = 0;       // did not end, and their connection was cut
};

struct BrokerReport {
    Counters counters;
    std::size_t ready = 0;
    std::size_t scheduled = 0;
    std::size_t active = 0;
    std::size_t services = 0;
    std::size_t workers = 0;
    base::Duration uptime{};
    bool draining = false;
    std::size_t blocked = 0;
    std::size_t dead = 0;     // dead letters
    std::size_t results = 0;  // that can be fetched
    std::size_t groups = 0;
    std::size_t schedules = 0;
    std::size_t batches = 0;
    std::string mode = "running";    // of all services
    std::size_t stored = 0;          // ready jobs that are on the disk or packed, and only there
    std::vector<Usage> usages = {};  // of what has a limit
    // ---- what only the shell knows ----
    std::optional<MessageFigures> messages;
    std::optional<JournalFigures> journal;
    std::optional<ProcessFigures> process;
};

/// The answer to mmi.service and to "does anybody serve this?".
struct ServiceKnown {
    bool has_workers = false;
};

using Report = std::variant<JobReport,
                            StatusReport,
                            WorkerReport,
                            ServiceReport,
                            BrokerReport,
                            ServiceKnown,
                            ListReport,
                            WhyReport,
                            GroupReport,
                            LimitReport,
                            ScheduleReport,
                            BatchReport>;

}  // namespace steward::model
