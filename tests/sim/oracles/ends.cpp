#include "tests/sim/oracles/ends.hpp"

#include <nlohmann/json.hpp>

#include "tests/sim/failure.hpp"

namespace steward::sim {

void Ends::hear(const Heard& heard) {
    if (heard.event == "BATCH_COMPLETE") {
        complete(heard);
    }
    if (heard.id == model::JobId{}) {
        return;
    }
    if (heard.event == "EXECUTE_COMPLETE") {
        succeeded_.insert(heard.id);
    } else if (heard.event == "DELEGATE_START") {
        check_dependencies(heard);
    }
    check_cancel(heard);
    check_batch(heard);
}

void Ends::stored(std::size_t broker, const core::Record& fact) {
    if (const auto* ended = std::get_if<core::JobEnded>(&fact)) {
        if (ended->state == model::JobState::Succeeded) {
            succeeded_.insert(ended->id);
        }
    } else if (const auto* accepted = std::get_if<core::JobAccepted>(&fact);
               accepted != nullptr && !accepted->schedule.empty()) {
        const std::string name(accepted->schedule.view());
        if (!instants_.emplace(broker, name, accepted->instant).second) {
            broken("a schedule runs once for an instant: " + name + " has made " +
                   accepted->id.text() + " for one that was done");
        }
    }
}

// A dead letter that is retried waits only for those that may still succeed.
void Ends::check_dependencies(const Heard& heard) const {
    if (heard.job == nullptr || heard.job->was_revived) {
        return;
    }
    for (const model::JobId& other : heard.job->after) {
        if (!succeeded_.contains(other)) {
            broken("no job before those it waits for: " + heard.id.text() +
                   " starts, and has not seen " + other.text() + " succeed");
        }
    }
}

void Ends::check_cancel(const Heard& heard) {
    if (heard.event == "CANCELLING") {
        cancelling_.emplace(heard.run, heard.id);
    } else if (heard.ends_job() && heard.event != "CANCELLED" &&
               cancelling_.contains({heard.run, heard.id})) {
        broken("what was cancelled is cancelled: " + heard.id.text() + " ends with " + heard.event);
    }
}

void Ends::check_batch(const Heard& heard) {
    if (heard.job == nullptr || heard.job->batch.empty() || !heard.job->is_a_clients) {
        return;
    }
    Batch& batch = batches_[{heard.run, heard.job->batch}];
    if (heard.event == "RECEIVED") {
        if (batch.is_complete) {
            broken("a complete batch takes no jobs: " + heard.id.text());
        }
        ++batch.total;
        batch.open.insert(heard.id);
    } else if (heard.ends_job()) {
        batch.open.erase(heard.id);
    } else if (heard.event == "RETRY" && !batch.is_complete) {
        batch.open.insert(heard.id);
    }
}

void Ends::complete(const Heard& heard) {
    const std::string name = heard.body.value("batch", "");
    Batch& batch = batches_[{heard.run, name}];
    if (batch.is_complete) {
        broken("a batch is complete once: " + name);
    }
    if (!batch.open.empty()) {
        broken("a batch is complete when its jobs are: " + name + " is, while " +
               batch.open.begin()->text() + " has not ended");
    }
    if (heard.body.value("total", std::uint64_t{0}) < batch.total) {
        broken("a batch counts all its jobs: " + name);
    }
    batch.is_complete = true;
}

}  // namespace steward::sim
