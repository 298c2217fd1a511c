// broker/app: jobs that are kept until the broker submits them itself: those of schedules and those
// that follow a batch. Nobody waits for such a job, and its instant is not its own.
#pragma once

#include <optional>

#include "common/base/expected.hpp"
#include "common/model/options.hpp"

namespace steward::app {

/// What such a job may not have: sync, wait, run_at, after, batch.
/// Errors: BadOption, naming it.
[[nodiscard]] std::optional<base::Error> kept_job_fault(const model::JobOptions& options);

}  // namespace steward::app
