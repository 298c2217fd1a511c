// broker/core: jobs by the calendar: what is due is submitted as if a client had. One fact both
// accepts the job and marks its instant as done, and no worker gets the job before that fact is
// durable: so no instant is ever submitted twice.
#include "broker/core/state.hpp"

namespace steward::core {

using base::Errc;

namespace {

// What makes no sense for a job that nobody waits for and that is submitted again and again.
std::string_view foreign_option(const model::JobOptions& options) {
    return options.sync             ? "sync"
           : options.wait           ? "wait"
           : options.run_at         ? "run_at"
           : !options.after.empty() ? "after"
           : !options.batch.empty() ? "batch"
                                    : "";
}

}  // namespace

void State::apply(const Address& from, const Asker& asker, SetSchedule& request) {
    const model::Schedule& schedule = request.schedule;
    const auto give_up = [&](base::Error error) {
        refuse(from, schedule.job.service.view(), std::move(error));
    };
    if (schedule.job.service.is_reserved()) {
        return give_up({Errc::ReservedName, "the service of a schedule belongs to the broker", {}});
    }
    if (const std::string_view name = foreign_option(schedule.job.options); !name.empty()) {
        return give_up({Errc::BadOption,
                        "the job of a schedule cannot have the option " + std::string(name),
                        {}});
    }
    if (schedules_.find(schedule.name.view()) == nullptr &&
        schedules_.size() >= policy.limits.schedules_max) {
        return give_up({Errc::TooManyNames,
                        "the broker has " + std::to_string(schedules_.size()) +
                            " schedules, as many as [limits] schedules_max allows",
                        {}});
    }
    const model::Label& owner = jobs_.owners.at(asker.owner).name;
    if (auto set = schedules_.set(schedule, now_.wall, owner); !set) {
        return give_up(std::move(set.error()));
    }
    const Seq seq = appends_.put(ScheduleSet{schedule, now_.wall, false, owner});
    answer_done(from, 1, 0, seq);
}

void State::apply(const Address& from, RemoveSchedule& request) {
    if (auto removed = schedules_.remove(request.name); !removed) {
        return refuse(from, {}, std::move(removed.error()));
    }
    const Seq seq = appends_.put(ScheduleRemoved{request.name});
    answer_done(from, 1, 0, seq);
}

// The configuration is read again after the journal's facts, and its changes are facts themselves.
void State::configure_schedules() {
    are_schedules_configured_ = true;
    auto facts = schedules_.configure(policy.schedules, now_.wall);
    if (!facts) {
        note(Severity::Error, "schedules_refused", {{"why", facts.error().message}});
        return;
    }
    for (Record& fact : *facts) {
        appends_.put(std::move(fact));
    }
}

// One step: what it leaves is due at once.
void State::run_schedules() {
    const auto next = schedules_.next_due();
    if (draining_ || !next || *next > now_.wall) {
        return;
    }
    DueSchedules due = schedules_.due(now_.wall);
    for (ScheduleMoved& skipped : due.skipped) {
        appends_.put(std::move(skipped));
    }
    for (const ScheduleRun& run : due.runs) {
        run_schedule(run);
    }
}

void State::run_schedule(const ScheduleRun& run) {
    const ScheduleEntry* entry = schedules_.find(run.schedule.view());
    Submit submit;
    submit.unknown = UnknownService::Hold;
    submit.spec = entry->schedule.job;
    // Too many owners: the jobs go on, as nobody's.
    submit.asker.owner = jobs_.owners.named(entry->owner.view()).value_or(kNobody);
    const auto skip = [&](const std::string& why) {
        appends_.put(ScheduleMoved{run.schedule, run.instant});
        note(Severity::Warning,
             "scheduled_run_skipped",
             {{"schedule", std::string(run.schedule.view())}, {"why", why}});
    };
    const ServiceHandle known = services_.find(submit.spec.service);
    if (const auto error = refusal(submit, services_.map.find(known))) {
        return skip(error->message);
    }
    const ServiceHandle service = service_for(submit.spec.service);
    if (service.names_something()) {
        apply_defaults(submit.spec.options, services_.map.at(service));
    }
    if (submit.spec.options.is_unique() && join_duplicate(submit)) {
        appends_.put(ScheduleMoved{run.schedule, run.instant});  // that job is this run
        return;
    }
    if (const auto error = lack_of_room(submit, services_.map.find(service))) {
        return skip(error->message);
    }
    const QueueHandle queue =
        service.names_something() ? queue_for(service, submit.spec.options.channel) : QueueHandle{};
    if (!queue.names_something()) {
        return skip("the broker knows as many services as [limits] services_max allows");
    }
    JobAccepted origin;
    origin.schedule = run.schedule;
    origin.instant = run.instant;
    const JobHandle handle = create_job(submit, queue, std::move(origin));
    Job& job = jobs_.map.at(handle);
    schedules_.note_run(run.schedule, run.instant, job.id);
    ++counters.scheduled_runs;
    if (!job.durable) {
        job.accepted_seq = appends_.put(ScheduleMoved{run.schedule, run.instant});
    }
    job.more().starts_once = true;
    begin_waiting(handle);
}

model::ScheduleReport State::list_schedules(const Query& query) const {
    model::ScheduleReport report;
    report.total = schedules_.size();
    const std::size_t rows_max = policy.limits.report_rows_max;
    const auto page = schedules_.page(query.after, rows_max + 1);
    for (const ScheduleEntry* entry : page) {
        if (report.rows.size() == rows_max) {
            report.next = entry->number;
            break;
        }
        model::ScheduleRow& row = report.rows.emplace_back();
        row.name = entry->schedule.name;
        row.expression = entry->schedule.expression;
        row.zone = entry->schedule.zone.name;
        row.missed = model::name_of(entry->schedule.missed);
        row.service = entry->schedule.job.service;
        row.next = entry->next;
        row.last = entry->last;
        row.last_job = entry->last_job;
        row.is_configured = entry->is_configured;
        row.owner = entry->owner;
    }
    return report;
}

base::Expected<void> State::restore_fact(const ScheduleSet& fact) {
    return schedules_.restore(fact);
}

base::Expected<void> State::restore_fact(const ScheduleRemoved& fact) {
    schedules_.restore(fact);
    return {};
}

base::Expected<void> State::restore_fact(const ScheduleMoved& fact) {
    schedules_.restore_mark(fact.name, fact.instant);
    return {};
}

}  // namespace steward::core
