// broker/core: rebuilding durable jobs from the journal's facts. Each fact moves a job exactly as
// the handler that wrote it did; nothing is announced, sent or appended.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {
namespace {

base::Unexpected contradiction(const model::JobId& id, std::string_view what) {
    std::string text = "the journal says of job ";
    text += id.text();
    text += " that it ";
    text += what;
    return base::fail(base::Errc::Malformed, std::move(text));
}

}  // namespace

base::Unexpected State::too_many_owners() {
    return base::fail(base::Errc::TooManyNames,
                      "the journal tells of jobs of more than " +
                          std::to_string(OwnerTable::kOwnersMax) + " keys");
}

BatchHandle State::restored_batch(const model::Label& owner, const model::Label& name) {
    const auto known = jobs_.owners.named(owner.view());
    return known ? batches_.find(*known, name.view()) : BatchHandle{};
}

base::Expected<void> State::restore(const Record& record) {
    Effects nobody_is_told;
    begin(start_, nobody_is_told);
    is_restoring_ = true;
    const model::EventSet was_announcing = std::exchange(announcing, {});
    const Seq was_last = appends_.last();
    base::Expected<void> result =
        std::visit([&](const auto& fact) { return restore_fact(fact); }, record);
    if (!nobody_is_told.stops.empty()) {  // why the job that it is about could not be looked at
        result = base::fail(base::Errc::Malformed, nobody_is_told.stops.front().why);
    }
    forget_recalled();
    drop_spills();
    open_gates();  // groups are forgotten between facts as they were between inputs
    consequences_.wait = true;
    appends_.go_back_to(was_last);
    announcing = was_announcing;
    is_restoring_ = false;
    return result;
}

// How long ago it was. Clocks may have been set back.
base::Duration State::age_of(base::WallTime instant) const {
    return std::max(now_.wall - instant, base::Duration::zero());
}

// A clock that was set back may bring an instant again at which a run began: this one gives none of
// the ids that there are facts of.
void State::shun_epoch(const model::JobId& id) {
    constexpr std::uint64_t kOneMillisecond = std::uint64_t{1} << 16U;  // above the broker's id
    epochs_.insert(id.epoch);
    while (epochs_.contains(epoch_)) {
        epoch_ += kOneMillisecond;
    }
}

// A job waits for its worker to come back until the broker has settled: an attempt may have begun
// whose fact did not reach the disk.
void State::put_back(JobHandle handle, base::MonoTime due) {
    const Job& job = jobs_.map.at(handle);
    if (job.extras != nullptr && due <= settling_.ends_at) {
        job.extras->run_at.reset();
    }
    if (job.extras != nullptr && job.extras->unmet > 0) {
        block(handle);
    } else {
        schedule(handle, std::max(due, settling_.ends_at));
    }
}

// As it was when it was accepted, and has waited since.
Job State::accepted_job(const JobAccepted& fact, QueueHandle queue) const {
    const model::JobOptions& options = fact.spec.options;
    const base::Duration age = age_of(fact.at);
    Job job = new_job(options, queue);
    job.id = fact.id;
    job.submission = fact.submission;
    job.accepted_at = fact.at;
    job.due -= options.run_at ? base::Duration::zero() : age;
    if (job.expires != base::MonoTime::max()) {
        job.expires -= age;
    }
    job.params = fact.spec.params;
    return job;
}

base::Expected<void> State::restore_fact(const JobAccepted& fact) {
    if (restored_job(fact.id).names_something()) {
        return contradiction(fact.id, "was accepted twice");
    }
    shun_epoch(fact.id);
    const model::JobOptions& options = fact.spec.options;
    const ServiceHandle service = service_for(fact.spec.service);
    const QueueHandle queue =
        service.names_something() ? queue_for(service, options.channel) : QueueHandle{};
    if (!queue.names_something()) {
        return base::fail(base::Errc::TooManyServices, "more services than services_max allows");
    }
    const auto owner = jobs_.owners.named(fact.owner.view());
    if (!owner) {
        return too_many_owners();
    }
    Job job = accepted_job(fact, queue);
    job.owner = *owner;
    if (job.submission.session != 0) {
        // Facts may come in another order than the numbers. What lies a whole window back has been
        // acknowledged, or the client could not have sent this one.
        const std::uint64_t window = policy.limits.in_flight_max;
        const std::uint64_t number = job.submission.number;
        submissions_.acknowledge(job.submission.session,
                                 number < window ? 0 : number - window + 1,
                                 start_.mono,
                                 policy.limits);
        note_submission(job.submission, job);
    }
    const base::MonoTime due = job.due;
    const JobHandle handle = jobs_.add(std::move(job));
    enroll(handle, options);
    if (!fact.schedule.empty()) {
        schedules_.note_run(fact.schedule, fact.instant, fact.id);
    }
    if (const BatchHandle batch = batches_.find(*owner, fact.ends_batch.view());
        batch.names_something()) {
        jobs_.map.at(handle).more().ends_batch = fact.ends_batch;
        batches_.map.at(batch).followed_by = fact.id;
        if (!batches_.map.at(batch).is_ended) {
            end_batch(batch);
        }
    }
    put_back(handle, due);
    return {};
}

base::Expected<void> State::restore_fact(const JobsAccepted& run) {
    JobAccepted fact;
    fact.id = run.first;
    fact.submission.session = run.session;
    fact.at = run.at;
    fact.spec = {run.service, {}, run.options};
    fact.owner = run.owner;
    for (const JobsAccepted::One& one : run.jobs) {
        fact.submission.number = one.submission;
        fact.spec.params = one.params;
        if (auto restored = restore_fact(fact); !restored) {
            return restored;
        }
        ++fact.id.number;
    }
    return {};
}

base::Expected<void> State::restore_fact(const AttemptsStarted& run) {
    for (const AttemptsStarted::One& one : run.attempts) {
        const AttemptStarted fact{{{run.epoch, one.job}, one.attempt}, run.at};
        if (auto restored = restore_fact(fact); !restored) {
            return restored;
        }
    }
    return {};
}

base::Expected<void> State::restore_fact(const JobsSucceeded& run) {
    JobEnded fact;
    fact.state = model::JobState::Succeeded;
    fact.at = run.at;
    for (const JobsSucceeded::One& one : run.jobs) {
        fact.id = {run.epoch, one.job};
        fact.result = one.result;
        if (auto restored = restore_fact(fact); !restored) {
            return restored;
        }
    }
    return {};
}

base::Expected<void> State::restore_fact(const AttemptStarted& fact) {
    const JobHandle handle = restored_job(fact.attempt.job);
    Job* job = jobs_.map.find(handle);
    const std::uint32_t number = fact.attempt.number;
    const bool was_lost = job != nullptr && job->fate == AttemptFate::Lost;
    if (job == nullptr || job->state != model::JobState::Scheduled ||
        number < job->attempt + (was_lost ? 0U : 1U) ||
        (job->attempt > 0 && number - job->attempt > kAttemptsUnwrittenMax)) {
        return contradiction(fact.attempt.job, "was started out of turn");
    }
    // Its worker may come back for it until the broker has settled. Until then all wait, and in the
    // order in which they came.
    resume_attempt(*job, number);
    job->started_at = fact.at;
    const bool keeps_its_place =
        job->due == settling_.ends_at && job->expires == base::MonoTime::max();
    if (!keeps_its_place) {
        release(handle);
    }
    job->expires = base::MonoTime::max();
    if (job->extras != nullptr) {
        job->extras->run_at.reset();
    }
    if (!keeps_its_place) {
        schedule(handle, settling_.ends_at);
    }
    key_on_start(handle);
    return {};
}

base::Expected<void> State::restore_fact(const AttemptFailed& fact) {
    const JobHandle handle = restored_job(fact.attempt.job);
    Job* job = jobs_.map.find(handle);
    if (job == nullptr || job->attempt != fact.attempt.number) {
        return contradiction(fact.attempt.job, "failed in an attempt that was not started");
    }
    ++(fact.was_lost ? job->losses : job->failures);
    job->fate = fact.was_lost ? AttemptFate::Lost : AttemptFate::Over;
    release(handle);
    job->text = fact.text;
    put_back(handle, start_.mono + (fact.due - start_.wall));
    return {};
}

base::Expected<void> State::restore_fact(const AttemptReturned& fact) {
    const JobHandle handle = restored_job(fact.attempt.job);
    Job* job = jobs_.map.find(handle);
    if (job == nullptr || job->attempt != fact.attempt.number || job->attempt == 0) {
        return contradiction(fact.attempt.job, "gave back an attempt that was not started");
    }
    --job->attempt;
    job->fate = AttemptFate::Over;
    retake_key(handle);
    return {};
}

base::Expected<void> State::restore_fact(const AttemptSnoozed& fact) {
    const JobHandle handle = restored_job(fact.attempt.job);
    Job* job = jobs_.map.find(handle);
    if (job == nullptr || job->attempt != fact.attempt.number) {
        return contradiction(fact.attempt.job, "snoozed in an attempt that was not started");
    }
    job->fate = AttemptFate::Over;
    release(handle);
    put_back(handle, start_.mono + (fact.due - start_.wall));
    return {};
}

// Its worker may still be at it. Until the broker has settled it may come back and be told to stop;
// then the job ends.
base::Expected<void> State::restore_fact(const JobCancelled& fact) {
    Job* job = jobs_.map.find(restored_job(fact.id));
    if (job == nullptr) {
        return contradiction(fact.id, "was cancelled without having been accepted");
    }
    job->cancelling = true;
    job->text = "was cancelled";
    return {};
}

base::Expected<void> State::restore_fact(const JobEdited& fact) {
    const JobHandle handle = restored_job(fact.id);
    if (!handle.names_something()) {
        return contradiction(fact.id, "was edited without having been accepted");
    }
    Job& job = jobs_.map.at(handle);
    release(handle);
    job.priority = fact.priority;
    if (fact.params) {
        jobs_.set_params(handle, *fact.params);
    }
    job.meta = fact.meta.value_or(job.meta);
    const base::MonoTime due = start_.mono + (fact.due - start_.wall);
    if (job.extras != nullptr && job.extras->run_at != fact.due) {
        job.extras->run_at.reset();
    }
    job.due = due;
    put_back(handle, due);
    return {};
}

base::Expected<void> State::restore_fact(const DependencyMet& fact) {
    const JobHandle handle = restored_job(fact.id);
    const Job* job = jobs_.map.find(handle);
    if (job == nullptr || job->extras == nullptr || job->extras->unmet == 0) {
        return contradiction(fact.id, "waited for a job that it did not name");
    }
    meet_restored(handle);
    return {};
}

// One that it waited for has succeeded.
void State::meet_restored(JobHandle handle) {
    Job& job = jobs_.map.at(handle);
    if (--job.extras->unmet == 0) {
        release(handle);
        put_back(handle, job.due);
    }
}

// Those that wait for it. Of one that dies with it a fact of its own tells, if it reached the disk.
void State::tell_restored(Job& job, model::JobState end) {
    for (const JobHandle handle : std::exchange(job.extras->dependents, {})) {
        const Job* other = jobs_.map.find(handle);
        if (other == nullptr || other->state != model::JobState::Blocked) {
            continue;
        }
        if (end == model::JobState::Succeeded) {
            meet_restored(handle);
        } else {
            other->extras->lost_one = true;
        }
    }
}

base::Expected<void> State::restore_fact(const JobEnded& fact) {
    const JobHandle handle = restored_job(fact.id);
    if (!handle.names_something()) {
        return contradiction(fact.id, "ended without having been accepted");
    }
    release(handle);
    Job& job = jobs_.map.at(handle);
    job.state = fact.state;
    job.failures = fact.failures;
    job.losses = fact.losses;
    unique_.release(jobs_.map, handle);
    if (fact.state != model::JobState::Dead) {
        job.result_ttl -= age_of(fact.at);
        keep_result(
            job, services_.map.at(job.service), fact.text, model::Payload(fact.result), fact.at, 0);
    }
    if (job.extras != nullptr) {
        tell_restored(job, fact.state);
        count_in_batch(job, fact.state);
    }
    if (fact.state == model::JobState::Dead) {
        keep_dead(handle, fact.text);
    } else {
        forget_job(handle);
    }
    return {};
}

base::Expected<void> State::restore_fact(const JobRetried& fact) {
    const JobHandle handle = restored_job(fact.id);
    Job* job = jobs_.map.find(handle);
    if (job == nullptr || job->state != model::JobState::Dead) {
        return contradiction(fact.id, "was retried without being dead");
    }
    if (job->extras == nullptr && !fact.after.empty()) {
        return contradiction(fact.id, "was retried to wait for others, which it never did before");
    }
    release(handle);
    revive(handle);
    if (!fact.after.empty()) {
        wait_only_for(handle, std::vector(fact.after));
    } else if (job->extras != nullptr) {
        wait_again(handle);  // for nothing, or an earlier release has written it
    }
    job->due = start_.mono;
    put_back(handle, job->due);
    return {};
}

base::Expected<void> State::restore_fact(const JobDiscarded& fact) {
    const JobHandle handle = restored_job(fact.id);
    const Job* job = jobs_.map.find(handle);
    if (job == nullptr || job->state != model::JobState::Dead) {
        return contradiction(fact.id, "was discarded without being dead");
    }
    if (Job& dead = jobs_.map.at(handle); dead.extras != nullptr) {
        tell_restored(dead, model::JobState::Dead);
    }
    release(handle);
    forget_job(handle);
    return {};
}

base::Expected<void> State::restore_fact(const ModesChanged& fact) {
    for (const ModeChange& change : fact.changes) {
        const auto name = model::ServiceName::parse(change.service);
        if (change.service.empty() || (name && service_for(*name).names_something())) {
            set_mode(change);
        }
    }
    return {};
}

// What the configuration says of limits and groups is newer than the journal.
base::Expected<void> State::restore_fact(const LimitSet& fact) {
    const LimitHandle known = limits_.find(fact.limit.name.view());
    if (!known.names_something() || !limits_.map.at(known).is_configured) {
        set_limit(fact.limit, false);
    }
    return {};
}

base::Expected<void> State::restore_fact(const LimitRemoved& fact) {
    const LimitHandle known = limits_.find(fact.name.view());
    if (known.names_something() && !limits_.map.at(known).is_configured) {
        remove_limit(known);
    }
    return {};
}

base::Expected<void> State::restore_fact(const GroupSet& fact) {
    const Group* known = groups_.map.find(groups_.find(fact.name.view()));
    if (known == nullptr || !known->is_configured) {
        set_group({fact.name, fact.weight, fact.limit, fact.spacing});
    }
    return {};
}

base::Expected<void> State::restore_fact(const BatchOpened& fact) {
    const auto owner = jobs_.owners.named(fact.owner.view());
    if (!owner) {
        return too_many_owners();
    }
    BatchHandle known = batches_.find(*owner, fact.name.view());
    if (known.names_something() && batches_.map.at(known).is_ended) {
        batches_.remove(known);  // it was forgotten, which no fact tells, and its name given anew
        known = {};
    }
    if (!known.names_something()) {
        Batch& batch = batches_.map.at(batches_.add(*owner, fact.name));
        batch.opened_at = fact.at;
        if (fact.then) {
            batch.then = std::make_unique<model::JobSpec>(*fact.then);
        }
    }
    return {};
}

base::Expected<void> State::restore_fact(const BatchClosed& fact) {
    const BatchHandle handle = restored_batch(fact.owner, fact.name);
    if (Batch* batch = batches_.map.find(handle)) {
        batch->is_closed = true;
        if (batch->is_complete()) {  // that it has ended may not have reached the disk
            consequences_.complete_batches.push_back(handle);
        }
    }
    return {};
}

base::Expected<void> State::restore_fact(const BatchEnded& fact) {
    const BatchHandle handle = restored_batch(fact.owner, fact.name);
    if (handle.names_something() && !batches_.map.at(handle).is_ended) {
        end_batch(handle);
    }
    return {};
}

}  // namespace steward::core
