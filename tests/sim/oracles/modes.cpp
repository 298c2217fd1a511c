#include "tests/sim/oracles/modes.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

constexpr double kModeRounding = 0.000'01;  // seconds

}  // namespace

Modes::Mode Modes::mode_of(BrokerRun run, const std::string& service) const {
    Mode mode;
    for (const std::string& name : {service, std::string("*")}) {
        const auto found = modes_.find({run, name});
        if (found != modes_.end()) {
            mode.takes = mode.takes && found->second.takes;
            mode.starts = mode.starts && found->second.starts;
        }
    }
    return mode;
}

void Modes::started(BrokerRun run, bool keeps) {
    for (const auto& [name, mode] : kept_) {
        if (keeps && name.first == run.broker) {
            modes_[{run, name.second}] = mode;
        }
    }
}

void Modes::stored(std::size_t broker, const core::Record& fact) {
    const auto* changed = std::get_if<core::ModesChanged>(&fact);
    if (changed == nullptr) {
        return;
    }
    for (const core::ModeChange& change : changed->changes) {
        const bool runs = change.mode == core::Mode::Running;
        kept_[{broker, change.service.empty() ? "*" : change.service}] = {
            runs || change.mode == core::Mode::Paused, runs || change.mode == core::Mode::Draining};
    }
}

void Modes::hear(const Heard& heard) {
    const std::string& service = heard.service;
    Mode& mode = modes_[{heard.run, service}];
    if (heard.event == "PAUSED") {
        mode = {true, false};
    } else if (heard.event == "DRAINED") {
        mode = {false, true};
    } else if (heard.event == "DISABLED") {
        mode = {false, false};
    } else if (heard.event == "RESUMED" || heard.event == "ENABLED") {
        mode = {};
    } else if (heard.event == "DELEGATE_START" && !mode_of(heard.run, service).starts) {
        broken("modes hold: " + heard.id.text() + " starts although " + service +
               " is paused or disabled");
    } else if (heard.event == "RECEIVED" && heard.job->follows.empty() &&
               !mode_of(heard.run, service).takes) {
        broken("modes hold: " + heard.id.text() + " is taken in although " + service +
               " is drained or disabled");
    }
    if (heard.job != nullptr && has_true_wall_) {
        check_due(heard);
    }
}

// Told to wait by its options, by a backoff or by its worker; what the broker says that it waits
// for may only be later.
void Modes::check_due(const Heard& heard) {
    const std::pair key(heard.run, heard.id);
    const double at = heard.body.value("at", 0.0);
    const bool has_due = heard.body.contains("due");
    if (heard.event == "RECEIVED" && heard.job->delay) {
        due_[key] = at + std::chrono::duration<double>(*heard.job->delay).count();
    } else if ((heard.event == "RETRY" || heard.event == "SNOOZED") && has_due) {
        due_[key] = heard.body["due"].get<double>();
    } else if (heard.event == "DELAYED" && has_due) {
        due_[key] = std::max(due_[key], heard.body["due"].get<double>());
    } else if (heard.event == "EDITED" || heard.ends_job() || heard.event == "RETRY") {
        due_.erase(key);
    } else if (heard.event == "ENQUEUED") {
        const auto due = due_.find(key);
        if (due != due_.end() && at < due->second - kModeRounding) {
            broken("nothing starts before its time: " + heard.id.text());
        }
        due_.erase(key);
    }
}

}  // namespace steward::sim
