// client/cli: one question to the supervisor of this machine, over its control socket.
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "client/cli/settings.hpp"
#include "common/base/expected.hpp"
#include "common/base/time.hpp"

namespace CLI {
class App;
}

namespace steward::cli {

/// The run folder of a supervisor: `--run-dir`, else STEWARD_RUN_DIR, else `run`, or where there is
/// none the folder of an installed one.
struct RunDir {
    static constexpr const char* kHere = "run";
    static constexpr const char* kInstalled = "/run/steward";

    std::string path = kHere;

    [[nodiscard]] std::string socket() const;
};

void add_run_dir(CLI::App& verb, RunDir& run_dir);

/// Sends one line of JSON and waits for the line that answers it. Errors: Disconnected, nobody
/// listens there; Timeout; what the supervisor refuses with.
[[nodiscard]] base::Expected<nlohmann::json> ask_supervisor(const RunDir& run_dir,
                                                            const nlohmann::json& request,
                                                            base::Duration timeout);

/// Prints an answer as show_report() does; an error with advice on supervisors, not on brokers.
[[nodiscard]] int show_answer(Console& console,
                              const Settings& settings,
                              const base::Expected<nlohmann::json>& answer,
                              const std::function<void(const nlohmann::json&)>& print);

}  // namespace steward::cli
