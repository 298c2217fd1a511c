#include "tests/sim/oracles/turns.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/sim/failure.hpp"

namespace steward::sim {

void Turns::hear(const Heard& heard) {
    if (heard.job == nullptr || (!heard.job->group.empty() && !heard.body.contains("group"))) {
        if (heard.event == "DELEGATE_START") {
            forget_turns(heard);
        }
        return;
    }
    const KnownJob& job = *heard.job;
    auto& level = levels_[{heard.run, job.service, job.channel, job.priority}];
    if (heard.event == "ENQUEUED" && !job.was_edited && !is_held_back(job)) {
        Group& group = level[job.lane()];
        if (group.waiting.empty()) {
            group.passed_by.clear();
        }
        group.waiting.insert(heard.id);
    } else if (heard.event == "DEQUEUED" || heard.event == "EDITED" || heard.ends_job()) {
        level[job.lane()].waiting.erase(heard.id);
    } else if (heard.event == "DELEGATE_START") {
        started(heard);
    } else if (heard.event == "DELEGATE_ERROR" || heard.event == "RETURNED") {
        // It goes to the front of the queue: its turn is not over, and is not taken twice.
        for (auto& [name, group] : level) {
            std::uint32_t& passed = group.passed_by[job.lane()];
            passed -= std::min(passed, 1U);
        }
    }
}

// A job of an earlier run whose news were lost with it, or that has lost its group with its run:
// whose turn it was nobody knows.
void Turns::forget_turns(const Heard& heard) {
    for (auto& [level, groups] : levels_) {
        if (std::get<0>(level) == heard.run && std::get<1>(level) == heard.service) {
            for (auto& [name, group] : groups) {
                group.passed_by.clear();
            }
        }
    }
}

void Turns::started(const Heard& heard) {
    const KnownJob& job = *heard.job;
    // Which priority an edited job has now nobody tells: it may have been its group's turn.
    for (auto& [level, groups] : levels_) {
        const auto& [run, service, channel, priority] = level;
        if (run == heard.run && service == job.service && channel == job.channel &&
            (job.was_edited || priority == job.priority)) {
            groups[job.lane()].waiting.erase(heard.id);
            groups[job.lane()].passed_by.clear();
        }
    }
    if (job.was_edited) {
        return;
    }
    const std::uint32_t most = 2 * job.group_weight + 1;
    for (auto& [name, group] : levels_[{heard.run, job.service, job.channel, job.priority}]) {
        if (name == job.lane() || group.waiting.empty()) {
            continue;
        }
        if (++group.passed_by[job.lane()] > most) {
            broken("turns are fair: group \"" + job.lane() + "\" starts " +
                   std::to_string(group.passed_by[job.lane()]) + " jobs of " + job.service +
                   " while group \"" + name + "\" waits with " + group.waiting.begin()->text());
        }
    }
}

}  // namespace steward::sim
