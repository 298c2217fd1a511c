#include "client/control.hpp"

#include <chrono>

namespace steward::client {

using nlohmann::json;

namespace {

void add(json& object, const char* name, const std::string& text) {
    if (!text.empty()) {
        object[name] = text;
    }
}

template <class T>
void add(json& object, const char* name, const std::optional<T>& value) {
    if (value) {
        object[name] = *value;
    }
}

}  // namespace

std::string_view name_of(Mode mode) {
    switch (mode) {
        case Mode::Running: return "running";
        case Mode::Paused: return "paused";
        case Mode::Draining: return "draining";
        case Mode::Disabled: return "disabled";
    }
    return "unknown";
}

json arguments_of(const Filter& filter) {
    json arguments = json::object();
    for (const model::JobId& job : filter.jobs) {
        arguments["jobs"].push_back(job.text());
    }
    for (const model::JobState state : filter.states) {
        arguments["states"].push_back(model::name_of(state));
    }
    add(arguments, "service", filter.service);
    add(arguments, "context", filter.context);
    add(arguments, "group", filter.group);
    add(arguments, "batch", filter.batch);
    return arguments;
}

json arguments_of(const model::JobId& job, const Edit& edit) {
    json arguments = {{"job", job.text()}};
    add(arguments, "priority", edit.priority);
    if (edit.delay) {
        arguments["delay"] = std::chrono::duration<double>(*edit.delay).count();
    }
    return arguments;
}

json arguments_of(std::span<const ModeChange> changes) {
    json list = json::array();
    for (const ModeChange& change : changes) {
        json& entry = list.emplace_back(json{{"mode", name_of(change.mode)}});
        add(entry, "service", change.service);
    }
    return {{"changes", std::move(list)}};
}

json arguments_of(const LimitSettings& limit) {
    json arguments = {{"limit", limit.name}, {"services", limit.services}};
    add(arguments, "at_once", limit.at_once);
    add(arguments, "rate", limit.rate);
    return arguments;
}

json arguments_of(const GroupSettings& group) {
    json arguments = {{"group", group.name}};
    add(arguments, "weight", group.weight);
    add(arguments, "limit", group.limit);
    add(arguments, "rate", group.rate);
    return arguments;
}

json arguments_of(const JobText& job) {
    json arguments = {{"service", job.service}};
    if (!job.params.is_null()) {
        arguments["params"] = job.params;
    }
    if (!job.options.empty()) {
        arguments["options"] = job.options;
    }
    return arguments;
}

json arguments_of(const ScheduleSettings& schedule) {
    json arguments = arguments_of(schedule.job);
    arguments["schedule"] = schedule.name;
    arguments["expression"] = schedule.expression;
    add(arguments, "zone", schedule.zone);
    add(arguments, "missed", schedule.missed);
    return arguments;
}

std::uint64_t bits_of(std::span<const model::JobState> states) {
    std::uint64_t bits = 0;
    for (const model::JobState state : states) {
        bits |= std::uint64_t{1} << static_cast<unsigned>(state);
    }
    return bits;
}

}  // namespace steward::client
