// client/cli: a job in words as one that is kept as a text: for schedules and the end of a batch.
#pragma once

#include <iosfwd>

#include "client/cli/job_flags.hpp"
#include "client/control.hpp"
#include "common/base/expected.hpp"

namespace steward::cli {

/// Errors: those of params_from_words() and of the options; BadParams for bytes that are no JSON.
[[nodiscard]] base::Expected<client::JobText> job_text(const JobWords& words, std::istream& input);

}  // namespace steward::cli
