// client/cli: what of a journal is alive: its facts given to the core of a broker that does nothing
// else, which tells what they amount to.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "broker/core/core.hpp"
#include "client/cli/journal_spills.hpp"
#include "common/base/time.hpp"

namespace steward::cli {

/// Bound: memory as a broker's that holds these jobs.
class LiveState {
public:
    /// `spills` are those that the facts are about, and outlive this.
    LiveState(const base::Now& now, JournalSpills& spills);

    /// Spilled jobs that are lost are left out, and what else is told of them.
    /// Errors: Malformed when the fact contradicts those before it: a broker does not start.
    [[nodiscard]] base::Expected<void> take(const core::Record& fact);

    /// The facts that all of it amounts to, as a checkpoint of it would have them if no job were
    /// spilled.
    [[nodiscard]] base::Expected<void> each(
        const std::function<base::Expected<void>(const core::Record&)>& put) const;

private:
    JournalSpills& spills_;
    core::Core core_;
};

/// Counts what is alive.
class LiveCounts {
public:
    explicit LiveCounts(base::WallTime now) : now_(now) {}

    /// In the order in which LiveState gives them.
    void count(const core::Record& fact);

    /// {"jobs": [{"service": …, "state": …, "jobs": n}, …], "results": n, "schedules": [names],
    /// "limits": [names], "groups": [names], "batches": n, "modes": [{"service", "mode"}, …]}
    [[nodiscard]] nlohmann::json report() const;

private:
    base::WallTime now_;
    std::map<std::pair<std::string, std::string>, std::uint64_t> jobs_;  // by service and state
    std::uint64_t results_ = 0;
    std::uint64_t batches_ = 0;
    nlohmann::json schedules_ = nlohmann::json::array();
    nlohmann::json limits_ = nlohmann::json::array();
    nlohmann::json groups_ = nlohmann::json::array();
    nlohmann::json modes_ = nlohmann::json::array();
    std::string service_;  // of the job that was told last
    bool waits_for_others_ = false;
    std::string state_;
};

}  // namespace steward::cli
