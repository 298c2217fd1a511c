// client/cli: unfinished jobs of a lifecycle log given to a broker again, in an order in which they
// can be taken.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/replay_plan.hpp"
#include "client/client.hpp"
#include "client/resubmit.hpp"

namespace steward::cli {

/// What has become of one job.
struct Replayed {
    enum class Outcome : std::uint8_t {
        Known,        // the broker still has it, or its result
        Call,         // somebody waited for it and does no more
        Expired,      // it would not have been started any more
        Due,          // dry run: it would be submitted
        Resubmitted,  // the broker has it as `as`
        Refused,      // `error`
        Unanswered,   // `error`: taken long ago, most likely
    };

    UnfinishedJob job;
    Outcome outcome = Outcome::Due;
    std::string state;  // Known: as the broker says
    model::JobId as;
    bool is_duplicate = false;
    base::Error error;
};

[[nodiscard]] std::string_view name_of(Replayed::Outcome outcome);

struct ReplayRules {
    bool is_dry_run = false;
    bool takes_calls = false;
    base::WallTime now{};
};

/// How jobs reach a broker; in tests something else.
struct ReplayDoors {
    /// The state of each job that the broker knows.
    std::function<base::Expected<std::vector<std::optional<std::string>>>(
        const std::vector<model::JobId>&)>
        states;
    std::function<base::Expected<std::vector<base::Expected<client::Submitted>>>(
        std::vector<client::Resubmit>)>
        resubmit;
};

/// Goes through the jobs and calls `tell` once for each, as soon as it is known. A job comes after
/// those that it waits for, and waits for what they have become.
/// Errors: those of the doors; then some may have been told and some not.
[[nodiscard]] base::Expected<void> replay(const ReplayLog& log,
                                          std::vector<UnfinishedJob> jobs,
                                          const ReplayRules& rules,
                                          const ReplayDoors& doors,
                                          const std::function<void(const Replayed&)>& tell);

}  // namespace steward::cli
