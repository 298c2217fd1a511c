// broker/core: what the broker tells about itself. Reads only; every listing is cut at
// report_rows_max.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {
namespace {

constexpr std::uint64_t kPlacesCountedMax = 100'000;

constexpr std::size_t kLanesCountedMax = 1'000;

bool wanted(const std::string& service, const model::ServiceName& name) {
    return service.empty() || name.view() == service;
}

}  // namespace

void State::on(Query& query) {
    const std::string& service = query.which.service;
    const model::JobId job = query.which.jobs.empty() ? model::JobId{} : query.which.jobs.front();
    query.which.asker = query.asker;
    std::optional<model::Report> report;
    if (!query.which.jobs.empty()) {
        find_job(job);  // one that is in the store is looked at in memory
    }
    switch (query.kind) {
        case QueryKind::Jobs: report = list_jobs(query.which); break;
        case QueryKind::Active: report = list_active(query.which); break;
        case QueryKind::History: report = list_history(query.which); break;
        case QueryKind::Workers: report = list_workers(service); break;
        case QueryKind::Services: report = list_services(service); break;
        case QueryKind::Broker: report = report_broker(); break;
        case QueryKind::Status: report = report_status(job, query.asker); break;
        case QueryKind::Why: report = report_why(job, query.asker); break;
        case QueryKind::List: report = list_page(query); break;
        case QueryKind::Groups: report = list_groups(query); break;
        case QueryKind::Limits: report = list_limits(); break;
        case QueryKind::Schedules: report = list_schedules(query); break;
        case QueryKind::Batches: report = list_batches(query); break;
        case QueryKind::ServiceKnown: {
            const Service* known = services_.map.find(services_.find(service));
            report = model::ServiceKnown{known != nullptr && known->workers > 0};
            break;
        }
    }
    if (!report) {
        send(
            query.from,
            Refused{{base::Errc::UnknownJob,
                     "no job " + job.text() +
                         " is waiting, running, dead, kept for its result or " + "among the last " +
                         std::to_string(policy.limits.history_jobs_max) + " finished",
                     {}},
                    {}});
        return;
    }
    send(query.from, Answer{query.kind, std::make_unique<model::Report>(*std::move(report))});
}

model::JobRow State::row_of(const Job& job) const {
    model::JobRow row;
    row.id = job.id;
    row.service = name_of_service(job);
    row.state = job.state;
    row.sync = job.sync;
    row.priority = job.priority;
    row.attempt = job.attempt;
    if (job.waiter.peer.value != 0) {
        row.client = job.waiter.peer;
    }
    if (const Worker* worker = workers_.map.find(job.worker)) {
        row.worker = worker->address.peer;
    }
    row.accepted_at = job.accepted_at;
    if (job.attempt > 0) {
        row.started_at = job.started_at;
    }
    if (job.state == model::JobState::Scheduled) {
        row.due_at = now_.wall + (job.due - now_.mono);
    }
    row.params = job.params;
    row.text = job.text;
    row.failures = job.failures;
    row.losses = job.losses;
    row.channel = services_.queues.at(job.queue).channel;
    row.owner = jobs_.owners.at(job.owner).name;
    if (job.extras != nullptr) {
        row.context = job.extras->context;
        if (const Group* group = groups_.map.find(job.extras->group)) {
            row.group = group->name;
        }
        if (const Batch* batch = batches_.map.find(job.extras->batch)) {
            row.batch = batch->name;
        }
    }
    return row;
}

model::JobReport State::list_jobs(const JobFilter& which) {
    model::JobReport report;
    const std::size_t rows_max = policy.limits.report_rows_max;
    for (std::uint32_t slot = 0; slot < services_.map.slots(); ++slot) {
        const ServiceHandle handle = services_.map.handle_at(slot);
        if (!handle.names_something() || !wanted(which.service, services_.map.at(handle).name)) {
            continue;
        }
        const Service& one = services_.map.at(handle);
        if (which.asker.sees_all) {
            report.total += one.ready + one.scheduled.size() + one.blocked.size();
        }
        const auto take = [&](JobHandle job) {
            if (report.rows.size() >= rows_max) {
                return false;
            }
            if (which.asker.sees(jobs_.map.at(job).owner)) {
                report.rows.push_back(row_of(jobs_.map.at(job)));
            }
            return true;
        };
        for (const QueueHandle queue : one.queues) {
            lanes_.walk(services_.queues.at(queue), [&](BlockHandle block) {
                const Lane& lane = lanes_.map.at(lanes_.blocks.at(block).lane);
                return !which.asker.sees(lane.owner) || std::ranges::all_of(jobs_of(block), take);
            });
        }
        for (const JobList* list : {&one.scheduled, &one.blocked}) {
            for (JobHandle at = list->front(); at.names_something() && take(at);) {
                at = jobs_.map.at(at).place.next;
            }
        }
    }
    report.total = std::max(report.total, report.rows.size());
    return report;
}

model::JobReport State::list_active(const JobFilter& which) const {
    model::JobReport report;
    for (std::uint32_t slot = 0; slot < workers_.map.slots(); ++slot) {
        const WorkerHandle handle = workers_.map.handle_at(slot);
        if (!handle.names_something()) {
            continue;
        }
        for (JobHandle at = workers_.map.at(handle).held.front(); at.names_something();) {
            const Job& job = jobs_.map.at(at);
            if (which.asker.sees(job.owner) && wanted(which.service, name_of_service(job))) {
                ++report.total;
                if (report.rows.size() < policy.limits.report_rows_max) {
                    report.rows.push_back(row_of(job));
                }
            }
            at = job.place.next;
        }
    }
    return report;
}

model::JobReport State::list_history(const JobFilter& which) const {
    model::JobReport report;
    for (std::size_t i = history_.size(); i > 0; --i) {
        const Past& past = history_[i - 1];
        if (which.asker.sees(past.owner) && wanted(which.service, past.service)) {
            ++report.total;
            if (report.rows.size() < policy.limits.report_rows_max) {
                report.rows.push_back(past.row(jobs_.owners));
            }
        }
    }
    return report;
}

model::WorkerReport State::list_workers(const std::string& service) const {
    model::WorkerReport report;
    const ServiceHandle only = services_.find(service);
    for (std::uint32_t slot = 0; slot < workers_.map.slots(); ++slot) {
        const WorkerHandle handle = workers_.map.handle_at(slot);
        if (!handle.names_something()) {
            continue;
        }
        const Worker& worker = workers_.map.at(handle);
        const Crew& crew = workers_.crews.at(worker.crew);
        if (!service.empty() && !std::ranges::binary_search(crew.services, only)) {
            continue;
        }
        ++report.total;
        if (report.rows.size() < policy.limits.report_rows_max) {
            report.rows.push_back(row_of(worker));
        }
    }
    return report;
}

model::WorkerRow State::row_of(const Worker& worker) const {
    const Crew& crew = workers_.crews.at(worker.crew);
    model::WorkerRow row;
    row.peer = worker.address.peer;
    for (const ServiceHandle service : crew.services) {
        row.services.push_back(services_.map.at(service).name);
    }
    // Every service is served on the same channels: those of the first tell.
    for (const QueueHandle handle : crew.queues) {
        const Queue& queue = services_.queues.at(handle);
        if (queue.service == crew.services.front()) {
            row.channels.push_back(queue.channel);
        }
    }
    if (row.channels.size() == 1 && row.channels.front().empty()) {
        row.channels.clear();
    }
    row.name = worker.name;
    row.concurrency = worker.concurrency;
    row.held = static_cast<std::uint32_t>(worker.held.size());
    row.succeeded = worker.succeeded;
    row.failed = worker.failed;
    row.since = worker.since;
    row.last_heard = worker.last_heard_at;
    return row;
}

model::ServiceReport State::list_services(const std::string& service) const {
    model::ServiceReport report;
    for (std::uint32_t slot = 0; slot < services_.map.slots(); ++slot) {
        const ServiceHandle handle = services_.map.handle_at(slot);
        if (!handle.names_something() || !wanted(service, services_.map.at(handle).name)) {
            continue;
        }
        ++report.total;
        if (report.rows.size() < policy.limits.report_rows_max) {
            report.rows.push_back(row_of(services_.map.at(handle)));
        }
    }
    return report;
}

model::ServiceRow State::row_of(const Service& service) const {
    model::ServiceRow row;
    row.service = service.name;
    row.ready = service.ready;
    row.scheduled = service.scheduled.size();
    row.blocked = service.blocked.size();
    row.dead = service.dead;
    row.active = service.active;
    row.workers = service.workers;
    row.accepted = service.accepted;
    row.succeeded = service.succeeded;
    row.failed = service.failed;
    row.mode = name_of(mode_of(service));
    row.failed_jobs = service.failed_jobs;
    row.died = service.died;
    row.expired = service.expired;
    row.cancelled = service.cancelled;
    const AttemptFigures figures = service.figures();
    row.lost = figures.lost;
    row.retried = figures.retried;
    row.wait = figures.wait;
    row.run = figures.run;
    for (const QueueHandle handle : service.queues) {
        const LaneHandle lane = LaneTable::front(services_.queues.at(handle));
        if (lane.names_something()) {
            const base::Duration waited = now_.mono - jobs_.map.at(lanes_.first_job(lane)).ready_at;
            row.oldest_ready = std::max(waited, row.oldest_ready.value_or(waited));
        }
    }
    return row;
}

model::BrokerReport State::report_broker() const {
    model::BrokerReport report;
    report.counters = counters;
    report.ready = ready_;
    report.scheduled = scheduled_;
    report.active = active_;
    report.services = services_.map.size();
    report.workers = workers_.map.size();
    report.uptime = now_.mono - start_.mono;
    report.draining = draining_;
    report.blocked = blocked_;
    report.dead = dead_.size();
    report.results = results_.size();
    report.groups = groups_.map.size();
    report.schedules = schedules_.size();
    report.batches = batches_.map.size();
    report.mode = name_of(mode_);
    report.stored = spilling_.stored_jobs;
    report.usages = usages();
    return report;
}

std::vector<model::Usage> State::usages() const {
    const model::Limits& limits = policy.limits;
    return {{"jobs", waiting_and_running(), limits.jobs_max},
            {"resident_jobs", jobs_.map.size(), limits.resident_jobs_max},
            {"payload_bytes_total", jobs_.payload_bytes(), limits.payload_bytes_total_max},
            {"services", services_.size(), limits.services_max},
            {"workers", workers_.map.size(), limits.workers_max},
            {"sessions", submissions_.sessions(), limits.sessions_max},
            {"held_results_bytes", submissions_.kept_bytes(), limits.held_results_bytes_max},
            {"results", results_.size(), limits.results_max},
            {"results_bytes", results_.bytes(), limits.results_bytes_max},
            {"dead_letters", dead_.size(), limits.dead_letters_max},
            {"groups", groups_.map.size(), limits.groups_max},
            {"limits", limits_.map.size(), limits.limits_max},
            {"schedules", schedules_.size(), limits.schedules_max},
            {"batches", batches_.map.size(), limits.batches_max},
            {"waiters", waiters_.size(), limits.waiters_max},
            {"parts_bytes", jobs_.parts.bytes, limits.parts_bytes_max},
            {"parts_jobs", last_said_.size(), limits.parts_jobs_max},
            {"dependents", dependents_count_, limits.dependents_max}};
}

std::optional<model::StatusReport> State::report_status(const model::JobId& id,
                                                        const Asker& asker) const {
    model::StatusReport report;
    const Job* job = jobs_.map.find(jobs_.find(id));
    if (job != nullptr && !asker.sees(job->owner)) {
        return std::nullopt;
    }
    if (job == nullptr) {
        // Its last end: it may have been a dead letter before.
        for (std::size_t i = history_.size(); i > 0; --i) {
            if (history_[i - 1].id == id && asker.sees(history_[i - 1].owner)) {
                report.job = history_[i - 1].row(jobs_.owners);
                return report;
            }
        }
        const std::optional<Ended> ended = results_.find(id, now_.mono);
        if (!ended || !asker.sees(ended->owner)) {
            return std::nullopt;
        }
        report.job = ended->row(jobs_.owners);
        return report;
    }
    report.job = row_of(*job);
    report.progress_done = job->progress_done;
    report.progress_total = job->progress_total;
    report.progress_text = job->extras != nullptr ? job->extras->progress_text : std::string{};
    report.queue_place = place_of(*job);
    return report;
}

// 1 is next. Where groups take turns, the place that the job has if nothing else comes: what each
// other lane gives before this job's turn is reckoned from the weights. Nothing when counting would
// take too long.
std::optional<std::uint64_t> State::place_of(const Job& job) const {
    if (job.state != model::JobState::Ready) {
        return std::nullopt;
    }
    const Queue& queue = services_.queues.at(job.queue);
    std::uint64_t place = 0;
    queue.levels.each([&](const Level& level) {
        place += level.priority > job.priority ? level.jobs : 0;
        return level.priority > job.priority;
    });
    const auto before = lanes_.count_before(jobs_.map, job, kPlacesCountedMax);
    if (!before) {
        return std::nullopt;
    }
    const std::uint64_t in_lane = *before + 1;
    const auto weight_of = [&](const Lane& lane) -> std::uint64_t {
        const Group* group = groups_.map.find(lane.group);
        return group != nullptr ? group->weight : 1;
    };
    const Block& block = lanes_.blocks.at(job.block);
    const std::uint64_t own_weight = weight_of(lanes_.map.at(block.lane));
    const Level& own = *lanes_.lane_of(job).level;
    if (own.special.size() > kLanesCountedMax) {
        return std::nullopt;
    }
    const std::uint64_t turns_before = (in_lane - 1) / own_weight;
    lanes_.each_lane(own, [&](LaneHandle at, const Lane& lane) {
        if (at != block.lane) {
            place += std::min<std::uint64_t>(lane.size, turns_before * weight_of(lane));
        }
        return true;
    });
    return place + in_lane;
}

}  // namespace steward::core
