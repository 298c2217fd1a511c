// supervisor/process: run/NAME.pid: "pid start-time", which together name a process for good.
#pragma once

#include <optional>
#include <string>

#include "common/base/expected.hpp"
#include "common/posix/process_table.hpp"

namespace steward::supervisor {

/// Replaces the file in one step. Errors: Io.
[[nodiscard]] base::Expected<void> write_pid_file(const std::string& path,
                                                  const posix::ProcessRow& process);

enum class PidFile { None, Stale, Running };

/// Whether there is one, and whether its process still runs.
[[nodiscard]] PidFile look_at_pid_file(const std::string& path);

}  // namespace steward::supervisor
