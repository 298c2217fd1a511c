#include "client/cli/replay_run.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace steward::cli {

namespace {

class Run {
public:
    Run(const ReplayLog& log,
        const ReplayRules& rules,
        const ReplayDoors& doors,
        const std::function<void(const Replayed&)>& tell)
        : log_(log), rules_(rules), doors_(doors), tell_(tell) {}

    base::Expected<void> run(std::vector<UnfinishedJob> jobs) {
        if (auto sorted = sort_out(std::move(jobs)); !sorted) {
            return sorted;
        }
        for (const Replayed& one : due_) {
            open_.insert(one.job.id);
        }
        while (!due_.empty()) {
            if (auto done = wave(); !done) {
                return done;
            }
        }
        return {};
    }

private:
    void tell(Replayed&& one, Replayed::Outcome outcome) {
        one.outcome = outcome;
        tell_(one);
    }

    // Tells of those that need not be submitted, and keeps the others.
    base::Expected<void> sort_out(std::vector<UnfinishedJob> jobs) {
        std::vector<model::JobId> ids;
        ids.reserve(jobs.size());
        std::ranges::transform(jobs, std::back_inserter(ids), &UnfinishedJob::id);
        const auto states = doors_.states(ids);
        if (!states) {
            return base::Unexpected(states.error());
        }
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            Replayed one;
            one.job = std::move(jobs[i]);
            auto spec = spec_now(one.job, rules_.now);
            if (const auto& state = (*states)[i]) {
                one.state = *state;
                tell(std::move(one), Replayed::Outcome::Known);
            } else if (one.job.was_call && !rules_.takes_calls) {
                tell(std::move(one), Replayed::Outcome::Call);
            } else if (!spec) {
                tell(std::move(one), Replayed::Outcome::Expired);
            } else if (rules_.is_dry_run) {
                tell(std::move(one), Replayed::Outcome::Due);
            } else {
                one.job.spec = std::move(*spec);
                due_.push_back(std::move(one));
            }
        }
        return {};
    }

    // Those that wait for no other one that is still to come.
    base::Expected<void> wave() {
        const auto later =
            std::stable_partition(due_.begin(), due_.end(), [&](const Replayed& one) {
                return std::ranges::none_of(
                    one.job.spec.options.after,
                    [&](const model::JobId& id) { return open_.contains(id); });
            });
        std::vector<Replayed> now(std::make_move_iterator(due_.begin()),
                                  std::make_move_iterator(later));
        due_.erase(due_.begin(), later);
        if (now.empty()) {  // they wait for each other: no broker has ever taken such
            now = std::exchange(due_, {});
        }
        std::vector<client::Resubmit> submits;
        submits.reserve(now.size());
        for (Replayed& one : now) {
            one.job.spec.options.after = after_now(one.job.spec.options.after);
            submits.push_back({one.job.submission, one.job.spec});
        }
        auto results = doors_.resubmit(std::move(submits));
        if (!results) {
            return base::Unexpected(std::move(results.error()));
        }
        for (std::size_t i = 0; i < now.size(); ++i) {
            settle(std::move(now[i]), (*results)[i]);
        }
        return {};
    }

    // What it waited for under the ids of today; what has succeeded is not waited for any more.
    std::vector<model::JobId> after_now(const std::vector<model::JobId>& before) const {
        std::vector<model::JobId> after;
        for (const model::JobId& id : before) {
            if (const auto found = new_ids_.find(id); found != new_ids_.end()) {
                after.push_back(found->second);
            } else if (!log_.has_succeeded(id)) {
                after.push_back(id);
            }
        }
        return after;
    }

    void settle(Replayed&& one, const base::Expected<client::Submitted>& result) {
        open_.erase(one.job.id);
        if (result) {
            one.as = result->job;
            one.is_duplicate = result->is_duplicate;
            new_ids_[one.job.id] = one.as;
            tell(std::move(one), Replayed::Outcome::Resubmitted);
            return;
        }
        one.error = result.error();
        tell(std::move(one),
             one.error.code == base::Errc::Timeout ? Replayed::Outcome::Unanswered
                                                   : Replayed::Outcome::Refused);
    }

    const ReplayLog& log_;
    const ReplayRules& rules_;
    const ReplayDoors& doors_;
    const std::function<void(const Replayed&)>& tell_;
    std::vector<Replayed> due_;
    std::unordered_set<model::JobId> open_;  // in due_, or being asked for
    std::unordered_map<model::JobId, model::JobId> new_ids_;
};

}  // namespace

std::string_view name_of(Replayed::Outcome outcome) {
    switch (outcome) {
        case Replayed::Outcome::Known: return "known";
        case Replayed::Outcome::Call: return "call";
        case Replayed::Outcome::Expired: return "expired";
        case Replayed::Outcome::Due: return "due";
        case Replayed::Outcome::Resubmitted: return "resubmitted";
        case Replayed::Outcome::Refused: return "refused";
        case Replayed::Outcome::Unanswered: return "unanswered";
    }
    return "";
}

base::Expected<void> replay(const ReplayLog& log,
                            std::vector<UnfinishedJob> jobs,
                            const ReplayRules& rules,
                            const ReplayDoors& doors,
                            const std::function<void(const Replayed&)>& tell) {
    if (jobs.empty()) {
        return {};
    }
    return Run(log, rules, doors, tell).run(std::move(jobs));
}

}  // namespace steward::cli
