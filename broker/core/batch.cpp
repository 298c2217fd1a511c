// broker/core: batches: jobs under one name, counted together, and the job that follows them.
#include "broker/core/state.hpp"
#include "broker/core/words.hpp"

namespace steward::core {

using base::Errc;
using model::JobState;

namespace {

std::string named(const model::Label& name) {
    return "the batch " + quoted(name.view());
}

}  // namespace

std::optional<base::Error> State::batch_fault(OwnerId owner, const model::Label& name) const {
    const Batch* batch = batches_.map.find(batches_.find(owner, name.view()));
    if (batch == nullptr) {
        return base::Error{Errc::UnknownName, named(name) + " was not opened", {}};
    }
    if (batch->is_closed) {
        return base::Error{Errc::WrongState, named(name) + " is closed and takes no jobs", {}};
    }
    return std::nullopt;
}

void State::apply(const Address& from, const Asker& asker, OpenBatch& request) {
    if (batches_.find(asker.owner, request.name.view()).names_something()) {
        return answer_done(from, 0);
    }
    // After a restart there may be more of them than one too many.
    while (batches_.map.size() >= policy.limits.batches_max && !batches_.ended.empty()) {
        batches_.remove(batches_.ended.front());
    }
    if (batches_.map.size() >= policy.limits.batches_max) {
        return refuse(from,
                      {},
                      {Errc::TooManyNames,
                       std::to_string(batches_.map.size()) +
                           " batches are open, as many as [limits] batches_max allows",
                       std::chrono::seconds(1)});
    }
    if (request.then && request.then->service.is_reserved()) {
        return refuse(
            from,
            request.then->service.view(),
            {Errc::ReservedName, "the service of a batch's job belongs to the broker", {}});
    }
    const Seq seq = appends_.put(
        BatchOpened{request.name, now_.wall, request.then, jobs_.owners.at(asker.owner).name});
    Batch& batch = batches_.map.at(batches_.add(asker.owner, request.name));
    batch.opened_at = now_.wall;
    if (request.then) {
        batch.then = std::make_unique<model::JobSpec>(*std::move(request.then));
    }
    answer_done(from, 1, 0, seq);
}

void State::apply(const Address& from, const Asker& asker, CloseBatch& request) {
    const BatchHandle handle = batches_.find(asker.owner, request.name.view());
    if (!handle.names_something()) {
        return refuse(from, {}, {Errc::UnknownName, named(request.name) + " was not opened", {}});
    }
    Batch& batch = batches_.map.at(handle);
    if (batch.is_closed) {
        return answer_done(from, 0);
    }
    batch.is_closed = true;
    const Seq seq = appends_.put(BatchClosed{batch.name, jobs_.owners.at(batch.owner).name});
    answer_done(from, 1, 0, seq);
    if (batch.is_complete()) {
        consequences_.complete_batches.push_back(handle);
    }
}

void State::count_in_batch(const Job& job, JobState end) {
    Batch* batch = batches_.map.find(job.extras->batch);
    if (batch == nullptr || batch->is_ended) {
        return;
    }
    ++(end == JobState::Succeeded ? batch->succeeded : batch->failed);
    if (batch->is_complete()) {
        consequences_.complete_batches.push_back(job.extras->batch);
    }
}

void State::finish_batches() {
    for (const BatchHandle handle : std::exchange(consequences_.complete_batches, {})) {
        const Batch* batch = batches_.map.find(handle);
        if (batch != nullptr && !batch->is_ended && batch->is_complete()) {
            finish_batch(handle);
        }
    }
}

// One record both ends the batch and accepts what follows it, so that it follows once.
void State::finish_batch(BatchHandle handle) {
    Batch& batch = batches_.map.at(handle);
    QueueHandle queue;
    Submit submit;
    submit.asker = {batch.owner, false};
    if (batch.then != nullptr) {
        submit.spec = *batch.then;
        const ServiceHandle service = service_for(submit.spec.service);
        if (service.names_something()) {
            apply_defaults(submit.spec.options, services_.map.at(service));
            queue = queue_for(service, submit.spec.options.channel);
        }
        if (!queue.names_something()) {
            note(Severity::Error,
                 "batch_without_follower",
                 {{"batch", std::string(batch.name.view())}, {"why", "too many services"}});
        }
    }
    JobHandle follower;
    if (queue.names_something()) {
        submit.spec.options.sync = false;
        JobAccepted origin;
        origin.ends_batch = batch.name;
        follower = create_job(submit, queue, std::move(origin));
        Job& job = jobs_.map.at(follower);
        job.more().ends_batch = batch.name;
        job.more().starts_once = true;
        batch.followed_by = job.id;
    }
    if (!follower.names_something()) {
        appends_.put(BatchEnded{batch.name, jobs_.owners.at(batch.owner).name});
    } else if (Job& job = jobs_.map.at(follower); !job.durable) {
        job.accepted_seq = appends_.put(BatchEnded{batch.name, jobs_.owners.at(batch.owner).name});
    }
    end_batch(handle);
    if (follower.names_something()) {
        begin_waiting(follower);
    }
}

void State::end_batch(BatchHandle handle) {
    Batch& batch = batches_.map.at(handle);
    batch.ended_at = now_.wall;
    batch.forget_at = now_.mono + policy.result_ttl;
    batches_.end(handle);
    if (!announcing.has(model::EventKind::BatchComplete)) {
        return;
    }
    Announce& event = out_->announces.emplace_back();
    event.kind = model::EventKind::BatchComplete;
    event.job = batch.followed_by.value_or(model::JobId{});
    event.service = batch.then != nullptr ? batch.then->service : every_service();
    event.at = now_.wall;
    AnnounceExtras& more = event.more();
    more.names.batch = batch.name;
    more.done = batch.succeeded;
    more.total = batch.total;
    event.owner = jobs_.owners.at(batch.owner).name;
    event.after = appends_.last();
}

void State::forget_old_batches() {
    while (!batches_.ended.empty() &&
           batches_.map.at(batches_.ended.front()).forget_at <= now_.mono) {
        batches_.remove(batches_.ended.front());
    }
}

}  // namespace steward::core
