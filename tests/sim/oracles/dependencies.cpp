#include "tests/sim/oracles/dependencies.hpp"

#include "tests/sim/failure.hpp"

namespace steward::sim {

// A dead letter that is retried waits only for those that may still succeed.
void Dependencies::hear(const Heard& heard) {
    if (heard.event == "EXECUTE_COMPLETE") {
        succeeded_.insert(heard.id);
    }
    if (heard.event != "DELEGATE_START" || heard.job == nullptr || heard.job->was_revived ||
        retried_.contains(heard.id)) {
        return;
    }
    for (const model::JobId& other : heard.job->after) {
        if (!succeeded_.contains(other)) {
            broken("no job before those it waits for: " + heard.id.text() +
                   " starts, and has not seen " + other.text() + " succeed");
        }
    }
}

void Dependencies::stored(const core::Record& fact) {
    if (const auto* ended = std::get_if<core::JobEnded>(&fact);
        ended != nullptr && ended->state == model::JobState::Succeeded) {
        succeeded_.insert(ended->id);
    } else if (const auto* retried = std::get_if<core::JobRetried>(&fact)) {
        retried_.insert(retried->id);
    }
}

}  // namespace steward::sim
