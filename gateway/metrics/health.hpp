// gateway/metrics: whether the gateway is alive and whether it is of use, as answers for those who
// probe it. Values in, an answer out: who calls knows clocks and sockets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "gateway/message/message.hpp"

namespace steward::gateway {

/// How late the loop's own clock may tick before the gateway counts as hanging.
inline constexpr base::Duration kLoopLateMax = std::chrono::seconds(5);
/// How old the broker's last answer may be: three intervals of heartbeats.
inline constexpr base::Duration kAnswerAgeMax = std::chrono::seconds(15);

/// What the gateway knows of itself and of its broker.
struct Standing {
    bool is_connected = false;                 // with the broker, after its hello
    std::optional<base::Duration> answer_age;  // of the last thing heard of it; nothing: never
    bool is_draining = false;                  // the broker ends
    std::string mode;                          // of all services; empty: not known yet
    bool wants_tokens = false;                 // the configuration names a file of tokens
    bool has_tokens = false;                   // it was read
    bool is_ending = false;                    // the gateway itself was told to end
};

/// Why no job can be taken in through this gateway, for people; empty: it can.
[[nodiscard]] std::vector<std::string> not_ready_because(const Standing& standing);

/// GET /healthz: 200 while the process does its work, whatever its broker does; 503 when its loop
/// is `late`. {"status":"ok"} or {"status":"failing","reasons":[…]}.
[[nodiscard]] Response healthz(base::Duration late);

/// GET /readyz: 200 when a job that comes now would be taken in; else 503 with the reasons.
[[nodiscard]] Response readyz(const Standing& standing);

}  // namespace steward::gateway
