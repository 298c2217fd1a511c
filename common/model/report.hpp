// common/model: what the broker tells about itself: rows for the listings, counters for the status.
// The core fills these in; common/wire renders them as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/strong_id.hpp"
#include "common/base/time.hpp"
#include "common/model/job.hpp"

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
};

struct JobReport {
    std::vector<JobRow> rows;
    std::size_t total = 0;  // rows.size() < total: cut at report_rows_max
};

/// Everything known of one job, also a finished one while the history has it.
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
    std::string name;  // what the worker's library calls itself, or its dialect
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
    std::uint64_t failed = 0;
    std::optional<base::Duration> oldest_ready;  // how long the first in the queue has waited
};

struct ServiceReport {
    std::vector<ServiceRow> rows;
    std::size_t total = 0;
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
    std::uint64_t strangers = 0;  // messages from workers that had not announced themselves

    bool operator==(const Counters&) const = default;
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
};

/// The answer to mmi.service and to "does anybody serve this?".
struct ServiceKnown {
    bool has_workers = false;
};

using Report =
    std::variant<JobReport, StatusReport, WorkerReport, ServiceReport, BrokerReport, ServiceKnown>;

}  // namespace steward::model
