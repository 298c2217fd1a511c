// broker/core: named limits, shared by the services that name them. Knows no policy.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "broker/core/gate.hpp"
#include "broker/core/queue.hpp"

namespace steward::core {

struct Limit {
    LimitSettings settings;
    Gate gate;
    bool is_configured = false;
    QueueList parked;                  // queues that found the gate closed
    std::uint32_t timer = UINT32_MAX;  // when the gate opens
};

class LimitTable {
public:
    [[nodiscard]] LimitHandle find(std::string_view name) const {
        const auto found = by_name.find(name);
        return found == by_name.end() ? LimitHandle{} : found->second;
    }

    base::SlotMap<Limit> map;
    std::map<std::string, LimitHandle, std::less<>> by_name;
};

}  // namespace steward::core
