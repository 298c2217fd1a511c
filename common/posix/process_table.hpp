// common/posix: the processes of this machine as /proc tells them, who is whose descendant, and
// signals that cannot reach the wrong one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <sys/types.h>
#include <vector>

#include "common/base/time.hpp"

namespace steward::posix {

struct ProcessRow {
    pid_t pid = 0;
    pid_t parent = 0;
    char state = '?';               // as in ps: R, S, D, T, Z …
    std::uint64_t start_ticks = 0;  // with the pid, this names a process for good
    base::Duration cpu{};           // used so far
    std::uint64_t resident_bytes = 0;
};

/// One process. Nothing: there is none, or it is ending.
[[nodiscard]] std::optional<ProcessRow> read_process(pid_t pid);
/// All of them in the order of their parents, each as it was at some instant while this read.
[[nodiscard]] std::vector<ProcessRow> read_processes();
/// Those of `all` that `root` has started, and what these have started, and so on; parents first.
/// Pre: `all` is in the order of parents, as read_processes() gives it.
[[nodiscard]] std::vector<ProcessRow> descendants_of(pid_t root, std::span<const ProcessRow> all);

/// Sends it to this very process: one that has got its pid meanwhile is never hit. False: it is
/// gone, or belongs to somebody else.
bool signal_exactly(const ProcessRow& process, int signal);

}  // namespace steward::posix
