// bench: what must not remain when the bench ends, however it ends: programs that it started and
// folders that it made.
#pragma once

#include <filesystem>
#include <sys/types.h>

namespace steward::bench::leftovers {

/// From now on SIGINT, SIGTERM and SIGHUP end the bench with nothing left behind. Call it first in
/// main: threads that were there before would take the signals.
void remove_on_signals();

void add_process(pid_t pid);  // leads a process group of its own
void forget_process(pid_t pid);
void add_folder(const std::filesystem::path& folder);
void remove_folder(const std::filesystem::path& folder);

}  // namespace steward::bench::leftovers
