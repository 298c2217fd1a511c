// broker/core: why a job is where it is, in the scheduler's own words.
#include <algorithm>

#include "broker/core/state.hpp"
#include "broker/core/words.hpp"

namespace steward::core {

using model::JobState;

namespace {

constexpr std::size_t kNamedMax = 10;  // workers or jobs that are told one by one

std::string count_of(std::size_t number, std::string_view one) {
    return std::to_string(number) + " " + std::string(one) + (number == 1 ? "" : "s");
}

std::string seconds_of(base::Duration duration) {
    const std::int64_t ms = std::max<std::int64_t>(duration.count() / 1000, 0);
    std::string text = std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100);
    return text + " s";
}

}  // namespace

// Adds the reasons of a job in one state each.
struct State::Why {
    const State& state;
    std::vector<std::string>& reasons;

    void blocked(const Job& job) const;
    void ready(const Job& job) const;
    void held_back(const Job& job) const;
    void no_worker(const Queue& queue) const;
    void active(const Job& job) const;
    [[nodiscard]] std::string until(base::MonoTime instant) const;
};

// "in 3.2 s"
std::string State::Why::until(base::MonoTime instant) const {
    return "in " + seconds_of(instant - state.now_.mono);
}

std::optional<model::WhyReport> State::report_why(const model::JobId& id,
                                                  const Asker& asker) const {
    auto status = report_status(id, asker);
    if (!status) {
        return std::nullopt;
    }
    model::WhyReport report;
    report.job = std::move(status->job);
    std::vector<std::string>& reasons = report.reasons;
    const Why why{*this, reasons};
    const Job* job = jobs_.map.find(jobs_.find(id));
    if (job == nullptr) {
        reasons.push_back("it has ended: it is " + std::string(model::name_of(report.job.state)) +
                          (report.job.text.empty() ? "" : ", because " + report.job.text));
        return report;
    }
    switch (job->state) {
        case JobState::Blocked: why.blocked(*job); break;
        case JobState::Scheduled:
            reasons.push_back("it is to run not before its time, " + why.until(job->due) +
                              (job->text.empty() ? "" : "; its last attempt: " + job->text));
            break;
        case JobState::Ready: why.ready(*job); break;
        case JobState::Active: why.active(*job); break;
        case JobState::Dead:
            reasons.push_back("it is a dead letter after " + count_of(job->failures, "failure") +
                              " and " + count_of(job->losses, "lost worker") + ": " + job->text);
            reasons.emplace_back("it waits for an operator to retry or discard it");
            break;
        case JobState::Succeeded:
        case JobState::Failed:
        case JobState::Expired:
        case JobState::Cancelled: break;
    }
    if (job->expires != base::MonoTime::max()) {
        reasons.push_back("unless it starts it expires " + why.until(job->expires));
    }
    return report;
}

void State::Why::blocked(const Job& job) const {
    reasons.push_back("it waits for " + count_of(job.extras->unmet, "job") + " to succeed");
    std::size_t named = 0;
    for (const model::JobId& id : job.extras->after) {
        const Job* other = state.jobs_.map.find(state.jobs_.find(id));
        if (other != nullptr && named++ < kNamedMax) {
            reasons.push_back("job " + id.text() + " of " +
                              quoted(state.name_of_service(*other).view()) + " is " +
                              std::string(model::name_of(other->state)));
        }
    }
    if (named > kNamedMax) {
        reasons.push_back("and " + std::to_string(named - kNamedMax) + " more");
    }
}

void State::Why::ready(const Job& job) const {
    if (const auto place = state.place_of(job)) {
        reasons.push_back("it is number " + std::to_string(*place) + " in its queue of " +
                          count_of(state.services_.queues.at(job.queue).size, "job") +
                          " at priority " + std::to_string(job.priority));
    } else {
        reasons.push_back("it is far back in its queue of " +
                          count_of(state.services_.queues.at(job.queue).size, "job"));
    }
    held_back(job);
    no_worker(state.services_.queues.at(job.queue));
}

// Modes, named limits and the group.
void State::Why::held_back(const Job& job) const {
    const Service& service = state.services_.map.at(job.service);
    if (!starts_jobs(state.mode_of(service))) {
        const bool is_own = service.mode != Mode::Running;
        reasons.push_back(std::string(is_own ? "the service " : "every service ") +
                          (is_own ? quoted(service.name.view()) + " " : "") + "is " +
                          std::string(name_of(state.mode_of(service))) +
                          " until an operator resumes it");
    }
    const auto tell = [&](const Gate& gate, const std::string& whose) {
        if (!gate.has_room()) {
            reasons.push_back(whose + " lets " + std::to_string(gate.at_once) +
                              " run at once, and " + std::to_string(gate.active) +
                              " do: until one ends");
        } else if (!gate.is_open(state.now_.mono)) {
            reasons.push_back(whose + " lets one start every " + seconds_of(gate.spacing) +
                              ", the next " + until(gate.next_start()));
        }
    };
    for (const LimitHandle handle : service.limits) {
        const Limit& limit = state.limits_.map.at(handle);
        tell(limit.gate, "the limit " + quoted(limit.settings.name.view()));
    }
    if (const Group* group = state.groups_.map.find(job.group())) {
        tell(group->gate, "the group " + quoted(group->name.view()));
    }
}

void State::Why::no_worker(const Queue& queue) const {
    const std::string_view channel =
        queue.channel.empty() ? model::kDefaultChannel : queue.channel.view();
    const std::string service = quoted(state.services_.map.at(queue.service).name.view());
    if (queue.workers == 0) {
        reasons.push_back(
            "no worker serves " + service + " on the channel " + quoted(channel) +
            (state.services_.map.at(queue.service).workers == 0
                 ? ""
                 : "; " + count_of(state.services_.map.at(queue.service).workers, "worker") +
                       " on other channels"));
        return;
    }
    reasons.push_back(count_of(queue.workers, "worker") +
                      (queue.workers == 1 ? " serves " : " serve ") + service);
    std::size_t named = 0;
    for (std::uint32_t slot = 0; slot < state.workers_.map.slots() && named < kNamedMax; ++slot) {
        const WorkerHandle handle = state.workers_.map.handle_at(slot);
        const Worker* worker = state.workers_.map.find(handle);
        if (worker == nullptr ||
            std::ranges::find(queue.crews, worker->crew, &ServingCrew::crew) == queue.crews.end()) {
            continue;
        }
        ++named;
        std::string line = "worker " + std::to_string(named) + " (" + worker->name + ") ";
        if (worker->leaving) {
            line += "is leaving";
        } else if (worker->room == Worker::Room::Free) {
            line += "is free";
        } else {
            line += "runs " + std::to_string(worker->running) + " of " +
                    std::to_string(worker->concurrency);
            line += worker->overdue.empty()
                        ? ""
                        : ", and " + count_of(worker->overdue.size(), "attempt") +
                              " that was given up still occupies it";
            line += worker->held.size() > worker->running
                        ? ", with " + std::to_string(worker->held.size() - worker->running) +
                              " given ahead"
                        : "";
        }
        reasons.push_back(std::move(line));
    }
}

void State::Why::active(const Job& job) const {
    const Worker& worker = state.workers_.map.at(job.worker);
    if (!job.running) {
        reasons.push_back("it was given ahead to a worker (" + worker.name + ") that still runs " +
                          std::to_string(worker.running));
        if (job.recalled) {
            reasons.emplace_back("it was asked back, because another worker is free");
        }
    } else {
        reasons.push_back("it runs on a worker (" + worker.name + ") since " +
                          seconds_of(state.now_.wall - job.started_at) + ", attempt " +
                          std::to_string(job.attempt));
    }
    if (job.cancelling) {
        reasons.push_back("its worker was told to stop it; it ends " + until(job.deadline) +
                          " at the latest");
    } else if (job.stopping) {
        reasons.push_back("it passed its time limit and was told to stop; the attempt ends " +
                          until(job.deadline) + " at the latest");
    } else if (job.running) {
        reasons.push_back("its time limit ends the attempt " + until(job.deadline));
    }
}

}  // namespace steward::core
