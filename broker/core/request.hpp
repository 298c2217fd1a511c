// broker/core: what operators and clients ask of jobs and services that exist, as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/core/owner.hpp"
#include "common/model/job.hpp"
#include "common/model/schedule.hpp"

namespace steward::core {

/// States as bits: bit n is JobState n. 0: all.
using JobStates = std::uint32_t;

[[nodiscard]] constexpr JobStates only(model::JobState state) {
    return JobStates{1} << static_cast<unsigned>(state);
}

/// Which jobs. What is empty does not count; all else must hold. With `jobs` only these are looked
/// at.
struct JobFilter {
    std::vector<model::JobId> jobs;  // at most kFilterJobsMax
    JobStates states = 0;
    std::string service;
    std::string context;
    std::string group;
    std::string batch;
    Asker asker{};  // who looks, and sees no others; the core fills it in

    bool operator==(const JobFilter&) const = default;
};

/// Where a listing or bulk request goes on: opaque to whoever asks, 0 at first.
using Cursor = std::uint64_t;

/// Waiting jobs end at once; running ones are told to stop and end after the grace at the latest.
struct CancelJobs {
    JobFilter which;
    Cursor from = 0;
};

/// Dead letters become ready again, with their attempts counted anew. One that waited for others
/// waits for those of them that are still there, dead letters too: they may be retried as well.
struct RetryDead {
    JobFilter which;
    Cursor from = 0;
};

/// Dead letters are thrown away.
struct DiscardDead {
    JobFilter which;
    Cursor from = 0;
};

/// Waiting jobs (blocked, scheduled, ready) of one service are thrown away: they end cancelled.
struct PurgeQueue {
    JobFilter which;  // its service is not empty
    Cursor from = 0;
};

/// Changes a waiting job. Errors: WrongState for any other.
struct EditJob {
    model::JobId job;
    std::optional<std::int32_t> priority;
    std::optional<base::Duration> delay;  // from now; 0: at once
};

/// What a service does. Names and numbers are stable: they stand in the journal. One bit says that
/// it starts no jobs, the other that it takes none.
enum class Mode : std::uint8_t {
    Running = 0,
    Paused = 1,    // takes jobs, starts none
    Draining = 2,  // starts what it has, takes none
    Disabled = 3,  // the kill switch: takes none, starts none
};

/// Of a service that is in both, its own and that of all: paused and draining it does nothing.
[[nodiscard]] constexpr Mode operator|(Mode one, Mode other) {
    return static_cast<Mode>(static_cast<std::uint8_t>(one) | static_cast<std::uint8_t>(other));
}

[[nodiscard]] constexpr bool starts_jobs(Mode mode) {
    return (mode | Mode::Paused) != mode;
}

[[nodiscard]] constexpr bool takes_jobs(Mode mode) {
    return (mode | Mode::Draining) != mode;
}

[[nodiscard]] constexpr std::string_view name_of(Mode mode) {
    switch (mode) {
        case Mode::Running: return "running";
        case Mode::Paused: return "paused";
        case Mode::Draining: return "draining";
        case Mode::Disabled: return "disabled";
    }
    return "unknown";
}

struct ModeChange {
    std::string service;  // empty: all services, beside what each has of its own
    Mode mode = Mode::Running;

    bool operator==(const ModeChange&) const = default;
};

/// All in one transaction, or none.
struct SetModes {
    std::vector<ModeChange> changes;
};

/// A named limit: what the services that name it may do together.
struct LimitSettings {
    model::Label name;
    std::optional<std::uint32_t> at_once;  // jobs that run; at least 1
    std::optional<model::Rate> rate;       // starts
    std::vector<std::string> services;

    bool operator==(const LimitSettings&) const = default;
};

struct SetLimit {
    LimitSettings limit;
};

struct RemoveLimit {
    model::Label name;
};

/// What is unset stays as it is.
struct SetGroup {
    model::Label name;
    std::optional<std::uint32_t> weight;
    std::optional<std::uint32_t> limit;     // 0: none
    std::optional<base::Duration> spacing;  // between starts; 0: none
};

struct SetSchedule {
    model::Schedule schedule;
};

struct RemoveSchedule {
    model::Label name;
};

/// Opens a batch that jobs can name in their options. Opening one that is open changes nothing.
struct OpenBatch {
    model::Label name;  // made by whoever opens it: unique, such as 128 random bits
    std::optional<model::JobSpec> then;  // submitted when the batch is closed and its jobs ended
};

/// No more jobs will come.
struct CloseBatch {
    model::Label name;
};

/// The whole broker runs what it has for a while, then ends.
struct DrainBroker {};

using Request = std::variant<DrainBroker,
                             CancelJobs,
                             RetryDead,
                             DiscardDead,
                             PurgeQueue,
                             EditJob,
                             SetModes,
                             SetLimit,
                             RemoveLimit,
                             SetGroup,
                             SetSchedule,
                             RemoveSchedule,
                             OpenBatch,
                             CloseBatch>;

}  // namespace steward::core
