// client/cli: the verbs of the program `steward`, one source file each. Each adds itself to the
// program; what it does is run later, when it is the one that was named.
#pragma once

#include "client/cli/settings.hpp"

namespace steward::cli {

void add_call(CLI::App& program, Invocation& invocation);      // runs a job, prints its result
void add_submit(CLI::App& program, Invocation& invocation);    // leaves jobs with the broker
void add_status(CLI::App& program, Invocation& invocation);    // all that is known of one job
void add_listings(CLI::App& program, Invocation& invocation);  // jobs, active, hist, workers, …
void add_broker(CLI::App& program, Invocation& invocation);    // the broker's figures
void add_ping(CLI::App& program, Invocation& invocation);      // how long a round trip takes

/// Reads the command line and does what it says. Returns the exit status.
[[nodiscard]] int run_program(int argc, const char* const* argv, Console& console);

}  // namespace steward::cli
