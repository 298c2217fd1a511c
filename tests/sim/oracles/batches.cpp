#include "tests/sim/oracles/batches.hpp"

#include <nlohmann/json.hpp>

#include "tests/sim/failure.hpp"

namespace steward::sim {

// A job that a worker brought from a run that kept nothing has lost its batch.
void Batches::hear(const Heard& heard) {
    if (heard.event == "BATCH_COMPLETE") {
        complete(heard);
    } else if (heard.job != nullptr && !heard.job->follows.empty()) {
        hear_follower(heard);
    } else if (heard.job != nullptr && heard.body.contains("batch") && !heard.job->batch.empty()) {
        hear_job(heard);
    }
}

void Batches::hear_job(const Heard& heard) {
    Batch& batch = batches_[{heard.run, heard.job->batch}];
    if (heard.event == "RECEIVED") {
        if (batch.is_complete) {
            broken("a complete batch takes no jobs: " + heard.id.text());
        }
        ++batch.total;
        batch.open.insert(heard.id);
    } else if (heard.ends_job()) {
        batch.open.erase(heard.id);
        batch.succeeded += heard.event == "EXECUTE_COMPLETE" ? 1U : 0U;
    } else if (heard.event == "RETRY" && !batch.is_complete) {
        batch.open.insert(heard.id);
    }
}

// That the batch is complete was told, or is a fact of an earlier run.
void Batches::hear_follower(const Heard& heard) {
    const std::string& name = heard.job->follows;
    const Batch& batch = batches_[{heard.run, name}];
    if (heard.event == "RECEIVED") {
        const auto [first, is_first] = followers_.try_emplace({heard.run, name}, heard.id);
        if (!is_first) {
            broken("a batch is followed once: " + name + " by " + first->second.text() + " and " +
                   heard.id.text());
        }
        if (!batch.open.empty()) {
            broken("what follows a batch comes after it: " + heard.id.text() + " comes before " +
                   batch.open.begin()->text() + " has ended");
        }
        ++followed_;
    } else if (heard.event == "DELEGATE_START" && !batch.is_complete &&
               !kept_[{heard.run.broker, name}].is_ended) {
        broken("what follows a batch comes after it: " + heard.id.text() + " starts before " +
               name + " is complete");
    }
}

void Batches::complete(const Heard& heard) {
    const std::string name = heard.body.value("batch", "");
    Batch& batch = batches_[{heard.run, name}];
    if (batch.is_complete) {
        broken("a batch is complete once: " + name);
    }
    if (!batch.open.empty()) {
        broken("a batch is complete when its jobs are: " + name + " is, while " +
               batch.open.begin()->text() + " has not ended");
    }
    const auto total = heard.body.value("total", std::uint64_t{0});
    const auto done = heard.body.value("done", std::uint64_t{0});
    if (total < batch.total || done > total || (total == batch.total && done != batch.succeeded)) {
        broken("a batch counts its jobs: " + name + " says " + std::to_string(done) + " of " +
               std::to_string(total) + ", seen were " + std::to_string(batch.succeeded) + " of " +
               std::to_string(batch.total));
    }
    batch.is_complete = true;
    ++completed_;
}

void Batches::stored(std::size_t broker, const core::Record& fact) {
    if (const auto* closed = std::get_if<core::BatchClosed>(&fact)) {
        kept_[{broker, std::string(closed->name.view())}].is_closed = true;
    } else if (const auto* ended = std::get_if<core::BatchEnded>(&fact)) {
        end(broker, ended->name);
    } else if (const auto* accepted = std::get_if<core::JobAccepted>(&fact);
               accepted != nullptr && !accepted->ends_batch.empty()) {
        end(broker, accepted->ends_batch);
    }
}

void Batches::end(std::size_t broker, const model::Label& label) {
    const std::string name(label.view());
    Kept& kept = kept_[{broker, name}];
    if (kept.is_ended) {
        broken("a batch ends once: " + name + ", across restarts too");
    }
    if (!kept.is_closed) {
        broken("a batch ends when it is closed: " + name);
    }
    kept.is_ended = true;
}

void Batches::forget(std::size_t broker) {
    std::erase_if(kept_, [&](const auto& entry) { return entry.first.first == broker; });
}

void Batches::check_the_end(std::size_t broker) const {
    for (const auto& [name, kept] : kept_) {
        if (name.first == broker && kept.is_closed && !kept.is_ended) {
            broken("every batch that is closed becomes complete: " + name.second + " did not");
        }
    }
}

}  // namespace steward::sim
