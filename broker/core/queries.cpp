// broker/core: what the broker tells about itself. Reads only; every listing is cut at
// report_rows_max.
#include <algorithm>

#include "broker/core/state.hpp"

namespace steward::core {
namespace {

constexpr std::uint64_t kPlacesCountedMax = 100'000;

bool wanted(const Query& query, const model::ServiceName& service) {
    return query.service.empty() || service.view() == query.service;
}

}  // namespace

void State::on(Query& query) {
    model::Report report;
    switch (query.kind) {
        case QueryKind::Jobs: report = list_jobs(query); break;
        case QueryKind::Active: report = list_active(query); break;
        case QueryKind::History: report = list_history(query); break;
        case QueryKind::Workers: report = list_workers(query); break;
        case QueryKind::Services: report = list_services(query); break;
        case QueryKind::Broker: report = report_broker(); break;
        case QueryKind::Status: {
            auto status = report_status(query.job);
            if (!status) {
                send(query.from,
                     Refused{
                         {base::Errc::UnknownJob,
                          "no job " + query.job.text() + " is waiting, running or among the last " +
                              std::to_string(policy.limits.history_jobs_max) + " finished",
                          {}},
                         {}});
                return;
            }
            report = std::move(*status);
            break;
        }
        case QueryKind::ServiceKnown: {
            const Service* service = services_.map.find(services_.find(query.service));
            report = model::ServiceKnown{service != nullptr && service->workers > 0};
            break;
        }
    }
    send(query.from, Answer{query.kind, std::make_unique<model::Report>(std::move(report))});
}

model::JobRow State::row_of(const Job& job) const {
    model::JobRow row;
    row.id = job.id;
    row.service = services_.map.at(job.service).name;
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
    return row;
}

model::JobReport State::list_jobs(const Query& query) const {
    model::JobReport report;
    const std::size_t rows_max = policy.limits.report_rows_max;
    for (std::uint32_t slot = 0; slot < services_.map.slots(); ++slot) {
        const ServiceHandle handle = services_.map.handle_at(slot);
        if (!handle.names_something() || !wanted(query, services_.map.at(handle).name)) {
            continue;
        }
        const Service& service = services_.map.at(handle);
        report.total += service.ready.size() + service.scheduled.size();
        const auto take = [&](JobHandle job) {
            if (report.rows.size() >= rows_max) {
                return false;
            }
            report.rows.push_back(row_of(jobs_.map.at(job)));
            return true;
        };
        service.ready.walk(jobs_.map, take);
        for (JobHandle at = service.scheduled.front(); at.names_something() && take(at);) {
            at = jobs_.map.at(at).place.next;
        }
    }
    return report;
}

model::JobReport State::list_active(const Query& query) const {
    model::JobReport report;
    for (std::uint32_t slot = 0; slot < workers_.map.slots(); ++slot) {
        const WorkerHandle handle = workers_.map.handle_at(slot);
        if (!handle.names_something()) {
            continue;
        }
        for (JobHandle at = workers_.map.at(handle).held.front(); at.names_something();) {
            const Job& job = jobs_.map.at(at);
            if (wanted(query, services_.map.at(job.service).name)) {
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

model::JobReport State::list_history(const Query& query) const {
    model::JobReport report;
    for (auto row = history_.rbegin(); row != history_.rend(); ++row) {
        if (wanted(query, row->service)) {
            ++report.total;
            if (report.rows.size() < policy.limits.report_rows_max) {
                report.rows.push_back(*row);
            }
        }
    }
    return report;
}

model::WorkerReport State::list_workers(const Query& query) const {
    model::WorkerReport report;
    const ServiceHandle only = services_.find(query.service);
    for (std::uint32_t slot = 0; slot < workers_.map.slots(); ++slot) {
        const WorkerHandle handle = workers_.map.handle_at(slot);
        if (!handle.names_something()) {
            continue;
        }
        const Worker& worker = workers_.map.at(handle);
        const Crew& crew = workers_.crews.at(worker.crew);
        if (!query.service.empty() && !std::ranges::binary_search(crew.services, only)) {
            continue;
        }
        ++report.total;
        if (report.rows.size() >= policy.limits.report_rows_max) {
            continue;
        }
        model::WorkerRow& row = report.rows.emplace_back();
        row.peer = worker.address.peer;
        for (const ServiceHandle service : crew.services) {
            row.services.push_back(services_.map.at(service).name);
        }
        row.name = worker.name;
        row.concurrency = worker.concurrency;
        row.held = static_cast<std::uint32_t>(worker.held.size());
        row.succeeded = worker.succeeded;
        row.failed = worker.failed;
        row.since = worker.since;
        row.last_heard = worker.last_heard_at;
    }
    return report;
}

model::ServiceReport State::list_services(const Query& query) const {
    model::ServiceReport report;
    for (std::uint32_t slot = 0; slot < services_.map.slots(); ++slot) {
        const ServiceHandle handle = services_.map.handle_at(slot);
        if (!handle.names_something() || !wanted(query, services_.map.at(handle).name)) {
            continue;
        }
        ++report.total;
        if (report.rows.size() >= policy.limits.report_rows_max) {
            continue;
        }
        const Service& service = services_.map.at(handle);
        model::ServiceRow& row = report.rows.emplace_back();
        row.service = service.name;
        row.ready = service.ready.size();
        row.scheduled = service.scheduled.size();
        row.active = service.active;
        row.workers = service.workers;
        row.accepted = service.accepted;
        row.succeeded = service.succeeded;
        row.failed = service.failed;
        if (!service.ready.empty()) {
            row.oldest_ready = now_.mono - jobs_.map.at(service.ready.front()).ready_at;
        }
    }
    return report;
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
    return report;
}

std::optional<model::StatusReport> State::report_status(const model::JobId& id) const {
    model::StatusReport report;
    const JobHandle handle = jobs_.find(id);
    if (!handle.names_something()) {
        const auto past = std::ranges::find(history_, id, &model::JobRow::id);
        if (past == history_.end()) {
            return std::nullopt;
        }
        report.job = *past;
        return report;
    }
    const Job& job = jobs_.map.at(handle);
    report.job = row_of(job);
    report.progress_done = job.progress_done;
    report.progress_total = job.progress_total;
    report.progress_text = job.progress_total > 0 ? job.text : std::string{};
    if (job.state == model::JobState::Ready) {
        std::uint64_t place = 0;
        services_.map.at(job.service).ready.walk(jobs_.map, [&](JobHandle at) {
            ++place;
            return at != handle && place < kPlacesCountedMax;
        });
        if (place < kPlacesCountedMax) {
            report.queue_place = place;
        }
    }
    return report;
}

}  // namespace steward::core
