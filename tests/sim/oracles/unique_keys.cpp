#include "tests/sim/oracles/unique_keys.hpp"

#include "tests/sim/failure.hpp"

namespace steward::sim {

// A job that waits again after a start, or comes back from the dead letters, has its key only when
// nobody took it meanwhile, so from then on it is not held to have it.
void UniqueKeys::hear(const Heard& heard) {
    if (heard.job == nullptr || heard.job->unique.empty()) {
        return;
    }
    const KnownJob& job = *heard.job;
    std::set<model::JobId>& holders =
        holders_[{heard.run, job.owner, job.service, job.channel, job.unique}];
    if (heard.event == "RECEIVED") {
        if (!holders.empty()) {
            broken("a unique job is there once: " + heard.id.text() + " is taken in with key \"" +
                   job.unique + "\" while " + holders.begin()->text() + " has it");
        }
        holders.insert(heard.id);
    } else if (heard.ends_job() || (job.is_unique_waiting && heard.event == "DELEGATE_START")) {
        holders.erase(heard.id);
    }
}

void UniqueKeys::assigned(const model::JobId& job, Uid uid, const KnownJob* known) const {
    if (known != nullptr && uid != kNobodysCall && replaced_.contains(job) && uid == known->uid) {
        broken("params that were replaced are gone: " + job.text() +
               " is given away with those of call p" + std::to_string(uid));
    }
}

}  // namespace steward::sim
