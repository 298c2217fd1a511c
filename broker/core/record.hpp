// broker/core: the facts a journal keeps of durable jobs. Facts, never commands: next year's policy
// must be able to read them. Which worker, heartbeats and credit are not facts and are not kept.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/model/job.hpp"

namespace steward::core {

struct JobAccepted {
    model::JobId id;
    model::SubmissionId submission;
    base::WallTime at{};
    model::JobSpec spec;

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

    bool operator==(const AttemptFailed&) const = default;
};

/// The worker gave the attempt back unstarted: it does not count, its number will be used again.
struct AttemptReturned {
    model::Attempt attempt;

    bool operator==(const AttemptReturned&) const = default;
};

struct JobEnded {
    model::JobId id;
    model::JobState state = model::JobState::Succeeded;
    base::WallTime at{};
    std::string text;

    bool operator==(const JobEnded&) const = default;
};

using Record = std::variant<JobAccepted, AttemptStarted, AttemptFailed, AttemptReturned, JobEnded>;

}  // namespace steward::core
