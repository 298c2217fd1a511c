// broker/core: a job from its options: defaults, its service, queue, group and batch.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {

// What an earlier run had forgotten in time is there again while its facts are read.
std::size_t State::services_max() const {
    return is_restoring_ ? SIZE_MAX : policy.limits.services_max;
}

// The service of this name, made if need be; names nothing when there are too many.
ServiceHandle State::service_for(const model::ServiceName& name) {
    const ServiceHandle existing = services_.find(name);
    if (existing.names_something()) {
        return existing;
    }
    return services_.make_room(1, services_max(), now_.mono) ? services_.add(name)
                                                             : ServiceHandle{};
}

// The service's queue of this channel, made if need be; names nothing when there are too many.
QueueHandle State::queue_for(ServiceHandle service, const model::Label& channel) {
    const std::string_view name =
        channel.view() == model::kDefaultChannel ? std::string_view() : channel.view();
    const QueueHandle existing = services_.find_queue(service, name);
    if (existing.names_something()) {
        return existing;
    }
    // A service's first queue is counted with it: a service may always have one.
    const bool is_first = services_.map.at(service).queues.empty();
    if (!is_first && services_.queues.size() >= services_max()) {
        return {};
    }
    return services_.add_queue(service, model::Label(name));
}

// What the submitter did not say, the service's configuration does.
void State::apply_defaults(model::JobOptions& options, const Service& service) const {
    if (service.defaults == nullptr) {
        return;
    }
    const model::JobOptions& defaults = *service.defaults;
    const auto fill = [](auto& value, const auto& otherwise) {
        if (!value) {
            value = otherwise;
        }
    };
    const auto fill_label = [](model::Label& value, const model::Label& otherwise) {
        if (value.empty()) {
            value = otherwise;
        }
    };
    if (!options.sync) {
        fill(options.durable, defaults.durable);
        fill(options.result_ttl, defaults.result_ttl);
    }
    fill(options.priority, defaults.priority);
    fill(options.expires_in, defaults.expires_in);
    fill(options.time_limit, defaults.time_limit);
    fill(options.memory_limit, defaults.memory_limit);
    fill(options.max_attempts, defaults.max_attempts);
    fill(options.backoff, defaults.backoff);
    fill(options.backoff_max, defaults.backoff_max);
    fill_label(options.channel, defaults.channel);
    fill_label(options.group, defaults.group);
    if (!options.group.empty()) {
        fill(options.group_limit, defaults.group_limit);
        fill(options.group_rate, defaults.group_rate);
        fill(options.group_weight, defaults.group_weight);
    }
}

// A job with these options as of now; its identity and params are the caller's to fill in, its
// place among others is enroll()'s.
Job State::new_job(const model::JobOptions& options, QueueHandle queue) const {
    Job job;
    job.queue = queue;
    job.service = services_.queues.at(queue).service;
    job.meta = options.meta;
    job.accepted_at = now_.wall;
    job.due = now_.mono + options.delay.value_or(base::Duration::zero());
    if (options.run_at) {
        job.due = now_.mono + (*options.run_at - now_.wall);
        job.more().run_at = options.run_at;
    }
    job.expires = options.expires_in ? now_.mono + *options.expires_in : base::MonoTime::max();
    job.time_limit = options.time_limit.value_or(policy.time_limit);
    job.priority = options.priority.value_or(model::kPriorityNormal);
    job.sync = options.sync;
    job.durable = options.durable.value_or(!options.sync);
    job.result_ttl =
        options.result_ttl.value_or(options.sync ? base::Duration::zero() : policy.result_ttl);
    // Failures count against max_attempts. A lost worker is nobody's fault: unless the submitter
    // named a number, a sync job survives as many as the policy allows.
    job.failures_max = options.max_attempts.value_or(options.sync ? policy.max_attempts_sync
                                                                  : policy.max_attempts_async);
    job.losses_max = options.max_attempts.value_or(policy.max_losses);
    if (!options.context.empty()) {
        job.more().context = options.context;
    }
    if (options.memory_limit) {
        job.more().memory_limit = *options.memory_limit;
    }
    if (options.backoff || options.backoff_max) {
        job.more().backoff = options.backoff;
        job.more().backoff_max = options.backoff_max;
    }
    if (options.is_unique()) {
        JobExtras& extras = job.more();
        extras.unique = options.unique;
        extras.unique_params = options.unique_params;
        extras.unique_scope = options.unique_scope.value_or(model::UniqueScope::Running);
    }
    return job;
}

// `origin` says what the submission does not: which schedule or batch it comes from. Pre: nothing
// is in the way any more.
JobHandle State::create_job(Submit& submit, QueueHandle queue, JobAccepted&& origin) {
    const model::JobOptions& options = submit.spec.options;
    Job job = new_job(options, queue);
    job.id = {epoch_, ++job_numbers_};
    job.submission = submit.submission;
    job.owner = submit.asker.owner;
    jobs_.owners.spend(job.owner, now_.mono);
    if (options.sync) {
        job.waiter = submit.from;
    }
    ++services_.map.at(job.service).accepted;
    ++counters.accepted;
    if (job.durable) {
        origin.id = job.id;
        origin.submission = job.submission;
        origin.at = now_.wall;
        origin.spec = submit.spec;
        origin.owner = jobs_.owners.at(job.owner).name;
        job.accepted_seq = appends_.put(std::move(origin));
    }
    note_submission(submit.submission, job);
    const bool is_told = announcing.has(model::EventKind::Received);
    job.params = is_told ? submit.spec.params : std::move(submit.spec.params);
    const JobHandle handle = jobs_.add(std::move(job));
    enroll(handle, options);
    if (Announce* event = announce(jobs_.map.at(handle), model::EventKind::Received)) {
        event->received = std::make_unique<Received>(
            Received{submit.submission,
                     std::move(submit.spec.params),
                     std::make_shared<const model::JobOptions>(options)});
    }
    return handle;
}

// Enters a new job into the tables that its options name.
void State::enroll(JobHandle handle, const model::JobOptions& options) {
    if (!options.group.empty()) {
        join_group(handle, options);
    }
    if (!options.batch.empty()) {
        const BatchHandle batch = batches_.find(jobs_.map.at(handle).owner, options.batch.view());
        if (batch.names_something()) {
            jobs_.map.at(handle).more().batch = batch;
            ++batches_.map.at(batch).total;
        }
    }
    if (options.is_unique() &&
        !unique_.find(jobs_.map, UniqueTable::key_of(jobs_.map.at(handle))).names_something()) {
        unique_.take(jobs_.map, handle);
    }
    if (!options.after.empty()) {
        wait_for(handle, options.after);
    }
}

// Whether its jobs may begin without a look at what they wait for.
bool State::may_begin(const Service& service) const {
    return service.limits.empty() && starts_jobs(mode_of(service));
}

// Where nothing waits and the worker has room there is no need to wait in a list. The caller ends
// the worker's turn. Pre: the service may_begin(), the queue is idle, the job has no extras and
// does not expire.
void State::begin_at_once(JobHandle handle, WorkerHandle worker) {
    Job& job = jobs_.map.at(handle);
    job.ready_at = now_.mono;
    announce(job, model::EventKind::Enqueued);
    announce(job, model::EventKind::Dequeued);
    start_attempt(handle, job, worker, workers_.map.at(worker));
}

// The same for one of those that come in together, `jobs_left` with it. False: nobody has room.
bool State::begin_in_row(JobHandle handle, const Queue& queue, Row& row, std::size_t jobs_left) {
    const WorkerHandle worker = pick_in_row(queue, row);
    if (!worker.names_something()) {
        return false;
    }
    begin_at_once(handle, worker);
    go_on_in_row(row, jobs_left);
    return true;
}

// A new job enters its first list.
void State::begin_waiting(JobHandle handle) {
    const Job& job = jobs_.map.at(handle);
    if (job.extras != nullptr && job.extras->unmet > 0) {
        block(handle);
        return;
    }
    if (job.due > now_.mono) {
        schedule(handle, job.due);
        return;
    }
    const bool is_plain = job.extras == nullptr && job.expires == base::MonoTime::max();
    const Queue& queue = services_.queues.at(job.queue);
    if (is_plain && queue.is_idle() && may_begin(services_.map.at(job.service))) {
        const WorkerHandle worker = pick_worker(queue);
        if (worker.names_something()) {
            begin_at_once(handle, worker);
            take_turn(worker, true);
            return;
        }
    }
    make_ready(handle, false);
    dispatch_queue(job.queue);
}

}  // namespace steward::core
