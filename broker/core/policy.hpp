// broker/core: the settings that decide how the core behaves. Values only; broker/app fills them in
// from the configuration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "broker/core/request.hpp"
#include "common/base/time.hpp"
#include "common/model/limits.hpp"
#include "common/model/options.hpp"
#include "common/model/schedule.hpp"

namespace steward::core {

using namespace std::chrono_literals;

/// What the configuration says of one service, which is thereby known.
struct ServicePolicy {
    std::string name;
    model::JobOptions defaults;  // of its jobs
    std::size_t jobs_max = 0;    // waiting or running; 0: Limits::jobs_per_service_max

    bool operator==(const ServicePolicy&) const = default;
};

/// What the configuration says of one group.
struct GroupPolicy {
    model::Label name;
    std::uint32_t weight = 1;
    std::uint32_t limit = 0;   // 0: none
    base::Duration spacing{};  // between starts; 0: none

    bool operator==(const GroupPolicy&) const = default;
};

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
    base::Duration result_ttl = 1h;       // how long an async job's result can be fetched
    base::Duration parts_ttl = 10s;       // how long its parts can, after its end
    std::size_t spill_jobs = 1024;        // neighbours in a queue that leave memory together
    std::vector<ServicePolicy> services;
    std::vector<GroupPolicy> groups;
    std::vector<LimitSettings> limits_named;
    std::vector<model::Schedule> schedules;
    model::Limits limits;

    bool operator==(const Policy&) const = default;
};

}  // namespace steward::core
