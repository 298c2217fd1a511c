// broker/core: neighbours in one message that are alike. What they have in common is looked up and
// decided once; what is special about one of them is left to the handler of its kind.
#include <algorithm>
#include <span>

#include "broker/core/state.hpp"

namespace steward::core {

using model::EventKind;

// What the jobs of a run have in common, as far as they are of one service.
struct State::Alike {
    model::JobOptions options;  // with the service's defaults
    // A copy of those that were announced; null: none.
    std::shared_ptr<const model::JobOptions> announced;
    Job job;                                   // all but its identity and params
    const model::ServiceName* name = nullptr;  // the service's
    Service* service = nullptr;   // null: there is more to its jobs than that they come in and wait
    Queue* queue = nullptr;       // its; null: `options` and `job` are of none yet
    bool has_defaults = false;    // `options` are not those of the run alone
    bool is_special = false;      // those of the run are, whatever the service
    bool may_start = false;       // as far as the service goes
    std::size_t fact = SIZE_MAX;  // where the one stands that tells of those taken in so far
};

namespace {

// Where neighbours are of different services, the names of so many further on are looked at before.
constexpr std::size_t kLookAhead = 8;

// Nothing more than that the job comes in and waits for a worker.
bool is_plain(const model::JobOptions& options) {
    return !options.is_unique() && options.group.empty() && options.batch.empty() &&
           options.after.empty() && !options.wait && !options.delay && !options.run_at &&
           !options.expires_in;
}

bool is_of_other(const SubmitRun::One& one, const model::ServiceName& service) {
    return !one.service.view().empty() && one.service != service;
}

// How many, from this one on, are of its service; as many as a fact tells of at the most.
std::size_t neighbours_from(const SubmitRun& run, std::size_t index) {
    const std::size_t most = std::min(run.jobs.size() - index, Appends::kNeighboursMax);
    std::size_t count = 1;
    while (count < most && run.jobs[index + count].service.view().empty()) {
        ++count;
    }
    return count;
}

void look_ahead(const ServiceTable& services, const SubmitRun& run, std::size_t next) {
    if (next + kLookAhead < run.jobs.size()) {
        services.expect(run.jobs[next + kLookAhead].service);
    }
}

// Where jobs of one service line up, whether its crews know that some of their priority wait, and
// whether one of their workers may have room for them.
struct Joined {
    // `nobody_has`: they were asked just now. Where others wait that may start, nobody has room
    // either.
    Joined(LaneTable& lanes, Queue& queue, const Job& job, bool nobody_has) {
        const Level* first = queue.levels.front();
        is_listed = first != nullptr && first->priority >= job.priority;
        may_have_room = !nobody_has && first == nullptr;
        place = lanes.place_for(queue, job);
    }

    LaneTable::Place place;
    bool is_listed = false;
    bool may_have_room = false;
};

}  // namespace

void State::on(SubmitRun& run) {
    Alike alike;
    aim(run, run.service, alike);
    for (std::size_t next = 0; next < run.jobs.size(); ++next) {
        if (is_of_other(run.jobs[next], *alike.name)) {
            aim(run, run.jobs[next].service, alike);
        }
        if (alike.service != nullptr) {
            next = admit_alike(run, next, alike);
        }
        if (next == run.jobs.size()) {
            return;
        }
        SubmitRun::One& one = run.jobs[next];
        Submit submit;
        submit.from = {run.from.peer, one.number, run.from.form};
        submit.submission = {run.session, one.number};
        submit.unknown = run.unknown;
        submit.spec = {*alike.name, std::move(one.params), run.options};
        submit.asker = run.asker;
        on(submit);
        aim(run, *alike.name, alike);  // that one may have changed what there is
    }
}

// The jobs that come next are of this service, whose name is the run's.
void State::aim(const SubmitRun& run, const model::ServiceName& name, Alike& alike) {
    alike.name = &name;
    alike.service = nullptr;
    alike.fact = SIZE_MAX;
    if (alike.is_special) {
        return;
    }
    const ServiceHandle handle = services_.find(name);  // of a name of the broker's: none
    if (!handle.names_something()) {
        return;
    }
    Service& service = services_.map.at(handle);
    if (draining_ || !service.known() || !takes_jobs(mode_of(service))) {
        return;
    }
    const bool is_new = alike.queue == nullptr || alike.has_defaults || service.defaults != nullptr;
    if (is_new) {
        alike.queue = nullptr;
        alike.has_defaults = service.defaults != nullptr;
        alike.options = run.options;
        alike.announced.reset();
        apply_defaults(alike.options, service);
        if (!is_plain(alike.options)) {
            alike.is_special = !alike.has_defaults;
            return;
        }
    }
    const bool has_default =
        alike.options.channel.empty() && service.default_queue.names_something();
    const QueueHandle queue =
        has_default ? service.default_queue : queue_for(handle, alike.options.channel);
    if (!queue.names_something()) {
        return;
    }
    if (is_new) {
        alike.job = new_job(alike.options, queue);
        alike.job.owner = run.asker.owner;
    }
    alike.queue = &services_.queues.at(queue);
    alike.job.queue = queue;
    alike.job.service = handle;
    if (alike.job.extras != nullptr) {
        alike.is_special = !alike.has_defaults;
        return;
    }
    alike.service = &service;
    alike.may_start = may_begin(service);
}

// Takes jobs in from `first` on up to one that is special, and says which that is; `alike` is aimed
// at its service. Pre: at that of the first, which is not null.
std::size_t State::admit_alike(SubmitRun& run, std::size_t first, Alike& alike) {
    auto opening =
        submissions_.opening(run.session, run.jobs[first].number, now_.mono, policy.limits);
    const bool is_told = !run.options.sync;
    std::uint64_t number = 0;  // the first of those that `taken` tells of
    JobsTaken taken{{}, 0};
    Seq accepted_seq = 0;
    const auto tell = [&] {
        if (taken.count > 0) {
            send({run.from.peer, number, run.from.form}, JobsTaken(taken), accepted_seq);
        }
    };
    std::optional<Joined> joined;  // of the service, when one of its jobs waits
    Row row;                       // of those that begin at once
    const auto dispatch = [&] {
        if (joined && !joined->is_listed) {
            list_turn(alike.job.queue);
        }
        if (joined && joined->may_have_room) {
            dispatch_queue(alike.job.queue);
        }
        joined.reset();
    };
    std::size_t next = first;
    for (; next < run.jobs.size(); ++next) {
        SubmitRun::One& one = run.jobs[next];
        if (is_of_other(one, *alike.name)) {
            look_ahead(services_, run, next);
            dispatch();
            aim(run, one.service, alike);
            if (alike.service == nullptr) {
                break;
            }
        }
        Submission* submission = opening.take(one.number);
        if (submission == nullptr || !has_room_for(*alike.service, one.params.bytes.size()) ||
            !jobs_.owners.has_room(alike.job.owner, one.params.bytes.size(), now_.mono)) {
            break;
        }
        const JobHandle handle = create_alike(run, next, alike, *submission);
        if (is_told && (taken.count == 0 || one.number != number + taken.count)) {
            tell();
            taken = {jobs_.map.at(handle).id, 0};
            number = one.number;
        }
        taken.count += is_told ? 1 : 0;
        accepted_seq = jobs_.map.at(handle).accepted_seq;
        if (!joined) {
            const bool is_first = alike.may_start && alike.queue->is_idle();
            if (is_first && begin_in_row(handle, *alike.queue, row, run.jobs.size() - next)) {
                continue;
            }
            joined.emplace(lanes_, *alike.queue, jobs_.map.at(handle), is_first);
        }
        line_up(handle, joined->place, back_for(alike.job));
        ++alike.service->ready;
    }
    tell();
    dispatch();
    return next;
}

bool State::has_room_for(const Service& service, std::size_t bytes) const {
    const model::Limits& limits = policy.limits;
    const std::size_t most = service.jobs_max != 0 ? service.jobs_max : limits.jobs_per_service_max;
    return service.jobs() < most && waiting_and_running() < limits.jobs_max &&
           jobs_.payload_bytes() + bytes <= limits.payload_bytes_total_max;
}

JobHandle State::create_alike(SubmitRun& run,
                              std::size_t index,
                              Alike& alike,
                              Submission& submission) {
    SubmitRun::One& one = run.jobs[index];
    const model::JobId id{epoch_, ++job_numbers_};
    const bool is_announced = announcing.has(EventKind::Received);
    if (alike.job.durable) {
        submission.accepted_seq = append_accepted(run, index, id, alike);
        submission.durable = true;
    }
    submission.job = id;
    const JobHandle handle = jobs_.add_like(
        alike.job, id, is_announced ? model::Payload(one.params) : std::move(one.params));
    jobs_.owners.spend(alike.job.owner, now_.mono);
    Job& job = jobs_.map.at(handle);
    job.submission = {run.session, one.number};
    job.accepted_seq = submission.accepted_seq;
    if (job.sync) {
        job.waiter = {run.from.peer, one.number, run.from.form};
    }
    ++alike.service->accepted;
    ++counters.accepted;
    if (is_announced) {
        if (alike.announced == nullptr) {
            alike.announced = std::make_shared<const model::JobOptions>(alike.options);
        }
        announce(job, EventKind::Received)->received = std::make_unique<Received>(
            Received{job.submission, std::move(one.params), alike.announced});
    }
    return handle;
}

Seq State::append_accepted(const SubmitRun& run,
                           std::size_t at,
                           const model::JobId& id,
                           Alike& alike) {
    const SubmitRun::One& one = run.jobs[at];
    const bool is_small =
        one.params.bytes.size() + alike.options.meta.size() <= Appends::kNeighbourBytesMax;
    const auto owner = [&] {
        return alike.job.owner == kNobody ? model::Label() : jobs_.owners.at(alike.job.owner).name;
    };
    if (!is_small || (alike.fact == SIZE_MAX && neighbours_from(run, at) == 1)) {
        return appends_.put(JobAccepted{id,
                                        {run.session, one.number},
                                        now_.wall,
                                        {*alike.name, one.params, alike.options},
                                        {},
                                        {},
                                        {},
                                        owner()});
    }
    JobsAccepted* fact = appends_.accepting_at(alike.fact);
    if (fact == nullptr || fact->first.number + fact->jobs.size() != id.number) {
        fact = &appends_.put<JobsAccepted>();
        alike.fact = appends_.place_of_last();
        *fact = {id, run.session, now_.wall, *alike.name, alike.options, owner(), {}};
        fact->jobs.reserve(neighbours_from(run, at));
    }
    fact->jobs.push_back({one.number, one.params});
    return appends_.seq_at(alike.fact);
}

void State::on(FinishRun& run) {
    const WorkerHandle handle = workers_.find(run.from);
    if (!handle.names_something()) {
        for (FinishRun::One& one : run.attempts) {
            Finish finish{run.from, run.form, one.attempt, {}, one.run_time};
            finish.outcome.result = std::move(one.result);
            on(finish);
        }
        return;
    }
    Worker& worker = workers_.map.at(handle);
    refresh(worker);
    // What ends before so many others in one message is never seen in the history.
    const std::size_t seen = policy.limits.history_jobs_max;
    std::size_t unseen = run.attempts.size() - std::min(run.attempts.size(), seen);
    if (unseen > 0 && count_held(handle, std::span(run.attempts).last(seen)) < seen) {
        unseen = 0;
    }
    for (FinishRun::One& one : run.attempts) {
        history_.expect(unseen > 0 ? seen : 0);
        unseen -= std::min<std::size_t>(unseen, 1);
        const JobHandle job = held_job(worker.held.front(), handle, one.attempt);
        if (!job.names_something()) {
            ++counters.late_results;
            forget_overdue(handle, one.attempt);
            continue;
        }
        measure(worker, one.run_time);
        count_run(jobs_.map.at(job), one.run_time);
        succeed(worker, job, std::move(one.result));
    }
    go_on(handle);
}

std::size_t State::count_held(WorkerHandle by, std::span<const FinishRun::One> of) const {
    std::size_t count = 0;
    JobHandle likely = workers_.map.at(by).held.front();
    for (const FinishRun::One& one : of) {
        const JobHandle job = held_job(likely, by, one.attempt);
        if (job.names_something()) {
            likely = jobs_.map.at(job).place.next;
            ++count;
        }
    }
    return count;
}

}  // namespace steward::core
