// broker/app: the verbs of schedules and batches, from their arguments: jobs that the broker keeps
// and submits itself.
#include "broker/app/kept_job.hpp"
#include "broker/app/translate_request_parts.hpp"
#include "common/calendar/cron.hpp"

namespace steward::app {
namespace {

model::JobSpec read_job(Arguments& arguments) {
    arguments.need("service");
    model::JobSpec job{
        arguments.service("service"), arguments.params("params"), arguments.options("options")};
    if (const auto fault = kept_job_fault(job.options)) {
        arguments.refuse(*fault);
    }
    return job;
}

void read_calendar(Arguments& arguments, ZoneSource zones, model::Schedule& schedule) {
    arguments.need("expression");
    if (auto expression = arguments.text("expression")) {
        if (const auto cron = calendar::Cron::parse(*expression); !cron) {
            arguments.refuse(cron.error());
        }
        schedule.expression = *std::move(expression);
    }
    if (const auto name = arguments.text("zone")) {
        auto zone = zones(*name);
        if (zone) {
            schedule.zone = *std::move(zone);
        } else {
            arguments.refuse(zone.error());
        }
    }
}

}  // namespace

core::Request read_schedule_set(Arguments& arguments, ZoneSource zones) {
    core::SetSchedule request;
    arguments.need("schedule");
    request.schedule.name = arguments.label("schedule");
    read_calendar(arguments, zones, request.schedule);
    request.schedule.missed = static_cast<model::MissedRuns>(
        arguments.word("missed", {"skip", "once", "all"}).value_or(0));
    request.schedule.job = read_job(arguments);
    return request;
}

core::Request read_schedule_remove(Arguments& arguments, ZoneSource /*zones*/) {
    arguments.need("schedule");
    return core::RemoveSchedule{arguments.label("schedule")};
}

core::Request read_batch_open(Arguments& arguments, ZoneSource /*zones*/) {
    core::OpenBatch request;
    arguments.need("batch");
    request.name = arguments.label("batch");
    arguments.within("then", [&](Arguments& then) { request.then = read_job(then); });
    return request;
}

core::Request read_batch_close(Arguments& arguments, ZoneSource /*zones*/) {
    arguments.need("batch");
    return core::CloseBatch{arguments.label("batch")};
}

}  // namespace steward::app
