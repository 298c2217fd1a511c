// broker/app: the verbs that change jobs, from their arguments.
#include "broker/app/translate_request_parts.hpp"
#include "common/model/limits.hpp"

namespace steward::app {
namespace {

// By JobState's numbers.
std::vector<std::string_view> state_names() {
    std::vector<std::string_view> names;
    for (std::size_t state = 0; state < model::kJobStates; ++state) {
        names.push_back(model::name_of(static_cast<model::JobState>(state)));
    }
    return names;
}

core::JobFilter read_filter(Arguments& arguments) {
    core::JobFilter which;
    which.jobs = arguments.jobs("jobs", model::kFilterJobsMax);
    for (const std::size_t state : arguments.words("states", state_names())) {
        which.states |= core::only(static_cast<model::JobState>(state));
    }
    which.service = arguments.service("service").view();
    which.context = arguments.label("context").view();
    which.group = arguments.label("group").view();
    which.batch = arguments.label("batch").view();
    return which;
}

core::Cursor read_cursor(Arguments& arguments) {
    return arguments.number("from", 0, UINT64_MAX).value_or(0);
}

}  // namespace

core::Request read_cancel(Arguments& arguments, ZoneSource /*zones*/) {
    core::CancelJobs request{read_filter(arguments), read_cursor(arguments)};
    core::JobFilter named = request.which;
    named.states = 0;
    if (named == core::JobFilter{}) {
        arguments.refuse(base::Errc::BadParams,
                         "one of jobs, service, context, group and batch is needed");
    }
    return request;
}

core::Request read_retry(Arguments& arguments, ZoneSource /*zones*/) {
    return core::RetryDead{read_filter(arguments), read_cursor(arguments)};
}

core::Request read_discard(Arguments& arguments, ZoneSource /*zones*/) {
    return core::DiscardDead{read_filter(arguments), read_cursor(arguments)};
}

core::Request read_purge(Arguments& arguments, ZoneSource /*zones*/) {
    arguments.need("service");
    return core::PurgeQueue{read_filter(arguments), read_cursor(arguments)};
}

core::Request read_edit(Arguments& arguments, ZoneSource /*zones*/) {
    arguments.need("job");
    core::EditJob request;
    request.job = arguments.job("job").value_or(model::JobId{});
    const model::JobOptions changes = arguments.as_options({"priority", "delay"});
    request.priority = changes.priority;
    request.delay = changes.delay;
    if (!arguments.has("priority") && !arguments.has("delay")) {
        arguments.refuse(base::Errc::BadParams, "priority, delay or both are needed");
    }
    return request;
}

}  // namespace steward::app
