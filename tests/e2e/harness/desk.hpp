// tests/e2e: a broker, workers, and somebody at the command line: what `steward` prints, as text
// and as JSON.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/harness/broker.hpp"

namespace steward::e2e {

using Args = std::vector<std::string>;

/// Exit statuses of `steward`, as its help tells them.
enum ToolStatus : ExitCode {
    kSuccess = 0,
    kJobFailed = 1,
    kUsage = 2,
    kTimeout = 3,
    kRefused = 4,
    kNoBroker = 5,
    kUnwritten = 8
};

/// For workers that are to go on once their job has stopped, however slowly it does.
inline constexpr const char* kLongGrace = "10s";

class Desk {
public:
    /// `config`: tables of TOML for the broker. Its own settings are that a job which is told to
    /// stop has this grace, and that nobody is waited for after a start.
    explicit Desk(const std::string& config = {}, const std::string& stop_grace = "500ms");

    [[nodiscard]] Broker& broker() { return broker_; }

    /// Starts a sample worker under the name `service` and waits until it is there.
    Process& start_worker(const char* program, const std::string& service, const Args& more = {});

    /// Ends the workers that were started, without a word.
    void kill_workers() { workers_.clear(); }

    /// Asks them to leave and waits until they have.
    void stop_workers();

    /// `steward ARGS…` run to its end.
    [[nodiscard]] Finished run(const Args& args) const;
    /// The same, with `input` to read from.
    [[nodiscard]] Finished run_with_input(const std::string& input, const Args& args) const;
    /// With a `--timeout` that passes: a short one, and a longer one as often as that was not
    /// enough to reach the broker and to end with `wanted`.
    [[nodiscard]] Finished run_out_of_time(const Args& args, ToolStatus wanted = kTimeout) const;
    /// What it prints. Fails the test case unless it ends with success and says nothing besides.
    std::string say(const Args& args) const;
    /// What `steward --json ARGS…` prints: one document, or one a line.
    [[nodiscard]] nlohmann::json ask(const Args& args) const;
    [[nodiscard]] std::vector<nlohmann::json> rows(const Args& args) const;
    /// The ids that a listing or `list` has, in its order.
    [[nodiscard]] Args ids(const Args& args) const;

    /// The id of a new job.
    [[nodiscard]] std::string submit(const std::string& service,
                                     const nlohmann::json& params = nlohmann::json::object(),
                                     const Args& more = {}) const;
    [[nodiscard]] std::string state(const std::string& id) const;
    /// Waits until the job is in that state.
    [[nodiscard]] bool reaches(const std::string& id, std::string_view wanted) const;
    /// The row of a service; null when the broker knows none.
    [[nodiscard]] nlohmann::json service(const std::string& name) const;

private:
    Broker broker_;
    std::vector<std::unique_ptr<Process>> workers_;
};

[[nodiscard]] bool has(std::string_view text, std::string_view part);
[[nodiscard]] bool has_all(std::string_view text, std::initializer_list<std::string_view> parts);
[[nodiscard]] Args lines_of(const std::string& text);
/// All of a file; empty when it is not there.
[[nodiscard]] std::string read_file(const std::string& path);

/// An id that no broker has given out.
inline constexpr const char* kUnknownJob = "01m80tq8qg0000000000000003";
inline constexpr const char* kUntilTold = R"({"seconds":600})";
inline const nlohmann::json kLong = nlohmann::json::parse(kUntilTold);

}  // namespace steward::e2e
