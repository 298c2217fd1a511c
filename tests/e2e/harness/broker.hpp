// tests/e2e: a real broker on free ports of the loopback with a temporary directory of its own, and
// the programs that speak to it. What a test starts here ends with it.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/e2e/harness/process.hpp"

namespace steward::e2e {

/// Removed with all its content when it goes.
class TempDirectory {
public:
    TempDirectory();
    ~TempDirectory();
    TempDirectory(const TempDirectory&) = delete;
    TempDirectory& operator=(const TempDirectory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    /// Writes a file into it and returns its path.
    std::string write(const std::string& name, const std::string& text) const;

private:
    std::filesystem::path path_;
};

struct BrokerOptions {
    std::map<std::string, std::string> environment;
    std::string config;             // TOML
    std::string program_directory;  // empty: this build's
};

struct Endpoints {
    std::string frontend;
    std::string backend;
    std::string news;
};

class Broker {
public:
    /// Starts it and waits for its ready line.
    explicit Broker(BrokerOptions options = {});

    [[nodiscard]] const Endpoints& endpoints() const { return endpoints_; }

    [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }

    [[nodiscard]] Process& process() { return *process_; }

    /// SIGKILL, as a power cut would: nothing is said to anybody.
    void kill();
    /// After kill() or its end: the same ports, the same data.
    void start_again(const std::vector<std::string>& more = {});
    /// What starts it, with `more` options behind. For one that is not to get ready.
    [[nodiscard]] CommandLine command(const std::vector<std::string>& more = {}) const;

    /// The lines of the lifecycle log, each a JSON object. Lines still being written are left out.
    [[nodiscard]] std::vector<nlohmann::json> lifecycle() const;
    /// How many lifecycle lines have this event and, unless empty, this service.
    [[nodiscard]] std::size_t count_events(const std::string& event,
                                           const std::string& service = {}) const;
    /// Waits until there are at least that many.
    [[nodiscard]] bool wait_for_events(std::size_t count,
                                       const std::string& event,
                                       const std::string& service = {}) const;
    /// Waits until mmi.service says that somebody serves it.
    void wait_until_served(const std::string& service) const;
    /// The JSON that a SERVER- request answers.
    [[nodiscard]] nlohmann::json ask(const std::string& request) const;

    /// A process of ours that works for this broker.
    [[nodiscard]] std::unique_ptr<Process> start_worker(
        const std::string& program,
        const std::vector<std::string>& args = {},
        const std::map<std::string, std::string>& environment = {}) const;
    /// The command line tool, run to its end or in the background.
    [[nodiscard]] CommandLine tool(const std::vector<std::string>& args) const;

private:
    void start(const std::vector<std::string>& more);

    BrokerOptions options_;
    TempDirectory directory_;
    Endpoints endpoints_;  // of each start: nobody else is given these ports between two
    std::unique_ptr<Process> process_;
};

}  // namespace steward::e2e
