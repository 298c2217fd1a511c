#include "tests/sim/oracles/gates.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "tests/sim/failure.hpp"

namespace steward::sim {

std::vector<Gates::Bounds> Gates::bounds_of(const Heard& heard) const {
    const KnownJob& job = *heard.job;
    const bool has_group = heard.body.contains("group");
    std::vector<Bounds> bounds;
    if (has_group && (job.group_limit != 0 || job.group_spacing != Duration(0))) {
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

MonoTime Gates::instant_of(const Heard& heard) const {
    if (clock_ != Clock::Wall) {
        return heard.now;
    }
    const double at_us = heard.body.value("at", 0.0) * 1e6;
    return MonoTime(Duration(std::llround(at_us)));
}

// A job that its client came back for has no group any more. Jobs that workers brought from an
// earlier run are not counted: that they run is no decision of this one.
void Gates::hear(const Heard& heard) {
    if (heard.job == nullptr) {
        return;
    }
    const std::pair key(heard.run, heard.id);
    const MonoTime at = instant_of(heard);
    if (heard.event == "DELEGATE_START") {
        active_[key] = true;
        for (const Bounds& bounds : bounds_of(heard)) {
            Gate& gate = gates_[{heard.run, bounds.name}];
            ++gate.active;
            if (bounds.at_once != 0 && gate.active > bounds.at_once) {
                broken("limits are never exceeded: " + std::to_string(gate.active) + " of " +
                       bounds.name + " run at once, the last is " + heard.id.text());
            }
            if (clock_ != Clock::None && gate.last_start &&
                at < *gate.last_start + bounds.spacing) {
                broken("rates are never exceeded: " + heard.id.text() + " of " + bounds.name +
                       " starts too early");
            }
            gate.last_start = at;
        }
    } else if (heard.ends_attempt() && active_.erase(key) != 0) {
        for (const Bounds& bounds : bounds_of(heard)) {
            --gates_[{heard.run, bounds.name}].active;
        }
    }
}

}  // namespace steward::sim
