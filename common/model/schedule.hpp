// common/model: what a schedule is: a job submitted again and again at instants of the calendar.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/model/job.hpp"

namespace steward::model {

/// What becomes of instants that passed while the broker was down or its clock jumped.
enum class MissedRuns : std::uint8_t {
    Skip = 0,  // none of them is run
    Once = 1,  // one run for all of them
    All = 2,   // each, at most kMissedRunsMax
};

/// "skip", "once", "all".
[[nodiscard]] constexpr std::string_view name_of(MissedRuns missed) {
    switch (missed) {
        case MissedRuns::Skip: return "skip";
        case MissedRuns::Once: return "once";
        case MissedRuns::All: return "all";
    }
    return "unknown";
}

/// From `since` on local time is UTC + `offset`. In UTC there is one: {WallTime::min(), 0}.
struct ZoneChange {
    base::WallTime since{};
    base::Duration offset{};

    bool operator==(const ZoneChange&) const = default;
};

/// The rules of one time zone as a table, so that the pure rooms need no database. Ascending, not
/// empty; the first begins at WallTime::min().
struct Zone {
    std::string name = "UTC";
    std::vector<ZoneChange> changes = {{base::WallTime::min(), base::Duration::zero()}};

    bool operator==(const Zone&) const = default;
};

struct Schedule {
    Label name;
    std::string expression;  // five fields or @daily and its kin; checked
    Zone zone;
    MissedRuns missed = MissedRuns::Skip;
    JobSpec job;

    bool operator==(const Schedule&) const = default;
};

}  // namespace steward::model
