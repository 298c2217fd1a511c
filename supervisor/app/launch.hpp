// supervisor/app: from a row of the configuration to what is run.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/app/settings.hpp"
#include "supervisor/process/guarded_process.hpp"

namespace steward::supervisor {

/// Where the broker that runs here listens, as it says itself.
struct BrokerPlace {
    std::string clients;  // tcp://HOST:PORT
    std::string workers;

    bool operator==(const BrokerPlace&) const = default;
};

/// Reads it from the line that steward-broker prints when it is ready.
[[nodiscard]] std::optional<BrokerPlace> place_in(std::string_view line);

struct LaunchPlace {
    std::string program_dir;
    std::string notify_socket;
    std::optional<BrokerPlace> broker;
    std::vector<std::string> environment;  // the supervisor's own
    keys::KeyFiles keys = {};              // for who speaks to a broker with keys
};

/// Whether such a process is told the broker's ports as it is started.
[[nodiscard]] bool is_told_broker(const PoolRow& row);

/// `name`: of the process, which it finds in STEWARD_PROCESS.
[[nodiscard]] Launch launch_of(const PoolRow& row, const std::string& name, const LaunchPlace& at);

}  // namespace steward::supervisor
