// worker/exec: all processes that descend from this one, as /proc tells. Whoever made itself a
// session or a process group of its own, or lost its parent, is among them: the keeper is the
// subreaper, to whom the orphans below it come.
#pragma once

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace steward::worker::exec {

/// Children, their children and so on, zombies included. Bound: what the system runs.
[[nodiscard]] std::vector<pid_t> descendants();

/// Bytes of them that are in memory; what several share counts for each of them.
[[nodiscard]] std::uint64_t resident_bytes_of(const std::vector<pid_t>& processes);

/// SIGKILL to each, if it still descends from this process: a pid that was given to somebody else
/// meanwhile is not hit.
void kill_all(const std::vector<pid_t>& processes);

}  // namespace steward::worker::exec
