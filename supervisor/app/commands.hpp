// supervisor/app: what can be said to the supervisor, as JSON lines. docs/supervisor.md has them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/time.hpp"
#include "supervisor/app/control_server.hpp"
#include "supervisor/app/processes.hpp"
#include "supervisor/policy/fleet.hpp"

namespace steward::supervisor {

struct CommandParts {
    Fleet& fleet;
    Processes& processes;
    /// Reads the configuration again. What changed, or why it is refused.
    std::function<base::Expected<nlohmann::json>()> reload;
    /// Looks at the kill switch now. Why it cannot be read, or not understood.
    std::function<base::Expected<void>()> look_at_kill_switch;
    /// The jobs that each process runs, as far as the broker has told.
    std::function<std::map<ProcessId, std::vector<std::string>>()> jobs;
};

/// Thread: one.
class Commands {
public:
    explicit Commands(CommandParts parts) : parts_(std::move(parts)) {}

    /// One line: {"verb": …}. The answer has "ok", and "error" when that is false.
    [[nodiscard]] Reply handle(base::MonoTime now, const std::string& line);

    /// What was noted while commands were handled.
    [[nodiscard]] Actions take_actions() { return std::exchange(actions_, {}); }

    /// The names of the pools that `selection` is about. Errors: UnknownName.
    [[nodiscard]] base::Expected<Names> named(const Selection& selection) const;

private:
    [[nodiscard]] Reply answer_to(base::MonoTime now, const nlohmann::json& request);
    [[nodiscard]] Reply start(base::MonoTime now, const nlohmann::json& request);
    [[nodiscard]] Reply stop(base::MonoTime now, const nlohmann::json& request);
    [[nodiscard]] Reply refresh(base::MonoTime now, const nlohmann::json& request);
    [[nodiscard]] Reply change(base::MonoTime now,
                               const std::string& verb,
                               const nlohmann::json& request);
    [[nodiscard]] nlohmann::json processes(base::MonoTime now) const;
    [[nodiscard]] nlohmann::json row(base::MonoTime now,
                                     const Pool& pool,
                                     const Slot& slot,
                                     const Usage& usage) const;

    CommandParts parts_;
    Actions actions_;
};

}  // namespace steward::supervisor
