// client/cli: the part of `steward disable` and `enable` that is this machine's: its kill switch.
#pragma once

#include <span>
#include <string>

#include "client/cli/console.hpp"
#include "client/cli/supervisor_link.hpp"
#include "client/control.hpp"

namespace steward::cli {

struct KillSwitchPlace {
    RunDir run_dir;
    std::string file;  // empty: kill-switch.json in the run folder, if that is there
};

/// Writes the changes, all in one step, and lets the supervisor look at them. Where there is
/// neither a run folder nor a file named, nothing is done. Errors: BadConfig, Io; also when it is
/// written and the supervisor says that it cannot read its own.
[[nodiscard]] base::Expected<void> change_kill_switch_here(
    const KillSwitchPlace& place, std::span<const client::ModeChange> changes);

}  // namespace steward::cli
