// broker/app: what the configuration says of services, groups and named limits.
#include <utility>

#include "broker/app/options_parts.hpp"
#include "common/wire/options.hpp"

namespace steward::app {
namespace {

using config::Field;

// Text and value of a rate, whichever way: what was checked when it was read cannot fail here.
std::optional<model::Rate> rate_of(const std::optional<std::string>& text) {
    const auto rate = text ? wire::parse_rate(*text) : base::Expected<model::Rate>(model::Rate{});
    return text && rate ? std::optional(*rate) : std::nullopt;
}

std::optional<std::string> text_of(const std::optional<model::Rate>& rate) {
    return rate ? std::optional(wire::rate_text(*rate)) : std::nullopt;
}

std::optional<std::string> text_of(const model::Label& label) {
    return label.empty() ? std::nullopt : std::optional(std::string(label.view()));
}

Field of_row(Field field) {
    field.is_reloadable = true;
    return field;
}

Field name_field(std::string& target, std::string doc, config::TextCheck check) {
    return of_row({.key = "name",
                   .target = &target,
                   .doc = std::move(doc),
                   .is_required = true,
                   .min = 1,
                   .max = model::kNameBytesMax,
                   .check = check});
}

Field label_field(std::string key, std::optional<std::string>& target, std::string doc) {
    return of_row({.key = std::move(key),
                   .target = &target,
                   .doc = std::move(doc),
                   .min = 1,
                   .max = model::kNameBytesMax,
                   .check = &check_label});
}

Field rate_field(std::string key, std::optional<std::string>& target, std::string doc) {
    return of_row({.key = std::move(key),
                   .target = &target,
                   .doc = std::move(doc),
                   .takes_numbers = true,
                   .min = 1,
                   .max = 32,
                   .check = &check_rate});
}

Field number_field(
    std::string key, config::Target target, std::uint64_t min, std::uint64_t max, std::string doc) {
    return of_row(
        {.key = std::move(key), .target = target, .doc = std::move(doc), .min = min, .max = max});
}

// ---- [[service]] ----

void take_service(BrokerOptions& o) {
    ServiceRow row = std::exchange(o.scratch.service, {});
    core::ServicePolicy& policy = row.policy;
    policy.jobs_max = row.jobs_max.value_or(0);
    if (const auto priority = parse_priority(row.priority.value_or("")); priority) {
        policy.defaults.priority = *priority;
    }
    policy.defaults.channel = row.channel.value_or("");
    policy.defaults.group = row.group.value_or("");
    policy.defaults.group_rate = rate_of(row.group_rate);
    o.policy.services.push_back(std::move(policy));
}

ServiceRow row_of(const core::ServicePolicy& policy) {
    ServiceRow row;
    row.policy = policy;
    row.jobs_max = policy.jobs_max > 0 ? std::optional(policy.jobs_max) : std::nullopt;
    if (policy.defaults.priority) {
        row.priority = std::to_string(*policy.defaults.priority);
    }
    row.channel = text_of(policy.defaults.channel);
    row.group = text_of(policy.defaults.group);
    row.group_rate = text_of(policy.defaults.group_rate);
    return row;
}

std::vector<Field> service_fields(ServiceRow& row) {
    model::JobOptions& defaults = row.policy.defaults;
    return {
        name_field(row.policy.name, "The service's name.", &check_service),
        number_field("jobs_max",
                     &row.jobs_max,
                     1,
                     kBillion,
                     "Its jobs that wait or run; else `limits.jobs_per_service_max`."),
        of_row({.key = "priority",
                .target = &row.priority,
                .doc = "`low`, `normal`, `high`, `urgent` or a number; larger runs first.",
                .takes_numbers = true,
                .min = 1,
                .max = 16,
                .check = &check_priority}),
        of_row({.key = "durable",
                .target = &defaults.durable,
                .doc = "Whether its asynchronous jobs survive the broker."}),
        number_field("expires_in",
                     &defaults.expires_in,
                     kMillisecond,
                     kDurationMax,
                     "What has not started by then is never run."),
        number_field("time_limit",
                     &defaults.time_limit,
                     kMillisecond,
                     kDurationMax,
                     "How long one attempt may run; else `broker.time_limit`."),
        of_row({.key = "memory_limit",
                .target = &defaults.memory_limit,
                .doc = "What its worker may keep in memory during the job.",
                .is_size = true,
                .min = kKiB,
                .max = kKiB * kKiB * kGiB}),
        number_field("max_attempts",
                     &defaults.max_attempts,
                     1,
                     1'000,
                     "Attempts before a job is dead or has failed, lost workers included."),
        number_field("backoff_first",
                     &defaults.backoff,
                     kMillisecond,
                     kDurationMax,
                     "Pause before the second attempt; else `broker.backoff_first`."),
        number_field("backoff_max",
                     &defaults.backoff_max,
                     kMillisecond,
                     kDurationMax,
                     "The longest such pause; else `broker.backoff_max`."),
        number_field("result_ttl",
                     &defaults.result_ttl,
                     0,
                     kDurationMax,
                     "How long an asynchronous job's result can be fetched; else "
                     "`broker.result_ttl`."),
        label_field("channel", row.channel, "Only workers that joined it run the jobs."),
        label_field("group", row.group, "The group of jobs that name none."),
        number_field("group_limit",
                     &defaults.group_limit,
                     1,
                     model::kAtOnceMax,
                     "Jobs of one group that run at once."),
        rate_field("group_rate", row.group_rate, "Starts of one group, such as `5/s`, `100/min`."),
        number_field("group_weight",
                     &defaults.group_weight,
                     1,
                     model::kGroupWeightMax,
                     "Turns of one group beside the others."),
    };
}

}  // namespace

config::RowTable service_table(BrokerOptions& o) {
    return {.name = "service",
            .doc =
                "Services that are known before any worker has announced them: their jobs wait "
                "where others would be refused. All else is for what a job does not say itself.",
            .fields = service_fields(o.scratch.service),
            .rows_max = 100'000,
            .clear =
                [&o] {
                    o.policy.services.clear();
                    o.scratch.service = {};
                },
            .take = [&o] { take_service(o); },
            .show =
                [&o](std::size_t row) {
                    const bool is_there = row < o.policy.services.size();
                    o.scratch.service = is_there ? row_of(o.policy.services[row]) : ServiceRow();
                    return is_there;
                }};
}

// ---- [[group]] ----

config::RowTable group_table(BrokerOptions& o) {
    GroupRow& row = o.scratch.group;
    const auto take = [&o] {
        const GroupRow given = std::exchange(o.scratch.group, {});
        o.policy.groups.push_back({given.name,
                                   given.weight.value_or(1),
                                   given.limit.value_or(0),
                                   rate_of(given.rate).value_or(model::Rate{}).spacing});
    };
    const auto show = [&o](std::size_t number) {
        o.scratch.group = {};
        if (number >= o.policy.groups.size()) {
            return false;
        }
        const core::GroupPolicy& policy = o.policy.groups[number];
        GroupRow& shown = o.scratch.group;
        shown.name = policy.name.view();
        shown.weight = policy.weight;
        shown.limit = policy.limit > 0 ? std::optional(policy.limit) : std::nullopt;
        shown.rate = policy.spacing > base::Duration::zero()
                         ? text_of(std::optional(model::Rate{policy.spacing}))
                         : std::nullopt;
        return true;
    };
    return {.name = "group",
            .doc = "What the jobs of a group may do together, whatever they say of it themselves.",
            .fields = {name_field(row.name, "The group's name.", &check_label),
                       number_field("weight",
                                    &row.weight,
                                    1,
                                    model::kGroupWeightMax,
                                    "Its turns beside other groups; 1 when it is not given."),
                       number_field(
                           "limit", &row.limit, 1, model::kAtOnceMax, "Its jobs that run at once."),
                       rate_field("rate", row.rate, "Its starts, such as `5/s`, `100/min`.")},
            .rows_max = 100'000,
            .clear =
                [&o] {
                    o.policy.groups.clear();
                    o.scratch.group = {};
                },
            .take = take,
            .show = show};
}

// ---- [[limit]] ----

config::RowTable limit_table(BrokerOptions& o) {
    LimitRow& row = o.scratch.limit;
    const auto take = [&o] {
        LimitRow given = std::exchange(o.scratch.limit, {});
        o.policy.limits_named.push_back(
            {given.name, given.at_once, rate_of(given.rate), std::move(given.services)});
    };
    const auto show = [&o](std::size_t number) {
        o.scratch.limit = {};
        if (number >= o.policy.limits_named.size()) {
            return false;
        }
        const core::LimitSettings& limit = o.policy.limits_named[number];
        o.scratch.limit = {
            std::string(limit.name.view()), limit.at_once, text_of(limit.rate), limit.services};
        return true;
    };
    return {.name = "limit",
            .doc = "What several services may do together, such as use one database.",
            .fields = {name_field(row.name, "The limit's name.", &check_label),
                       number_field("at_once",
                                    &row.at_once,
                                    1,
                                    model::kAtOnceMax,
                                    "Jobs of these services that run at once."),
                       rate_field("rate", row.rate, "Their starts, such as `5/s`, `100/min`."),
                       of_row({.key = "services",
                               .target = &row.services,
                               .doc = "The services that share it.",
                               .is_required = true,
                               .min = 1,
                               .max = model::kNameBytesMax,
                               .check = &check_service})},
            .rows_max = 100'000,
            .clear =
                [&o] {
                    o.policy.limits_named.clear();
                    o.scratch.limit = {};
                },
            .take = take,
            .show = show};
}

}  // namespace steward::app
