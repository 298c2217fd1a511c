// broker/core: jobs that wait for others to succeed, and die with them.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {

using base::Errc;
using model::JobState;

namespace {

base::Unexpected cannot_wait(const model::JobId& id, std::string_view why) {
    std::string text = "after names job ";
    text += id.text();
    text += ", which ";
    text += why;
    return base::fail(Errc::UnknownDependency, std::move(text));
}

void keep_each_once(std::vector<model::JobId>& ids) {
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace

// Those of `after` that have not succeeded yet, each once.
base::Expected<std::vector<model::JobId>> State::unmet_of(const std::vector<model::JobId>& after,
                                                          const Asker& asker) {
    std::vector<model::JobId> unmet;
    for (const model::JobId& id : after) {
        const Job* job = jobs_.map.find(find_job(id));
        if (job != nullptr && asker.sees(job->owner)) {
            if (job->state == JobState::Dead || job->cancelling) {
                return cannot_wait(id, job->cancelling ? "is being cancelled" : "is dead");
            }
            unmet.push_back(id);
            continue;
        }
        const std::optional<Ended> ended = results_.find(id, now_.mono);
        if (!ended || !asker.sees(ended->owner)) {
            return cannot_wait(id,
                               "is not known: it never was, or it ended longer ago than its "
                               "result is kept");
        }
        if (ended->state != JobState::Succeeded) {
            return cannot_wait(id, "has not succeeded");
        }
    }
    keep_each_once(unmet);
    if (dependents_count_ + unmet.size() > policy.limits.dependents_max) {
        return base::fail(Errc::TooManyJobs,
                          "jobs wait for " + std::to_string(dependents_count_) +
                              " others, as many as [limits] dependents_max allows",
                          std::chrono::seconds(1));
    }
    return unmet;
}

// An id that is not known stays unmet: only after a restart, see end_orphans().
void State::wait_for(JobHandle handle, const std::vector<model::JobId>& after) {
    JobExtras& extras = jobs_.map.at(handle).more();
    extras.after = after;
    extras.unmet = static_cast<std::uint32_t>(after.size());
    dependents_count_ += after.size();
    for (const model::JobId& id : after) {
        if (Job* job = jobs_.map.find(find_job(id))) {
            std::vector<JobHandle>& dependents = job->more().dependents;
            // Those that have gone make room before the list grows. It grows all the same when it
            // is still more than half full, or the next one that comes looks at all of it again.
            if (dependents.size() == dependents.capacity()) {
                std::erase_if(dependents,
                              [&](JobHandle one) { return jobs_.map.find(one) == nullptr; });
                dependents.reserve(2 * dependents.size());
            }
            dependents.push_back(handle);
        }
    }
}

// A dead letter that is retried waits for those that can still succeed: also for dead letters,
// which can be retried like itself. What has gone has succeeded, or nobody knows any more.
void State::wait_again(JobHandle handle) {
    std::vector<model::JobId> after = jobs_.map.at(handle).extras->after;
    keep_each_once(after);
    std::erase_if(after, [&](const model::JobId& id) { return !find_job(id).names_something(); });
    wait_only_for(handle, std::move(after));
}

// Pre: the job has extras; `after` has each once.
void State::wait_only_for(JobHandle handle, std::vector<model::JobId>&& after) {
    JobExtras& extras = *jobs_.map.at(handle).extras;
    dependents_count_ -= extras.after.size();
    extras.after = std::move(after);
    dependents_count_ += extras.after.size();
    extras.unmet = static_cast<std::uint32_t>(extras.after.size());
    extras.lost_one = false;
    for (const model::JobId& id : extras.after) {
        Job* job = jobs_.map.find(find_job(id));
        if (job == nullptr) {
            continue;  // only after a restart, see end_orphans()
        }
        // Of one that has not ended it may still be a dependent.
        std::vector<JobHandle>& dependents = job->more().dependents;
        if (std::ranges::find(dependents, handle) == dependents.end()) {
            dependents.push_back(handle);
        }
    }
}

void State::tell_dependents(const Job& job, JobState end, std::string_view text) {
    if (job.extras == nullptr || job.extras->dependents.empty()) {
        return;
    }
    std::string why;
    if (end != JobState::Succeeded) {
        why = "job " + job.id.text() + ", which it waited for, is ";
        why += model::name_of(end);
        why += text.empty() ? "" : ": ";
        why += text.substr(0, model::kTextBytesMax / 2);
    }
    for (const JobHandle handle : std::exchange(job.extras->dependents, {})) {
        const Job* dependent = jobs_.map.find(handle);
        if (dependent == nullptr || dependent->state != JobState::Blocked) {
            continue;
        }
        // What a durable job knows of one that is not must be a fact of its own.
        if (end == JobState::Succeeded && !job.durable) {
            append(*dependent, DependencyMet{dependent->id, job.id});
        }
        consequences_.dependents.push_back({handle, end != JobState::Succeeded, why});
    }
}

void State::settle_dependents() {
    while (!consequences_.dependents.empty()) {
        const Consequences::Dependent next = std::move(consequences_.dependents.front());
        consequences_.dependents.pop_front();
        const Job* job = jobs_.map.find(next.job);
        if (job == nullptr || job->state != JobState::Blocked) {
            continue;  // ended meanwhile
        }
        if (next.dies) {
            release(next.job);
            end_job(next.job, job->sync ? JobState::Failed : JobState::Dead, next.why, {});
        } else {
            dependency_met(next.job);
        }
    }
}

void State::dependency_met(JobHandle handle) {
    JobExtras& extras = *jobs_.map.at(handle).extras;
    if (--extras.unmet == 0) {
        release(handle);
        begin_waiting(handle);
    }
}

// After a restart: jobs that wait for one that was not durable and is gone, or for one whose death
// reached the disk before theirs.
void State::end_orphans() {
    for (std::uint32_t slot = 0; slot < services_.map.slots(); ++slot) {
        const ServiceHandle service = services_.map.handle_at(slot);
        if (!service.names_something()) {
            continue;
        }
        for (JobHandle at = services_.map.at(service).blocked.front(); at.names_something();) {
            const JobHandle handle = at;
            const Job& job = jobs_.map.at(handle);
            at = job.place.next;
            const auto there = std::ranges::count_if(
                job.extras->after,
                [&](const model::JobId& id) { return find_job(id).names_something(); });
            if (job.extras->lost_one) {
                consequences_.dependents.push_back(
                    {handle, true, "a job that it waited for did not succeed"});
            } else if (static_cast<std::uint32_t>(there) < job.extras->unmet) {
                consequences_.dependents.push_back(
                    {handle, true, "a job that it waited for was lost with the broker's restart"});
            }
        }
    }
}

}  // namespace steward::core
