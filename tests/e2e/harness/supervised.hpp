// tests/e2e: a supervisor with a configuration, folders and ports of its own, and somebody at the
// command line who asks it. What it starts ends with it, and that is checked.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/e2e/harness/broker.hpp"
#include "tests/e2e/harness/process.hpp"

namespace steward::e2e {

class Supervised {
public:
    /// `config`: TOML behind the ports, folders and short times that a test wants. "$DIR" in it is
    /// the folder of this house.
    explicit Supervised(const std::string& config);
    /// Ends it, and fails the test when a process is left.
    ~Supervised();
    Supervised(const Supervised&) = delete;
    Supervised& operator=(const Supervised&) = delete;

    /// With heartbeats every second, unless the environment says otherwise.
    void start(const std::map<std::string, std::string>& environment = {});
    /// Another configuration, for a reload.
    void write_config(const std::string& config) const;

    [[nodiscard]] Process& process() { return *process_; }

    [[nodiscard]] std::string path(const std::string& name) const;
    /// A program of one line of shell, to be run by its path.
    std::string script(const std::string& name, const std::string& text) const;

    /// `steward ARGS…` against this supervisor and its broker.
    [[nodiscard]] Finished run(const std::vector<std::string>& args) const;
    /// What it prints; it must succeed.
    std::string say(const std::vector<std::string>& args) const;
    [[nodiscard]] std::vector<nlohmann::json> rows(const std::vector<std::string>& args) const;

    /// The rows of `steward ps`; none while nobody answers.
    [[nodiscard]] std::vector<nlohmann::json> ps() const;
    /// The row of one process; null when there is none.
    [[nodiscard]] nlohmann::json ps(const std::string& process) const;
    [[nodiscard]] pid_t pid_of(const std::string& process) const;
    /// How many of a pool's processes are in that state.
    [[nodiscard]] std::size_t count(const std::string& pool, const std::string& state) const;
    /// Whether it runs and its pid is known.
    [[nodiscard]] bool runs(const std::string& process) const;
    /// Waits until all that `ps` has are running, and there are so many.
    [[nodiscard]] bool all_run(std::size_t processes) const;

    /// Every process that this house has started, itself or by others, zombies aside: found by a
    /// mark in its environment.
    [[nodiscard]] std::vector<pid_t> living() const;

private:
    TempDirectory directory_;
    std::string mark_;  // in the environment of all that is started here
    int client_port_;
    int worker_port_;
    std::unique_ptr<Process> process_;
};

/// For a configuration: a broker as a server, at the house's ports.
[[nodiscard]] std::string broker_process();

}  // namespace steward::e2e
