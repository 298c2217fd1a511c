// broker/core: the facts a journal keeps of durable jobs. Facts, never commands: next year's policy
// must be able to read them. Which worker, heartbeats and credit are not facts and are not kept.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/core/request.hpp"
#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/model/job.hpp"

namespace steward::core {

struct JobAccepted {
    model::JobId id;
    model::SubmissionId submission;
    base::WallTime at{};
    model::JobSpec spec;
    model::Label schedule;     // that submitted it; empty: a client did
    base::WallTime instant{};  // of the schedule, which is thereby done
    model::Label ends_batch;   // it is what was to follow this batch, which is thereby done
    model::Label owner{};      // empty: nobody

    bool operator==(const JobAccepted&) const = default;
};

struct AttemptStarted {
    model::Attempt attempt;
    base::WallTime at{};

    bool operator==(const AttemptStarted&) const = default;
};

/// The attempt is over and the job is not: it waits until `due` (now, or after its backoff).
struct AttemptFailed {
    model::Attempt attempt;
    base::WallTime at{};
    base::WallTime due{};
    std::string text;
    bool was_lost = false;  // the worker was lost, nothing failed

    bool operator==(const AttemptFailed&) const = default;
};

/// The worker gave the attempt back unstarted: it does not count, its number will be used again.
struct AttemptReturned {
    model::Attempt attempt;

    bool operator==(const AttemptReturned&) const = default;
};

/// The worker asked for another time: the attempt does not count as a failure.
struct AttemptSnoozed {
    model::Attempt attempt;
    base::WallTime due{};

    bool operator==(const AttemptSnoozed&) const = default;
};

/// It is not to run again, whatever becomes of the attempt that still runs.
struct JobCancelled {
    model::JobId id;
    base::WallTime at{};

    bool operator==(const JobCancelled&) const = default;
};

/// A waiting job was changed: by an operator, or by a submission that replaced it.
struct JobEdited {
    model::JobId id;
    std::int32_t priority = 0;
    base::WallTime due{};  // of a scheduled one
    std::optional<model::Payload> params;
    std::optional<base::Blob> meta;

    bool operator==(const JobEdited&) const = default;
};

/// One that `id` waits for has succeeded and leaves no fact of its own (it was not durable).
struct DependencyMet {
    model::JobId id;
    model::JobId dependency;

    bool operator==(const DependencyMet&) const = default;
};

/// With Dead the job stays, as a dead letter, until JobRetried or JobDiscarded.
struct JobEnded {
    model::JobId id;
    model::JobState state = model::JobState::Succeeded;
    base::WallTime at{};
    std::string text;
    model::Payload result;  // of one whose result can be fetched
    std::uint32_t failures = 0;
    std::uint32_t losses = 0;

    bool operator==(const JobEnded&) const = default;
};

struct JobRetried {
    model::JobId id;
    base::WallTime at{};
    std::vector<model::JobId> after = {};  // what it waits for now; earlier releases did not tell

    bool operator==(const JobRetried&) const = default;
};

struct JobDiscarded {
    model::JobId id;

    bool operator==(const JobDiscarded&) const = default;
};

struct ModesChanged {
    std::vector<ModeChange> changes;

    bool operator==(const ModesChanged&) const = default;
};

struct LimitSet {
    LimitSettings limit;

    bool operator==(const LimitSet&) const = default;
};

struct LimitRemoved {
    model::Label name;

    bool operator==(const LimitRemoved&) const = default;
};

/// All settings of the group as they are now; 0: none.
struct GroupSet {
    model::Label name;
    std::uint32_t weight = 1;
    std::uint32_t limit = 0;
    base::Duration spacing{};

    bool operator==(const GroupSet&) const = default;
};

/// When another of this name was there and had the same expression and zone, its mark stays.
struct ScheduleSet {
    model::Schedule schedule;
    base::WallTime at{};         // else: instants up to this one are none of its
    bool is_configured = false;  // the configuration brought it
    model::Label owner = {};     // of its jobs: the name of the key that set it

    bool operator==(const ScheduleSet&) const = default;
};

struct ScheduleRemoved {
    model::Label name;

    bool operator==(const ScheduleRemoved&) const = default;
};

/// Instants up to this one are done, by jobs that are not durable or by being skipped.
struct ScheduleMoved {
    model::Label name;
    base::WallTime instant{};

    bool operator==(const ScheduleMoved&) const = default;
};

struct BatchOpened {
    model::Label name;
    base::WallTime at{};
    std::optional<model::JobSpec> then;
    model::Label owner{};

    bool operator==(const BatchOpened&) const = default;
};

struct BatchClosed {
    model::Label name;
    model::Label owner{};

    bool operator==(const BatchClosed&) const = default;
};

/// Its last job has ended and no job was to follow.
struct BatchEnded {
    model::Label name;
    model::Label owner{};

    bool operator==(const BatchEnded&) const = default;
};

// ---- how things stand: only in checkpoints, which take the place of the facts before them ----

/// What became of a job's last attempt: whether a worker that brings it back is believed.
enum class AttemptFate : std::uint8_t {
    Open,  // nothing, as far as is known
    Lost,  // its worker was lost, and counted
    Over,  // it failed, was given back or asked for another time
};

/// Of a job that JobAccepted told of just before. A dead letter's JobEnded follows.
struct JobStands {
    model::JobId id;
    std::uint32_t attempt = 0;
    AttemptFate fate = AttemptFate::Open;
    bool is_active = false;  // the attempt goes on, as far as is known
    bool is_cancelling = false;
    std::uint32_t failures = 0;
    std::uint32_t losses = 0;
    std::uint32_t failures_max = 1;
    std::uint32_t losses_max = 1;
    base::WallTime due{};
    std::optional<base::WallTime> expires;
    base::WallTime started_at{};
    std::string text;

    bool operator==(const JobStands&) const = default;
};

/// Waiting jobs of one lane, in its order, that lie in a spill. JobAccepted tells of none of them.
struct JobsSpilled {
    std::uint64_t spill = 0;
    model::ServiceName service;
    model::JobOptions options;        // channel, priority, and the group with its settings
    std::uint32_t count = 0;          // jobs that still wait in it
    std::vector<std::uint16_t> gone;  // the other ones' places in it
    model::Label owner{};             // of all of them

    bool operator==(const JobsSpilled&) const = default;
};

/// The end of a job that is forgotten otherwise, for those who fetch it.
struct ResultKept {
    model::JobId id;
    model::ServiceName service;
    model::JobState state = model::JobState::Succeeded;
    std::int32_t priority = 0;
    std::uint32_t attempt = 0;
    std::string text;
    model::Payload result;
    base::WallTime accepted_at{};
    base::WallTime started_at{};
    base::WallTime ended_at{};
    base::WallTime forget_at{};
    model::Label channel;
    model::Label context;
    model::Label group;
    model::Label batch;
    model::Label owner{};

    bool operator==(const ResultKept&) const = default;
};

/// The submissions of durable jobs of one client session that may be sent again.
struct SubmissionsSeen {
    struct One {
        std::uint64_t number = 0;
        model::JobId job;

        bool operator==(const One&) const = default;
    };

    std::uint64_t session = 0;
    std::uint64_t base = 0;  // those below are acknowledged
    std::vector<One> seen;

    bool operator==(const SubmissionsSeen&) const = default;
};

/// Of a batch that BatchOpened told of, after all facts of its jobs.
struct BatchStands {
    model::Label name;
    std::uint64_t total = 0;
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
    bool is_closed = false;
    std::optional<base::WallTime> ended_at;
    std::optional<model::JobId> followed_by;
    model::Label owner{};

    bool operator==(const BatchStands&) const = default;
};

/// JobAccepted of jobs that came together and are alike but for their params. Their ids follow each
/// other.
struct JobsAccepted {
    struct One {
        std::uint64_t submission = 0;  // number in the session
        model::Payload params;

        bool operator==(const One&) const = default;
    };

    model::JobId first;
    std::uint64_t session = 0;
    base::WallTime at{};
    model::ServiceName service;
    model::JobOptions options;
    model::Label owner;
    std::vector<One> jobs;

    bool operator==(const JobsAccepted&) const = default;
};

/// AttemptStarted of jobs of one epoch, at one instant.
struct AttemptsStarted {
    struct One {
        std::uint64_t job = 0;  // number in the epoch
        std::uint32_t attempt = 0;

        bool operator==(const One&) const = default;
    };

    std::uint64_t epoch = 0;
    base::WallTime at{};
    std::vector<One> attempts;

    bool operator==(const AttemptsStarted&) const = default;
};

/// JobEnded of jobs of one epoch, at one instant, that succeeded without a word and were never lost
/// nor failed before.
struct JobsSucceeded {
    struct One {
        std::uint64_t job = 0;  // number in the epoch
        model::Payload result;

        bool operator==(const One&) const = default;
    };

    std::uint64_t epoch = 0;
    base::WallTime at{};
    std::vector<One> jobs;

    bool operator==(const JobsSucceeded&) const = default;
};

/// The last instant of the schedule that was run, and its job.
struct ScheduleRan {
    model::Label name;
    base::WallTime instant{};
    model::JobId job;

    bool operator==(const ScheduleRan&) const = default;
};

using Record = std::variant<JobAccepted,
                            AttemptStarted,
                            AttemptFailed,
                            AttemptReturned,
                            AttemptSnoozed,
                            JobCancelled,
                            JobEdited,
                            DependencyMet,
                            JobEnded,
                            JobRetried,
                            JobDiscarded,
                            ModesChanged,
                            LimitSet,
                            LimitRemoved,
                            GroupSet,
                            ScheduleSet,
                            ScheduleRemoved,
                            ScheduleMoved,
                            BatchOpened,
                            BatchClosed,
                            BatchEnded,
                            JobStands,
                            ResultKept,
                            SubmissionsSeen,
                            BatchStands,
                            ScheduleRan,
                            JobsSpilled,
                            JobsAccepted,
                            AttemptsStarted,
                            JobsSucceeded>;

/// Gives each fact of a record to `visit`, in order: those of neighbours one by one, any other as
/// it is. Errors: the first of `visit`, which ends it.
[[nodiscard]] base::Expected<void> each_fact(
    Record&& record, const std::function<base::Expected<void>(Record&&)>& visit);

}  // namespace steward::core
