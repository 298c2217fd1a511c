// tests/sim: the words of the simulator's command line.
#pragma once

#include <optional>
#include <string>

#include "tests/sim/shrink.hpp"

namespace steward::sim {

struct Options {
    RunSpec first;
    std::uint64_t seeds = 1;
    bool trace = false;
    bool trace_hash = false;
    bool verbose = false;
    bool twice = false;
    bool shrink = false;
};

/// Nothing when a word is not understood; it has been told then, with the usage.
[[nodiscard]] std::optional<Options> parse_options(int argc, char** argv);
/// The command line that gives this run again.
[[nodiscard]] std::string command_line(const RunSpec& spec);

}  // namespace steward::sim
