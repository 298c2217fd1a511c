// common/wire: the Majordomo Protocol 0.2 (RFC 18). Its bodies are opaque.
#pragma once

#include "common/wire/dialect.hpp"

namespace steward::wire {

[[nodiscard]] const Dialect& mdp02();

}  // namespace steward::wire
