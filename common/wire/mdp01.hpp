// common/wire: the Majordomo Protocol 0.1 (RFC 7). Its bodies are opaque.
#pragma once

#include "common/wire/dialect.hpp"

namespace steward::wire {

[[nodiscard]] const Dialect& mdp01();

}  // namespace steward::wire
