// client/cli: lines of jobs submitted as they are read, many at a time.
#pragma once

#include <cstdint>
#include <iosfwd>

#include "client/cli/batch_lines.hpp"
#include "client/cli/settings.hpp"

namespace steward::cli {

struct Fed {
    std::uint64_t submitted = 0;
    std::uint64_t skipped = 0;
};

/// Submits each line of `input` into the batch. What the broker has no room for is offered again
/// until the time-out has passed without any success. The first line that is no job, or that is
/// refused for good, ends it; what stands before a line that is no job is submitted. With
/// `keeps_going` such lines are reported and left out.
[[nodiscard]] base::Expected<Fed> feed_batch(Console& console,
                                             client::Batch& batch,
                                             std::istream& input,
                                             const LineRules& rules,
                                             base::Duration patience,
                                             bool keeps_going);

}  // namespace steward::cli
