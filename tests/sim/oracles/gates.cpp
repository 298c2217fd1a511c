#include "tests/sim/oracles/gates.hpp"

#include <algorithm>

#include "tests/sim/failure.hpp"

namespace steward::sim {

std::vector<Gates::Bounds> Gates::bounds_of(const KnownJob& job) const {
    std::vector<Bounds> bounds;
    if (job.group_limit != 0 || job.group_spacing != Duration(0)) {
        bounds.push_back({"group " + job.group, job.group_limit, job.group_spacing});
    }
    for (const core::LimitSettings& limit : limits_) {
        if (std::ranges::find(limit.services, job.service) != limit.services.end()) {
            bounds.push_back({"limit " + std::string(limit.name.view()),
                              limit.at_once.value_or(0),
                              limit.rate ? limit.rate->spacing : Duration(0)});
        }
    }
    return bounds;
}

// Jobs that workers brought from an earlier run are not counted: that they run is no decision of
// this one.
void Gates::hear(const Heard& heard) {
    if (heard.job == nullptr) {
        return;
    }
    const std::pair key(heard.run, heard.id);
    if (heard.event == "DELEGATE_START") {
        active_[key] = true;
        for (const Bounds& bounds : bounds_of(*heard.job)) {
            Gate& gate = gates_[{heard.run, bounds.name}];
            ++gate.active;
            if (bounds.at_once != 0 && gate.active > bounds.at_once) {
                broken("limits are never exceeded: " + std::to_string(gate.active) + " of " +
                       bounds.name + " run at once, the last is " + heard.id.text());
            }
            if (tells_at_once_ && gate.last_start &&
                heard.now < *gate.last_start + bounds.spacing) {
                broken("rates are never exceeded: " + heard.id.text() + " of " + bounds.name +
                       " starts too early");
            }
            gate.last_start = heard.now;
        }
    } else if (heard.ends_attempt() && active_.erase(key) != 0) {
        for (const Bounds& bounds : bounds_of(*heard.job)) {
            --gates_[{heard.run, bounds.name}].active;
        }
    }
}

}  // namespace steward::sim
