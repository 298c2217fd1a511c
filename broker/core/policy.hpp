// broker/core: the settings that decide how the core behaves. Values only; broker/app fills them in
// from the configuration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "common/model/limits.hpp"

namespace steward::core {

using namespace std::chrono_literals;

struct Policy {
    std::uint16_t broker_id = 0;
    base::Duration heartbeat_interval = 5s;      // ZMWS HEARTBEAT_INTERVAL
    std::uint32_t heartbeat_tries = 3;           // ZMWS HEARTBEAT_MAXTRIES; missed before dead
    base::Duration settle = 3s;                  // after a start: resends and unknown services wait
    base::Duration unknown_service_hold = 5min;  // MDP jobs for services nobody announced
    base::Duration ahead = 10ms;                 // work given to a worker ahead of time; 0: none
    base::Duration time_limit = 30min;           // of one attempt
    base::Duration stop_grace = 5s;              // between "stop" and the end of an overdue attempt
    std::uint32_t max_attempts_async = 5;
    std::uint32_t max_attempts_sync = 1;  // counts failures
    std::uint32_t max_losses = 5;         // lost workers, sync or async; then dead
    base::Duration backoff_first = 1s;    // doubles up to backoff_max, with jitter
    base::Duration backoff_max = 1h;
    base::Duration session_idle = 10min;  // resends are recognised that long after silence
    base::Duration drain_limit = 10s;     // a draining broker runs what waits for so long
    std::vector<std::string> services;    // named by the configuration: never unknown
    model::Limits limits;

    bool operator==(const Policy&) const = default;
};

}  // namespace steward::core
