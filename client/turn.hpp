// client: how long one broker of several may hold up the others. No clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "common/base/time.hpp"

namespace steward::client {

struct TurnRules {
    std::size_t brokers = 1;
    base::Duration connect_timeout{};  // how long a request waits for any of them
    base::Duration silence_max{};      // how long one may be silent that has answered
};

/// Of one broker, from the moment a connection is begun.
struct Turn {
    base::Duration answer_max{};  // until its first word
    base::Duration pause_max{};   // then, before the next one's turn
};

/// Turns are so short that each of several brokers has one within connect_timeout, however silent
/// those before it are. A single one has no other behind it: it may take as long as later on.
/// `pause`: what the pause would be without that.
[[nodiscard]] inline Turn turn_of(const TurnRules& rules, base::Duration pause) {
    // Less is no time to connect in; and turns of no length would follow each other without end.
    constexpr base::Duration kTurnMin = std::chrono::milliseconds(20);
    if (rules.brokers <= 1) {
        return {rules.silence_max, pause};
    }
    const base::Duration turn =
        std::max(rules.connect_timeout / static_cast<base::Duration::rep>(rules.brokers), kTurnMin);
    const base::Duration pause_max = std::min(pause, turn / 4);
    return {std::min(rules.silence_max, turn - pause_max), pause_max};
}

}  // namespace steward::client
