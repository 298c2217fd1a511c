// client/cli: what `steward doctor` reads of the machine: files, folders, ports, clocks, the disk's
// speed. One question each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/cli/doctor_facts.hpp"

namespace steward::cli::doctor {

[[nodiscard]] FolderFact look_at_folder(std::string setting, std::string path);
[[nodiscard]] SecretFact look_at_secret(std::string setting, std::string path);
/// The keys in the clients' folder, as the broker would take them.
[[nodiscard]] KeysFact look_at_keys(const std::string& folder);
/// Whom systemd runs `unit` as ("steward-broker"), if that reads the configuration `config`; else
/// empty. Drop-ins are not looked at.
[[nodiscard]] std::string user_of_unit(const std::string& unit, const std::string& config);
/// Whether somebody listens there, at an address of this machine as a number.
[[nodiscard]] bool is_port_taken(const std::string& address, std::uint16_t port);
/// Whether who listens there speaks HTTP. Blocks: two seconds at most.
[[nodiscard]] bool answers_http(const std::string& address, std::uint16_t port);
/// Writes and syncs small blocks of a file in `folder`, for half a second at most.
[[nodiscard]] SyncFact measure_syncs(const std::string& folder);
[[nodiscard]] MachineFact look_at_machine();
/// Whether a process of this program runs whose file was replaced since. False where that cannot be
/// seen.
[[nodiscard]] bool runs_replaced(std::string_view program);

}  // namespace steward::cli::doctor
