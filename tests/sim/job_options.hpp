// tests/sim: what clients ask for beside the job itself, within what the plan of a run has.
#pragma once

#include <string>
#include <vector>

#include "common/model/job.hpp"
#include "tests/sim/stage.hpp"

namespace steward::sim {

/// Keys that unique jobs may have; with each the channel is none.
[[nodiscard]] const std::vector<std::string>& unique_keys();
/// Beside the default one.
[[nodiscard]] const std::vector<std::string>& channels();

/// Fills in options of the kinds that exist in this run. A group always has the same bounds, so
/// that oracles know them.
void draw_options(Stage& stage, model::JobOptions& options);

}  // namespace steward::sim
