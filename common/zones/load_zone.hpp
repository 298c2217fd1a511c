// common/zones: the one door to the time zone library (cctz) and, through it, to the system's time
// zone database. What comes out is a table that the pure rooms can use.
#pragma once

#include <string_view>

#include "common/base/expected.hpp"
#include "common/model/schedule.hpp"

namespace steward::zones {

/// The zone with this IANA name ("Europe/Berlin"): its changes from 1970 to 2100, after which its
/// last offset stays. UTC needs no database. Nothing is ever downloaded: the files are those of
/// $TZDIR or else of /usr/share/zoneinfo, each read once in a process.
/// Errors: BadOption naming the zone; also when the machine has no database, which it says.
/// Blocks: for one small file.
[[nodiscard]] base::Expected<model::Zone> load_zone(std::string_view name);

}  // namespace steward::zones
