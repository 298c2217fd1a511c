#include "tests/sim/oracles/results.hpp"

#include "common/base/bytes.hpp"
#include "common/model/event.hpp"
#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

std::string_view end_of(model::JobState state) {
    switch (state) {
        case model::JobState::Succeeded: return "EXECUTE_COMPLETE";
        case model::JobState::Failed: return "FAILED";
        case model::JobState::Dead: return "DEAD";
        case model::JobState::Expired: return "EXPIRED";
        case model::JobState::Cancelled: return "CANCELLED";
        case model::JobState::Scheduled:
        case model::JobState::Ready:
        case model::JobState::Active:
        case model::JobState::Blocked: break;
    }
    return "no end";
}

}  // namespace

void Results::hear(const Heard& heard) {
    if (heard.ends_job()) {
        ends_[heard.id].insert(heard.event);
    }
}

void Results::told(const model::JobId& job, model::JobState state, std::string_view bytes) {
    ++told_;
    const std::string end(end_of(state));
    if (is_all_told_) {
        told_ends_.emplace(job, end);
    }
    const auto uid = uid_in(bytes, 'r');
    if (state == model::JobState::Succeeded && is_all_seen_ &&
        (!uid || !uids_[job].contains(*uid))) {
        broken("results are of the job's own params: " + job.text() + " has " +
               base::printable(bytes));
    }
}

// News may wait for the journal longer than the result does.
void Results::check_the_end() const {
    for (const auto& [job, end] : told_ends_) {
        const auto found = ends_.find(job);
        if (found == ends_.end() || !found->second.contains(end)) {
            broken("results are of what happened: a client hears of " + end + " of " + job.text() +
                   ", the news do not");
        }
    }
}

}  // namespace steward::sim
