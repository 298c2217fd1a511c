// client/cli: gathers what `steward doctor` judges: asks the programs, the system and the broker.
// Changes nothing but a file of its own in the journal's folder, which it removes.
#pragma once

#include "client/cli/doctor_facts.hpp"
#include "client/cli/settings.hpp"

namespace steward::cli::doctor {

struct Place {
    std::string config = "/etc/steward/steward.toml";
    bool measures_disk = true;
};

/// Blocks: some seconds at most. What cannot be seen is left out, or said to be so in the facts.
[[nodiscard]] Facts look(const Place& place, const Settings& settings);

}  // namespace steward::cli::doctor
