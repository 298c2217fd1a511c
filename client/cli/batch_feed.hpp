// client/cli: lines of jobs submitted as they are read, many at a time.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>

#include "client/cli/batch_lines.hpp"
#include "client/cli/batch_piece.hpp"
#include "client/cli/settings.hpp"

namespace steward::cli {

struct Fed {
    std::uint64_t submitted = 0;
    std::uint64_t skipped = 0;
    std::optional<BatchStop> stop;  // nothing: to the end of the input
};

/// Submits each line of `input` into the batch. What the broker has no room for is offered again
/// until the time-out has passed without any success. The first line that is no job, or that is
/// refused for good, ends it; what stands before it is submitted. Lines go many at a time: if some
/// behind a refused one are submitted too, the stop says which. With `keeps_going` such lines are
/// reported and left out; a broker that does not answer ends it all the same.
[[nodiscard]] Fed feed_batch(Console& console,
                             client::Batch& batch,
                             std::istream& input,
                             const LineRules& rules,
                             base::Duration patience,
                             bool keeps_going);

}  // namespace steward::cli
