// broker/core: the bytes of a spilled job: what was accepted and how it stands, both as facts with
// a length of 32 bits before them. Knows no policy.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "broker/core/record.hpp"
#include "broker/core/spill_store.hpp"

namespace steward::core {

struct SpilledJob {
    JobAccepted accepted;
    JobStands stands;
};

void put_spilled(std::string& out, JobAccepted&& accepted, JobStands&& stands);

/// Errors: Malformed.
[[nodiscard]] base::Expected<SpilledJob> get_spilled(std::string_view bytes);

/// Gives the jobs that `fact` tells of, in order, as they are now. `store` has opened the spill.
/// Errors: of the store and of `take`; Malformed.
[[nodiscard]] base::Expected<void> each_spilled(
    SpillStore& store,
    const JobsSpilled& fact,
    std::span<const SpillEntry> entries,
    const std::function<base::Expected<void>(SpilledJob&&)>& take);

}  // namespace steward::core
