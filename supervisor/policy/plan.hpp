// supervisor/policy: what a pool of processes should be like, as values. How a process is started
// is not known here, only when.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "common/base/time.hpp"

namespace steward::supervisor {

using namespace std::chrono_literals;

/// Servers are started first and stopped last.
enum class Kind : std::uint8_t { Server, Worker };

/// When a process that ended by itself is started again.
struct RestartRules {
    base::Duration pause_first = 1s;  // after the first crash; doubles with each further one
    base::Duration pause_max = 1min;
    base::Duration healthy_after = 10s;  // one that lived as long begins with the first pause again
    std::uint32_t crashes_max = 5;       // in a row, and it is said to be in a crash loop
    std::uint32_t restarts_max = 10;     // starts of one process within the window, for any reason
    base::Duration restart_window = 10s;
};

/// How many processes, by what waits for them. `min` == `max`: always as many.
struct ScaleRules {
    std::uint32_t min = 1;
    std::uint32_t max = 1;
    std::uint32_t depth = 10;          // waiting jobs for each process, and one more is wanted
    base::Duration wait = 5s;          // the same when the oldest has waited as long
    base::Duration up_every = 5s;      // between two steps up
    base::Duration down_after = 1min;  // without anything waiting, and one fewer is wanted
};

struct RefreshRules {
    base::Duration watch = 30s;  // how long the first ones are watched before the others follow
    std::uint32_t failures_percent = 10;  // of jobs, above what was before: the refresh halts
    std::uint32_t jobs_min = 20;          // jobs to have seen before that is judged
};

struct PoolPlan {
    std::string name;
    Kind kind = Kind::Worker;
    std::uint32_t count = 1;
    std::vector<std::string> services;
    std::vector<std::string> roles;
    bool says_ready = false;  // it tells when it is ready; else it is after ready_after
    base::Duration ready_after = 1s;
    base::Duration ready_max = 30s;    // not ready by then: nobody waits for it any longer
    base::Duration stop_grace = 30s;   // between the stop signal and SIGKILL
    base::Duration max_lifetime = 0s;  // 0: any
    RestartRules restart;
    ScaleRules scale;
    RefreshRules refresh;
    /// What a running process would have to be replaced for when it changes: program, arguments,
    /// user and so on as one text.
    std::string launch;
};

inline constexpr std::uint32_t kProcessesMax = 1'000;  // of one pool

}  // namespace steward::supervisor
