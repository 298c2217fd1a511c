// client/cli: the verbs of the program `steward`, one source file each. Each adds itself to the
// program; what it does is run later, when it is the one that was named.
#pragma once

#include "client/cli/settings.hpp"

namespace steward::cli {

void add_call(CLI::App& program, Invocation& invocation);     // runs a job, prints its result
void add_submit(CLI::App& program, Invocation& invocation);   // leaves jobs with the broker
void add_results(CLI::App& program, Invocation& invocation);  // what became of a job
void add_changes(CLI::App& program, Invocation& invocation);  // cancel, retry, discard, purge, edit
void add_modes(CLI::App& program, Invocation& invocation);    // pause, resume, drain, disable, …
void add_limits(CLI::App& program, Invocation& invocation);   // limits and groups
void add_schedule(CLI::App& program, Invocation& invocation);    // jobs by the calendar
void add_batch(CLI::App& program, Invocation& invocation);       // many jobs as one
void add_tail(CLI::App& program, Invocation& invocation);        // events as they happen
void add_top(CLI::App& program, Invocation& invocation);         // a live screen
void add_replay(CLI::App& program, Invocation& invocation);      // what a log says was not finished
void add_journal(CLI::App& program, Invocation& invocation);     // looks at a journal's files
void add_backup(CLI::App& program, Invocation& invocation);      // copies them
void add_completion(CLI::App& program, Invocation& invocation);  // scripts for shells
void add_keygen(CLI::App& program, Invocation& invocation);      // keys for whoever connects
void add_list(CLI::App& program, Invocation& invocation);        // jobs by state, group and so on
void add_why(CLI::App& program, Invocation& invocation);         // why a job is where it is
void add_status(CLI::App& program, Invocation& invocation);      // all that is known of one job
void add_listings(CLI::App& program, Invocation& invocation);    // jobs, active, hist, workers, …
void add_broker(CLI::App& program, Invocation& invocation);      // the broker's figures
void add_ps(CLI::App& program, Invocation& invocation);          // the supervisor's processes
void add_supervisor(CLI::App& program, Invocation& invocation);  // what it is told to do
void add_check(CLI::App& program, Invocation& invocation);       // a plugin for monitoring
void add_shutdown(CLI::App& program, Invocation& invocation);    // ends one, with the secret
void add_ping(CLI::App& program, Invocation& invocation);        // how long a round trip takes
void add_doctor(CLI::App& program, Invocation& invocation);      // looks at an installation

/// Reads the command line and does what it says. Returns the exit status.
[[nodiscard]] int run_program(int argc, const char* const* argv, Console& console);

}  // namespace steward::cli
