// common/wire: ZMWS as its README documents it: JOB and PARAM frames, no header.
#pragma once

#include "common/wire/dialect.hpp"

namespace steward::wire {

[[nodiscard]] const Dialect& zmws1();

}  // namespace steward::wire
