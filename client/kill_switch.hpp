// client: the kill switch of this machine: a small JSON file with the services whose workers are
// not to be started here. Operators' tools write it, the supervisor obeys it. Knows no broker.
#pragma once

#include <set>
#include <span>
#include <string>

#include "common/base/expected.hpp"

namespace steward::client {

struct KillSwitch {
    bool is_global = false;  // no worker at all
    std::set<std::string> services = {};

    bool operator==(const KillSwitch&) const = default;
};

struct KillSwitchChange {
    std::string service = {};  // empty: the global one
    bool is_off = false;
};

/// No file: nothing is switched off. Errors: BadConfig for one that cannot be understood; Io.
[[nodiscard]] base::Expected<KillSwitch> read_kill_switch(const std::string& path);

/// All changes in one step, under a lock, on the disk when this returns. Errors: as above, and
/// then nothing is changed.
[[nodiscard]] base::Expected<KillSwitch> change_kill_switch(
    const std::string& path, std::span<const KillSwitchChange> changes);

}  // namespace steward::client
