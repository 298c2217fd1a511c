// broker/app: where time zones come from, as a value: whoever makes a node says whether there is a
// database of them. Opens nothing.
#pragma once

#include <string_view>

#include "common/base/expected.hpp"
#include "common/model/schedule.hpp"

namespace steward::app {

/// The zone of this name.  Errors: BadOption naming it.
using ZoneSource = base::Expected<model::Zone> (*)(std::string_view name);

/// UTC and no other zone: needs no database.
[[nodiscard]] base::Expected<model::Zone> only_utc(std::string_view name);

}  // namespace steward::app
