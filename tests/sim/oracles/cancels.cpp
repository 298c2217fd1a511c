#include "tests/sim/oracles/cancels.hpp"

#include <nlohmann/json.hpp>

#include "tests/sim/failure.hpp"

namespace steward::sim {
namespace {

constexpr Duration kSlack = std::chrono::seconds(1);  // for the journal and for a busy broker

}  // namespace

void Cancels::hear(const Heard& heard) {
    check_stops(heard);
    if (heard.id == model::JobId{}) {
        return;
    }
    Stage& stage = stages_[{heard.run, heard.id}];
    if (heard.event == "CANCELLING") {
        begin(heard);
        stage = Stage::Cancelling;
    } else if (heard.ends_job()) {
        end(heard);
        stage = Stage::Ended;
    } else if (stage == Stage::Cancelling) {
        return;
    } else if (heard.event == "DELEGATE_START" || heard.event == "EXECUTE_START") {
        stage = Stage::Held;  // the second alone when its worker has brought it back
    } else if (heard.ends_attempt()) {
        stage = Stage::Waiting;
    } else if (heard.event == "RETRY") {
        if (stage == Stage::Ended) {
            revived_.insert(heard.id);
        }
        stage = Stage::Waiting;
    }
}

// Of a job that an earlier run gave away no start is told.
void Cancels::begin(const Heard& heard) {
    const auto present = epochs_.find(heard.run.broker);
    const bool is_of_this_run =
        present != epochs_.end() && present->second == std::pair(heard.run, heard.id.epoch);
    if (is_of_this_run && stages_.at({heard.run, heard.id}) == Stage::Waiting) {
        broken("what waits is cancelled at once: " + heard.id.text() + " is told to stop");
    }
    since_.emplace(std::pair(heard.run, heard.id), heard.now);
    ++running_;
}

void Cancels::end(const Heard& heard) {
    const Key key(heard.run, heard.id);
    const auto since = since_.find(key);
    if (since == since_.end()) {
        return;
    }
    if (heard.event != "CANCELLED") {
        broken("what was cancelled is cancelled: " + heard.id.text() + " ends with " + heard.event);
    }
    if (heard.now > since->second + grace_ + kSlack) {
        broken("what was cancelled ends with its grace: " + heard.id.text() + " took longer");
    }
    if (!stops_.contains(key)) {
        untold_.push_back({key, heard.body.value("attempt", 0U), heard.now});
    }
    since_.erase(since);
}

// News of a turn come before its messages: those are out once the same broker has more news. A
// worker of an old dialect knows no stop, and a broken connection swallows it.
void Cancels::check_stops(const Heard& heard) {
    std::erase_if(untold_, [&](const Untold& untold) {
        if (untold.key.first != heard.run || untold.since == heard.now) {
            return untold.key.first.broker == heard.run.broker &&
                   untold.key.first.run != heard.run.run;
        }
        const auto holder =
            leases_.holder_of(untold.key.first, {untold.key.second, untold.attempt});
        if (holder != 0 && !network_.was_hurt(holder) && !stops_.contains(untold.key)) {
            broken("who runs what is cancelled is told: nobody stopped " +
                   untold.key.second.text());
        }
        return true;
    });
}

void Cancels::stored(const core::Record& fact) {
    if (const auto* cancelled = std::get_if<core::JobCancelled>(&fact)) {
        facts_.insert(cancelled->id);
    } else if (const auto* ended = std::get_if<core::JobEnded>(&fact);
               ended != nullptr && facts_.contains(ended->id) &&
               ended->state != model::JobState::Cancelled) {
        broken("what was cancelled is cancelled, across restarts too: " + ended->id.text() +
               " ends otherwise");
    }
}

// A wish that was sent again, because the connection with its answer broke, was fulfilled perhaps.
void Cancels::refused(const model::JobId& job, const base::Error& why) {
    if (why.code == base::Errc::WrongState &&
        why.message.find("is cancelled") != std::string::npos) {
        broken("cancelling twice is cancelling once: of " + job.text() + " a client is told \"" +
               why.message + '"');
    }
}

// Only the run that made a job is sure to know it.
void Cancels::promised(std::size_t broker, const std::vector<model::JobId>& jobs) const {
    const auto present = epochs_.find(broker);
    if (present == epochs_.end()) {
        return;
    }
    const auto& [run, epoch] = present->second;
    for (const model::JobId& job : jobs) {
        const auto stage = stages_.find({run, job});
        if (job.epoch != epoch || revived_.contains(job)) {
            continue;
        }
        if (stage != stages_.end() && stage->second != Stage::Cancelling &&
            stage->second != Stage::Ended) {
            broken("a cancelled job is cancelled when its client is told: " + job.text() +
                   " goes on");
        }
    }
}

}  // namespace steward::sim
