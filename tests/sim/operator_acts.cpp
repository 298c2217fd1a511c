#include "tests/sim/operator_acts.hpp"

#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "tests/sim/oracles/job_book.hpp"

namespace steward::sim {
namespace {

using nlohmann::json;

wire::native::Operate operate(std::string verb, const json& arguments) {
    return {0, std::move(verb), base::Blob::copy(arguments.dump())};
}

json some_modes(Choices& choices) {
    static const std::vector<std::string> kModes = {
        "running", "running", "paused", "draining", "disabled"};
    json changes = json::array();
    for (std::uint64_t count = 1 + choices.below(2); count > 0; --count) {
        json change = {{"mode", choices.pick(kModes)}};
        if (choices.chance(3, 4)) {
            change["service"] = choices.pick(services());
        }
        changes.push_back(std::move(change));
    }
    return changes;
}

// Never looser than what jobs ask for: what holds for those holds all the same.
wire::native::Operate draw_bounds(Choices& choices) {
    switch (choices.below(4)) {
        case 0: return operate("group-set", {{"group", "two-at-once"}, {"limit", 1}});
        case 1: return operate("group-set", {{"group", "two-at-once"}, {"limit", 2}});
        case 2:
            return operate("limit-set",
                           {{"limit", "few"}, {"at_once", 3}, {"services", {services().back()}}});
        default: return operate("limit-remove", {{"limit", "few"}});
    }
}

wire::native::Operate draw_schedule(Choices& choices) {
    static const std::vector<std::string> kExpressions = {"* * * * *", "*/3 * * * *", "@hourly"};
    static const std::vector<std::string> kMissed = {"skip", "once", "all"};
    if (choices.chance(1, 4)) {
        return operate("schedule-remove", {{"schedule", "extra"}});
    }
    json arguments = {{"schedule", "extra"}, {"params", kNobodysParams}};
    arguments["expression"] = choices.pick(kExpressions);
    arguments["missed"] = choices.pick(kMissed);
    arguments["service"] = choices.pick(services());
    return operate("schedule-set", arguments);
}

// How a worker is; now and then one of another broker, or one that is just leaving.
wire::native::Operate draw_check(Stage& stage) {
    const std::vector<std::string> workers = stage.network.reachable(app::Side::Backend);
    const std::string asked = workers.empty() ? "nobody" : stage.choices.pick(workers);
    return operate("check", {{"worker", base::to_hex(asked)}});
}

}  // namespace

std::vector<model::JobId> some_jobs(Choices& choices, const std::vector<model::JobId>& known) {
    std::vector<model::JobId> jobs;
    for (std::uint64_t count = 1 + choices.below(3); count > 0 && !known.empty(); --count) {
        jobs.push_back(choices.pick(known));
    }
    return jobs;
}

wire::native::Operate cancel(const std::vector<model::JobId>& jobs) {
    json names = json::array();
    for (const model::JobId& job : jobs) {
        names.push_back(job.text());
    }
    return operate("cancel", {{"jobs", std::move(names)}});
}

wire::native::Operate draw_act(Stage& stage) {
    Choices& choices = stage.choices;
    const std::vector<model::JobId>& known = stage.known_jobs;
    if (choices.chance(1, 4)) {
        return draw_check(stage);
    }
    const auto kind = choices.below(known.empty() ? 6 : 7);
    const std::string service = choices.pick(services());
    switch (kind) {
        case 0: return operate("mode", {{"changes", some_modes(choices)}});
        case 1:
            return choices.chance(1, 3) ? operate("purge", {{"service", service}})
                                        : operate("retry", {{"service", service}});
        case 2: return operate("retry", {{"service", service}});
        case 3: return discard_all(service);
        case 4: return draw_bounds(choices);
        case 5:
            return stage.has(Fault::Schedules) ? draw_schedule(choices)
                                               : operate("purge", {{"service", service}});
        default: {
            const std::string job = choices.pick(known).text();
            if (choices.chance(1, 2)) {
                const auto delay = choices.between(0, 2000);
                return operate("edit", {{"job", job}, {"delay", std::to_string(delay) + "ms"}});
            }
            const auto priority = choices.between(1, 5000);
            return operate("edit", {{"job", job}, {"priority", priority}});
        }
    }
}

wire::native::Operate run_again(const std::string& service) {
    json change = {{"mode", "running"}};
    if (!service.empty()) {
        change["service"] = service;
    }
    json changes = json::array();
    changes.push_back(std::move(change));
    return operate("mode", {{"changes", std::move(changes)}});
}

wire::native::Operate discard_all(const std::string& service) {
    return operate("discard", {{"service", service}});
}

wire::native::Operate batch_open(const std::string& name, bool is_followed) {
    json arguments = {{"batch", name}};
    if (is_followed) {
        arguments["then"] = {
            {"service", services().front()},
            {"params",
             std::string(kNobodysParams) + ", " + std::string(kFollowsBatch) + name + ";"}};
    }
    return operate("batch-open", arguments);
}

wire::native::Operate batch_close(const std::string& name) {
    return operate("batch-close", {{"batch", name}});
}

}  // namespace steward::sim
