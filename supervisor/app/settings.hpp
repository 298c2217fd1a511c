// supervisor/app: every setting of the supervisor, and the table that describes them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/config/schema.hpp"
#include "common/keys/own_key.hpp"
#include "supervisor/policy/plan.hpp"

namespace steward::supervisor {

/// Which pools: by name, or those of a kind and with a role; all when nothing is said.
struct Selection {
    std::vector<std::string> pools = {};
    std::string kind = {};  // "server", "worker" or empty
    std::vector<std::string> roles = {};

    [[nodiscard]] bool has(const PoolPlan& plan) const;

    /// Nothing of it narrows anything.
    [[nodiscard]] bool is_all() const { return pools.empty() && kind.empty() && roles.empty(); }
};

/// A pool as it is written.
struct PoolRow {
    std::string name;
    std::string kind = "worker";
    std::string program;
    std::vector<std::string> args;
    std::string count = "1";  // or "auto"
    std::optional<std::uint32_t> min;
    std::optional<std::uint32_t> max;
    std::vector<std::string> services;
    std::vector<std::string> roles;
    std::vector<std::string> env;
    std::string directory;
    std::string user;
    std::string group;
    std::string nice;
    std::vector<std::string> limits;
    std::optional<std::size_t> memory_limit;
    std::optional<std::size_t> max_jobs;
    base::Duration max_lifetime = 0s;
    std::string stop_signal = "TERM";
    base::Duration stop_grace = 1min;
    bool notify = false;
    base::Duration watchdog = 0s;
    bool port_flags = true;
    std::uint32_t scale_depth = 10;
    base::Duration scale_wait = 5s;
};

/// Defaults.
struct SupervisorSettings {
    std::string run_dir = "run";
    std::string log_dir = "logs";
    std::string program_dir;
    std::string broker;
    keys::KeyFiles keys;
    std::string kill_switch = "kill-switch.json";
    std::string log_level = "info";
    std::size_t log_bytes_max = 64UL << 20U;
    std::uint32_t log_files = 8;
    base::Duration sample_every = 2s;
    base::Duration ready_after = 1s;
    base::Duration ready_max = 30s;
    RestartRules restart;
    ScaleRules scale;
    RefreshRules refresh;
    std::vector<PoolRow> pools;      // of [[pool]]
    std::vector<PoolRow> processes;  // of [[process]], the same
    PoolRow scratch;                 // holds nothing between two uses

    [[nodiscard]] std::string run_path(std::string_view name) const;
    [[nodiscard]] std::string log_path(std::string_view name) const;
    [[nodiscard]] std::string kill_switch_path() const;
    /// Of [[process]], then of [[pool]].
    [[nodiscard]] std::vector<const PoolRow*> rows() const;
};

/// The table over `settings`, which must stay where it is.
[[nodiscard]] config::Schema schema_of(SupervisorSettings& settings);

/// The file's values, and stronger than it STEWARD_RUN_DIR, STEWARD_LOG_DIR and STEWARD_BIN_DIR
/// through `look_up` (std::getenv). Errors: BadConfig, naming every mistake with its place; Io.
[[nodiscard]] base::Expected<std::unique_ptr<SupervisorSettings>> load_settings(
    const std::string& file, char* (*look_up)(const char*));

/// How many processes a row starts with. `processors`: what "auto" is.
[[nodiscard]] std::uint32_t count_of(const PoolRow& row, std::uint32_t processors);
/// The row as the policy wants it.
[[nodiscard]] PoolPlan plan_of(const PoolRow& row,
                               const SupervisorSettings& settings,
                               std::uint32_t processors);
/// TERM, INT, HUP, QUIT, KILL, USR1, USR2.
[[nodiscard]] int signal_number(std::string_view name);

/// One line for each process that is started at first: name, kind, program and arguments with tabs
/// between, for scripts.
[[nodiscard]] std::string processes_text(const SupervisorSettings& settings,
                                         const Selection& selection,
                                         std::uint32_t processors);

}  // namespace steward::supervisor
