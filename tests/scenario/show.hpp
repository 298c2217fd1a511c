// tests/scenario: effects in words, one line each.
#pragma once

#include <string>

#include "broker/core/effect.hpp"
#include "tests/scenario/cast.hpp"

namespace steward::scenario {

/// Every effect as an indented line, in the order: journal, events, sends, notes, stop.
[[nodiscard]] std::string show(const core::Effects& effects, const Cast& cast);

}  // namespace steward::scenario
