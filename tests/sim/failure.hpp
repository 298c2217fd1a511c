// tests/sim: how a run ends when a promise was broken.
#pragma once

#include <string_view>

namespace steward::sim {

/// Prints what was promised and aborts. sim_main's handler adds the seed and the last trace lines.
[[noreturn]] void broken(std::string_view promise);

}  // namespace steward::sim
