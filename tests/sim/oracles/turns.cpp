#include "tests/sim/oracles/turns.hpp"

#include "tests/sim/failure.hpp"

namespace steward::sim {

void Turns::hear(const Heard& heard) {
    if (heard.job == nullptr) {
        return;
    }
    const KnownJob& job = *heard.job;
    auto& level = levels_[{heard.run, job.service, job.channel, job.priority}];
    if (heard.event == "ENQUEUED" && !job.was_edited && !is_held_back(job)) {
        Group& group = level[job.group];
        if (group.waiting.empty()) {
            group.passed_by.clear();
        }
        group.waiting.insert(heard.id);
    } else if (heard.event == "DEQUEUED" || heard.event == "EDITED" || heard.ends_job()) {
        level[job.group].waiting.erase(heard.id);
    } else if (heard.event == "DELEGATE_START") {
        started(heard);
    }
}

void Turns::started(const Heard& heard) {
    const KnownJob& job = *heard.job;
    // Which priority an edited job has now nobody tells: it may have been its group's turn.
    for (auto& [level, groups] : levels_) {
        const auto& [run, service, channel, priority] = level;
        if (run == heard.run && service == job.service && channel == job.channel &&
            (job.was_edited || priority == job.priority)) {
            groups[job.group].waiting.erase(heard.id);
            groups[job.group].passed_by.clear();
        }
    }
    if (job.was_edited) {
        return;
    }
    const std::uint32_t most = 2 * job.group_weight + 1;
    for (auto& [name, group] : levels_[{heard.run, job.service, job.channel, job.priority}]) {
        if (name == job.group || group.waiting.empty()) {
            continue;
        }
        if (++group.passed_by[job.group] > most) {
            broken("turns are fair: group \"" + job.group + "\" starts " +
                   std::to_string(group.passed_by[job.group]) + " jobs of " + job.service +
                   " while group \"" + name + "\" waits with " +
                   group.waiting.begin()->text());
        }
    }
}

}  // namespace steward::sim
