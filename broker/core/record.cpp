#include "broker/core/record.hpp"

#include <utility>

namespace steward::core {
namespace {

using Visit = std::function<base::Expected<void>(Record&&)>;

base::Expected<void> each_of(JobsAccepted&& run, const Visit& visit) {
    model::JobId id = run.first;
    for (JobsAccepted::One& one : run.jobs) {
        JobAccepted fact{id,
                         {run.session, one.submission},
                         run.at,
                         {run.service, std::move(one.params), run.options},
                         {},
                         {},
                         {},
                         run.owner};
        if (auto seen = visit(std::move(fact)); !seen) {
            return seen;
        }
        ++id.number;
    }
    return {};
}

base::Expected<void> each_of(AttemptsStarted&& run, const Visit& visit) {
    for (const AttemptsStarted::One& one : run.attempts) {
        if (auto seen = visit(AttemptStarted{{{run.epoch, one.job}, one.attempt}, run.at}); !seen) {
            return seen;
        }
    }
    return {};
}

base::Expected<void> each_of(JobsSucceeded&& run, const Visit& visit) {
    for (JobsSucceeded::One& one : run.jobs) {
        JobEnded fact;
        fact.id = {run.epoch, one.job};
        fact.state = model::JobState::Succeeded;
        fact.at = run.at;
        fact.result = std::move(one.result);
        if (auto seen = visit(std::move(fact)); !seen) {
            return seen;
        }
    }
    return {};
}

template <class Fact>
base::Expected<void> each_of(Fact&& fact, const Visit& visit) {
    return visit(std::forward<Fact>(fact));
}

}  // namespace

base::Expected<void> each_fact(Record&& record, const Visit& visit) {
    return std::visit(
        [&](auto&& fact) { return each_of(std::forward<decltype(fact)>(fact), visit); },
        std::move(record));
}

}  // namespace steward::core
