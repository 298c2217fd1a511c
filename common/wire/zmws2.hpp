// common/wire: ZMWS as its last release speaks: MDPC02 frames with the type as an ASCII digit.
#pragma once

#include "common/wire/dialect.hpp"

namespace steward::wire {

[[nodiscard]] const Dialect& zmws2();

}  // namespace steward::wire
