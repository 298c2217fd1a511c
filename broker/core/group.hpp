// broker/core: groups of jobs (tenants, accounts) that share turns fairly. Knows no policy.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/core/gate.hpp"
#include "broker/core/queue.hpp"

namespace steward::core {

struct Group {
    model::Label name;
    Gate gate;
    std::uint32_t weight = 1;
    bool is_set = false;  // by an operator or the configuration: what jobs say does not count
    bool is_configured = false;  // what the journal says does not count either
    std::size_t jobs = 0;        // that name it, dead letters too
    std::size_t dead = 0;
    LaneList parked;                   // lanes that found the gate closed
    std::uint32_t timer = UINT32_MAX;  // when the gate opens
};

class GroupTable {
public:
    [[nodiscard]] GroupHandle find(std::string_view name) const {
        const auto found = by_name_.find(name);
        return found == by_name_.end() ? GroupHandle{} : found->second;
    }

    /// Pre: no group has this name.
    GroupHandle add(const model::Label& name) {
        const GroupHandle handle = map.emplace();
        map.at(handle).name = name;
        by_name_.emplace(map.at(handle).name.view(), handle);  // the view lives as long as the name
        return handle;
    }

    void remove(GroupHandle handle) {
        by_name_.erase(map.at(handle).name.view());
        map.erase(handle);
    }

    base::SlotMap<Group> map;

private:
    std::unordered_map<std::string_view, GroupHandle> by_name_;  // looked up, never walked
};

}  // namespace steward::core
