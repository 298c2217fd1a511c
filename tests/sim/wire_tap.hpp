// tests/sim: reads along what a broker says to its peers and tells the oracles.
#pragma once

#include "tests/sim/stage.hpp"

namespace steward::sim {

/// One message that `run` has sent to the peer behind `to`.
void tap_wire(
    const Stage& stage, BrokerRun run, app::Side side, LinkId to, const wire::Frames& frames);

}  // namespace steward::sim
