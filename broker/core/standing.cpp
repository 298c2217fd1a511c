// broker/core: checkpoints: the facts that the durable state amounts to. Which order they come in
// is part of their meaning.
#include <algorithm>
#include <unordered_map>

#include "broker/core/state.hpp"

namespace steward::core {

using model::JobState;

namespace {

struct Packed {
    model::JobId id;
    BlockHandle block;
    std::size_t index = 0;
};

}  // namespace

base::WallTime State::wall_of(base::MonoTime instant) const {
    return now_.wall + (instant - now_.mono);
}

base::Expected<void> State::write_facts(
    const std::function<base::Expected<void>(const Record&)>& put) const {
    base::Expected<void> result;
    // False: the end.
    const auto write = [&](Record&& record) {
        result = put(record);
        return result.has_value();
    };
    (void)(write_settings(write) && write_submissions(write) && write_batches(write) &&
           write_spilled(write) && write_jobs(write) && write_batch_counts(write) &&
           write_results(write));
    return result;
}

template <class Put>
bool State::write_settings(Put&& put) const {
    ModesChanged modes;
    if (mode_ != Mode::Running) {
        modes.changes.push_back({"", mode_});
    }
    for (std::uint32_t slot = 0; slot < services_.map.slots(); ++slot) {
        const Service* service = services_.map.find(services_.map.handle_at(slot));
        if (service != nullptr && service->mode != Mode::Running) {
            modes.changes.push_back({std::string(service->name.view()), service->mode});
        }
    }
    if (!modes.changes.empty() && !put(std::move(modes))) {
        return false;
    }
    for (std::uint32_t slot = 0; slot < groups_.map.slots(); ++slot) {
        const Group* group = groups_.map.find(groups_.map.handle_at(slot));
        if (group != nullptr && group->is_set && !group->is_configured &&
            !put(GroupSet{group->name, group->weight, group->gate.at_once, group->gate.spacing})) {
            return false;
        }
    }
    for (const auto& [name, handle] : limits_.by_name) {
        const Limit& limit = limits_.map.at(handle);
        if (!limit.is_configured && !put(LimitSet{limit.settings})) {
            return false;
        }
    }
    for (const ScheduleEntry* entry : schedules_.page(0, schedules_.size())) {
        if (!put(ScheduleSet{entry->schedule, entry->mark, entry->is_configured, entry->owner})) {
            return false;
        }
        if (entry->last && entry->last_job &&
            !put(ScheduleRan{entry->schedule.name, *entry->last, *entry->last_job})) {
            return false;
        }
    }
    return true;
}

// That they are there, for their jobs.
template <class Put>
bool State::write_batches(Put&& put) const {
    return each_batch([&](BatchHandle /*handle*/, const Batch& batch) {
        BatchOpened fact{batch.name, batch.opened_at, {}, jobs_.owners.at(batch.owner).name};
        if (batch.then != nullptr) {
            fact.then = *batch.then;
        }
        return put(std::move(fact));
    });
}

// When their jobs have been told: how they stand. Jobs that end with this run are none of theirs
// any more, or they would be waited for without end.
template <class Put>
bool State::write_batch_counts(Put&& put) const {
    std::unordered_map<std::uint32_t, std::uint64_t> volatile_jobs;  // by slot of the batch
    const auto note = [&](const Job& job) {
        if (!job.durable && job.state != JobState::Dead && job.extras != nullptr) {
            ++volatile_jobs[job.extras->batch.slot];
        }
    };
    for (std::uint32_t slot = 0; slot < jobs_.map.slots() && batches_.map.size() > 0; ++slot) {
        if (const Job* job = jobs_.map.find(jobs_.map.handle_at(slot))) {
            note(*job);
        }
    }
    if (batches_.map.size() > 0) {
        each_packed(
            [&](BlockHandle block, std::size_t index) { note(*read_stored(block, index)); });
    }
    return each_batch([&](BatchHandle handle, const Batch& batch) {
        const auto lost = volatile_jobs.find(handle.slot);
        BatchStands fact{batch.name,
                         batch.total - (lost == volatile_jobs.end() ? 0 : lost->second),
                         batch.succeeded,
                         batch.failed,
                         batch.is_closed,
                         {},
                         batch.followed_by,
                         jobs_.owners.at(batch.owner).name};
        if (batch.is_ended) {
            fact.ended_at = batch.ended_at;
        }
        return put(std::move(fact));
    });
}

// Ended ones first, in the order of their ends, then open ones in that of their beginning.
template <class Visit>
bool State::each_batch(Visit&& visit) const {
    for (const BatchTable::List* list : {&batches_.ended, &batches_.open}) {
        for (BatchHandle at = list->front(); at.names_something();
             at = batches_.map.at(at).age.next) {
            if (!visit(at, batches_.map.at(at))) {
                return false;
            }
        }
    }
    return true;
}

// Before the jobs that may wait for them. Lane by lane, or their order would be lost.
template <class Put>
bool State::write_spilled(Put&& put) const {
    bool goes_on = true;
    for (std::uint32_t slot = 0; slot < services_.queues.slots() && spilling_.stored_jobs > 0;
         ++slot) {
        const QueueHandle queue = services_.queues.handle_at(slot);
        goes_on = goes_on && (!queue.names_something() ||
                              lanes_.walk(services_.queues.at(queue), [&](BlockHandle handle) {
                                  const Block& block = lanes_.blocks.at(handle);
                                  return block.spill == nullptr || block.spill->packed != nullptr ||
                                         block.spill->stored == 0 || put(spilled_fact(handle));
                              }));
    }
    return goes_on;
}

// The dead letters, oldest first, then the others in the order of their ids, but each after those
// that it waits for: ids of a run whose clock was set back are lower than earlier ones, and a dead
// letter that was retried may wait for another dead letter.
template <class Put>
bool State::write_jobs(Put&& put) const {
    for (JobHandle at = dead_.front(); at.names_something(); at = jobs_.map.at(at).place.next) {
        if (jobs_.map.at(at).durable && !write_job(jobs_.map.at(at), put)) {
            return false;
        }
    }
    std::vector<JobHandle> handles;
    for (std::uint32_t slot = 0; slot < jobs_.map.slots(); ++slot) {
        const JobHandle handle = jobs_.map.handle_at(slot);
        const Job* job = jobs_.map.find(handle);
        if (job != nullptr && job->durable && !job->adopted && job->state != JobState::Dead) {
            handles.push_back(handle);
        }
    }
    std::ranges::sort(handles, {}, [&](JobHandle handle) { return jobs_.map.at(handle).id; });
    std::vector<Packed> packed;
    each_packed([&](BlockHandle block, std::size_t index) {
        const Spill& spill = *lanes_.blocks.at(block).spill;
        std::string room;
        if (PackedJobs::is_durable(*stored_bytes(spill, index, index + 1, room))) {
            packed.push_back({spill.entries.id(index), block, index});
        }
    });
    std::ranges::sort(packed, {}, &Packed::id);
    auto next_packed = packed.begin();
    // Nobody waits for one that is packed, nor does it for any.
    const auto write_packed = [&](const model::JobId& below) {
        for (; next_packed != packed.end() && next_packed->id < below; ++next_packed) {
            if (!write_job(*read_stored(next_packed->block, next_packed->index), put)) {
                return false;
            }
        }
        return true;
    };
    std::vector<bool> is_reached(jobs_.map.slots());
    std::vector<JobHandle> path;  // each waits for the next
    for (const JobHandle first : handles) {
        if (!write_packed(jobs_.map.at(first).id)) {
            return false;
        }
        if (!is_reached[first.slot]) {
            is_reached[first.slot] = true;
            path.push_back(first);
        }
        while (!path.empty()) {
            if (const JobHandle next = unreached(path.back(), is_reached); next.names_something()) {
                is_reached[next.slot] = true;
                path.push_back(next);
            } else if (!write_job(jobs_.map.at(path.back()), put)) {
                return false;
            } else {
                path.pop_back();
            }
        }
    }
    return write_packed({UINT64_MAX, UINT64_MAX});
}

template <class Visit>
void State::each_packed(Visit&& visit) const {
    for (std::uint32_t slot = 0; slot < lanes_.blocks.slots(); ++slot) {
        const BlockHandle handle = lanes_.blocks.handle_at(slot);
        const Block* block = lanes_.blocks.find(handle);
        if (block == nullptr || block->spill == nullptr || block->spill->packed == nullptr) {
            continue;
        }
        for (std::size_t i = block->spill->first; i < block->spill->places.size(); ++i) {
            if (block->spill->places[i] == Spill::Place::Stored) {
                visit(handle, i);
            }
        }
    }
}

// One of the jobs that this one waits for which is to be written before it and was not thought of.
JobHandle State::unreached(JobHandle handle, const std::vector<bool>& is_reached) const {
    const Job& job = jobs_.map.at(handle);
    if (job.extras == nullptr || job.extras->unmet == 0) {
        return {};
    }
    for (const model::JobId& id : job.extras->after) {
        const JobHandle other = jobs_.find(id);
        const Job* found = jobs_.map.find(other);
        if (found != nullptr && found->durable && !found->adopted &&
            found->state != JobState::Dead && !is_reached[other.slot]) {
            return other;
        }
    }
    return {};
}

template <class Put>
bool State::write_job(const Job& job, Put&& put) const {
    const bool is_dead = job.state == JobState::Dead;
    if (!put(accepted_fact(job)) || !put(standing_fact(job))) {
        return false;
    }
    return !is_dead ||
           put(JobEnded{job.id, JobState::Dead, now_.wall, job.text, {}, job.failures, job.losses});
}

JobAccepted State::accepted_fact(const Job& job) const {
    JobAccepted accepted;
    accepted.id = job.id;
    accepted.submission = job.submission;
    accepted.at = job.accepted_at;
    accepted.spec = {name_of_service(job), job.params, options_of(job)};
    accepted.owner = jobs_.owners.at(job.owner).name;
    return accepted;
}

JobStands State::standing_fact(const Job& job) const {
    JobStands stands;
    stands.id = job.id;
    stands.attempt = job.attempt;
    stands.fate = job.fate;
    stands.is_active = job.state == JobState::Active;
    stands.is_cancelling = job.cancelling;
    stands.failures = job.failures;
    stands.losses = job.losses;
    stands.failures_max = job.failures_max;
    stands.losses_max = job.losses_max;
    stands.due = wall_of(std::max(job.due, now_.mono - model::kDurationMax));
    if (job.expires != base::MonoTime::max()) {
        stands.expires = wall_of(job.expires);
    }
    stands.started_at = job.started_at;
    stands.text = job.text;
    return stands;
}

// What it came with, as far as it still counts. Instants are told by JobStands.
model::JobOptions State::options_of(const Job& job) const {
    model::JobOptions options;
    options.sync = job.sync;
    options.durable = job.durable;
    options.priority = job.priority;
    options.time_limit = job.time_limit;
    options.result_ttl = job.result_ttl;
    options.channel = services_.queues.at(job.queue).channel;
    options.meta = job.meta;
    if (job.extras == nullptr) {
        return options;
    }
    const JobExtras& extras = *job.extras;
    options.run_at = extras.run_at;
    options.context = extras.context;
    options.backoff = extras.backoff;
    options.backoff_max = extras.backoff_max;
    options.unique = extras.unique;
    options.unique_params = extras.unique_params;
    if (extras.is_unique()) {
        options.unique_scope = extras.unique_scope;
    }
    if (extras.memory_limit != 0) {
        options.memory_limit = extras.memory_limit;
    }
    tell_group(extras.group, options);
    if (const Batch* batch = batches_.map.find(extras.batch)) {
        options.batch = batch->name;
    }
    // Those that have succeeded are gone.
    if (extras.unmet > 0 || job.state == JobState::Dead) {
        std::ranges::copy_if(
            extras.after, std::back_inserter(options.after), [&](const model::JobId& id) {
                return jobs_.find(id).names_something() || is_stored(id);
            });
    }
    return options;
}

void State::tell_group(GroupHandle handle, model::JobOptions& options) const {
    const Group* group = groups_.map.find(handle);
    if (group == nullptr) {
        return;
    }
    options.group = group->name;
    options.group_weight = group->weight;
    if (group->gate.at_once != 0) {
        options.group_limit = group->gate.at_once;
    }
    if (group->gate.spacing != base::Duration::zero()) {
        options.group_rate = model::Rate{group->gate.spacing};
    }
}

template <class Put>
bool State::write_results(Put&& put) const {
    for (std::uint64_t number = results_.first(); number < results_.end(); ++number) {
        if (!results_.is_durable(number) || results_.forget_at(number) <= now_.mono) {
            continue;
        }
        const Ended ended = results_.at(number);
        const JobNames names = ended.names != nullptr ? *ended.names : JobNames{};
        if (!put(ResultKept{ended.id,
                            ended.service,
                            ended.state,
                            ended.priority,
                            ended.attempt,
                            std::string(ended.text.view()),
                            ended.result,
                            ended.accepted_at,
                            ended.started_at,
                            ended.ended_at,
                            wall_of(ended.forget_at),
                            ended.channel,
                            names.context,
                            names.group,
                            names.batch,
                            jobs_.owners.at(ended.owner).name})) {
            return false;
        }
    }
    return true;
}

// Before the jobs, so that no window begins lower than it did.
template <class Put>
bool State::write_submissions(Put&& put) const {
    bool goes_on = true;
    submissions_.visit_seen([&](SubmissionsSeen&& fact) {
        goes_on = goes_on && (fact.seen.empty() || put(std::move(fact)));
    });
    return goes_on;
}

}  // namespace steward::core
