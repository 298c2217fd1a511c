// worker/exec: what a command finds about its job in the environment: STEWARD_JOB_ID and its kin.
#pragma once

#include <string>
#include <vector>

#include "common/base/expected.hpp"
#include "worker/job.hpp"

namespace steward::worker::exec {

/// NAME=VALUE for each; those that a job does not have are left out. Meta is there as a whole, as
/// JSON in STEWARD_JOB_META, and each entry as STEWARD_JOB_META_NAME: upper case, what is neither
/// letter nor digit as an underline.
/// Errors: BadParams: a zero byte in one of them.
[[nodiscard]] base::Expected<std::vector<std::string>> environment_of(const Job& job);

}  // namespace steward::worker::exec
