// client: what comes back of a submission.
#pragma once

#include <optional>

#include "client/answer.hpp"
#include "common/base/expected.hpp"
#include "common/model/job.hpp"

namespace steward::client {

struct Submitted {
    model::JobId job;
    /// The job was there before: it has the same unique key. Not known when `answer` came.
    bool is_duplicate = false;
    /// Set when the job ended within the wait: its answer, or JobFailed, JobDead, JobExpired,
    /// JobCancelled.
    std::optional<base::Expected<Answer>> answer = std::nullopt;
};

}  // namespace steward::client
