// broker/app: the schedules of the configuration. Their texts are kept beside what they amount to,
// so that they can be shown as they were written.
#include <utility>

#include "broker/app/kept_job.hpp"
#include "broker/app/options_parts.hpp"
#include "common/calendar/cron.hpp"
#include "common/wire/params.hpp"
#include "common/wire/params_json.hpp"
#include "common/zones/load_zone.hpp"

namespace steward::app {
namespace {

base::Expected<model::Payload> parse_params(std::string_view text) {
    std::string compact;
    wire::JsonWriter writer(compact);
    if (auto read = wire::read_json(text, &writer); !read) {
        return base::Unexpected(std::move(read.error()));
    }
    return model::Payload{model::Encoding::Json, base::Blob::copy(compact)};
}

base::Expected<model::JobOptions> parse_options(std::string_view text) {
    auto options = wire::parse_option_frame("OPTION-JSON: " + std::string(text));
    if (!options) {
        return options;
    }
    if (auto fault = kept_job_fault(*options)) {
        return base::Unexpected(*std::move(fault));
    }
    return options;
}

base::Expected<void> check_expression(std::string_view text) {
    const auto cron = calendar::Cron::parse(text);
    return cron ? base::Expected<void>() : base::Unexpected(cron.error());
}

base::Expected<void> check_zone(std::string_view text) {
    const auto zone = zones::load_zone(text);
    return zone ? base::Expected<void>() : base::Unexpected(zone.error());
}

base::Expected<void> check_params(std::string_view text) {
    const auto params = parse_params(text);
    return params ? base::Expected<void>() : base::Unexpected(params.error());
}

base::Expected<void> check_options(std::string_view text) {
    const auto options = parse_options(text);
    return options ? base::Expected<void>() : base::Unexpected(options.error());
}

model::MissedRuns missed_of(std::string_view word) {
    return word == "all"    ? model::MissedRuns::All
           : word == "once" ? model::MissedRuns::Once
                            : model::MissedRuns::Skip;
}

// All of it was checked when it was read, or the options are thrown away.
void take_schedule(BrokerOptions& o) {
    ScheduleRow row = std::exchange(o.scratch.schedule, {});
    model::Schedule& schedule = o.policy.schedules.emplace_back();
    schedule.name = row.name;
    schedule.expression = row.expression;
    if (auto zone = zones::load_zone(row.zone.value_or("UTC"))) {
        schedule.zone = *std::move(zone);
    }
    schedule.missed = missed_of(row.missed.value_or("skip"));
    if (auto service = model::ServiceName::parse(row.service)) {
        schedule.job.service = *std::move(service);
    }
    if (auto params = parse_params(row.params.value_or("null")); params && row.params) {
        schedule.job.params = *std::move(params);
    }
    if (auto options = parse_options(row.options.value_or("{}"))) {
        schedule.job.options = *std::move(options);
    }
    o.schedules.push_back(std::move(row));
}

}  // namespace

config::RowTable schedule_table(BrokerOptions& o) {
    ScheduleRow& row = o.scratch.schedule;
    const auto text = [](std::string key,
                         config::Target target,
                         std::uint64_t bytes_max,
                         config::TextCheck check,
                         std::string doc) {
        return config::Field{.key = std::move(key),
                             .target = target,
                             .doc = std::move(doc),
                             .is_reloadable = true,
                             .is_required = std::holds_alternative<std::string*>(target),
                             .min = 1,
                             .max = bytes_max,
                             .check = check};
    };
    config::Field missed = text("missed",
                                &row.missed,
                                0,
                                nullptr,
                                "What becomes of instants that passed while the broker was down; "
                                "`skip` when it is not given.");
    missed.words = {"skip", "once", "all"};
    return {
        .name = "schedule",
        .doc = "Jobs that the broker submits by itself, at instants of the calendar.",
        .fields =
            {text("name", &row.name, model::kNameBytesMax, &check_label, "The schedule's name."),
             text("expression",
                  &row.expression,
                  model::kExpressionBytesMax,
                  &check_expression,
                  "When: five fields of cron, or `@daily` and its kin."),
             text("zone",
                  &row.zone,
                  model::kNameBytesMax,
                  &check_zone,
                  "Whose clocks count, such as `Europe/Berlin`; `UTC` when it is not "
                  "given."),
             missed,
             text("service",
                  &row.service,
                  model::kNameBytesMax,
                  &check_service,
                  "The job's service."),
             text("params",
                  &row.params,
                  config::kFileBytesMax,
                  &check_params,
                  "The job's params, as JSON."),
             text("options",
                  &row.options,
                  model::kOptionFrameBytesMax / 2,
                  &check_options,
                  "The job's options, as a JSON object.")},
        .rows_max = 100'000,
        .clear =
            [&o] {
                o.policy.schedules.clear();
                o.schedules.clear();
                o.scratch.schedule = {};
            },
        .take = [&o] { take_schedule(o); },
        .show =
            [&o](std::size_t number) {
                const bool is_there = number < o.schedules.size();
                o.scratch.schedule = is_there ? o.schedules[number] : ScheduleRow();
                return is_there;
            }};
}

}  // namespace steward::app
