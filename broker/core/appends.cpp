#include "broker/core/appends.hpp"

#include <utility>

namespace steward::core {

// The second that comes makes one record of both.
void Appends::put_started(const model::Attempt& attempt, base::WallTime at) {
    if (Record* last = tail()) {
        if (auto* one = std::get_if<AttemptStarted>(last);
            one != nullptr && one->attempt.job.epoch == attempt.job.epoch && one->at == at) {
            AttemptsStarted both{one->attempt.job.epoch, at, {}};
            both.attempts.reserve(kNeighboursMax / 8);
            both.attempts.push_back({one->attempt.job.number, one->attempt.number});
            *last = std::move(both);
        }
        if (auto* all = std::get_if<AttemptsStarted>(last);
            all != nullptr && all->epoch == attempt.job.epoch && all->at == at &&
            all->attempts.size() < kNeighboursMax) {
            all->attempts.push_back({attempt.job.number, attempt.number});
            return;
        }
    }
    put<AttemptStarted>() = {attempt, at};
}

Seq Appends::put_succeeded(const model::JobId& id,
                           base::WallTime at,
                           model::Payload&& result,
                           Seq settles) {
    if (Record* last = can_join_ ? tail() : nullptr) {
        if (auto* one = std::get_if<JobEnded>(last);
            one != nullptr && one->id.epoch == id.epoch && one->at == at) {
            JobsSucceeded both{id.epoch, at, {}};
            both.jobs.reserve(kNeighboursMax / 8);
            both.jobs.push_back({one->id.number, std::move(one->result)});
            *last = std::move(both);
            settle(0);
        }
        if (auto* all = std::get_if<JobsSucceeded>(last); all != nullptr &&
                                                          all->epoch == id.epoch && all->at == at &&
                                                          all->jobs.size() < kNeighboursMax) {
            all->jobs.push_back({id.number, std::move(result)});
            return last_;
        }
    }
    auto& fact = put<JobEnded>();
    fact.id = id;
    fact.state = model::JobState::Succeeded;
    fact.at = at;
    fact.result = std::move(result);
    settle(settles);
    can_join_ = true;
    return last_;
}

// What stands behind it may only be starts: a job is accepted before it is started either way.
JobsAccepted* Appends::accepting_at(std::size_t place) {
    const std::size_t size = to_->size();
    if (place < first_ || place >= size || size - place > 2) {
        return nullptr;
    }
    const Record& last = to_->back().record;
    if (size - place == 2 && !std::holds_alternative<AttemptStarted>(last) &&
        !std::holds_alternative<AttemptsStarted>(last)) {
        return nullptr;
    }
    auto* run = std::get_if<JobsAccepted>(&(*to_)[place].record);
    return run != nullptr && run->jobs.size() < kNeighboursMax ? run : nullptr;
}

}  // namespace steward::core
