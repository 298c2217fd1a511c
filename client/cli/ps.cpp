// client/cli: `steward ps`: the supervisor's table of processes.
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/supervisor_link.hpp"
#include "client/cli/table.hpp"
#include "client/cli/verbs.hpp"
#include "common/base/quantity.hpp"

namespace steward::cli {

namespace {

using nlohmann::json;

// "3d 4h", "5min 2s".
std::string age_text(double seconds) {
    const auto whole = static_cast<std::uint64_t>(std::max(0.0, seconds));

    struct Unit {
        std::uint64_t size;
        const char* name;
    };

    constexpr Unit kUnits[] = {{86'400, "d"}, {3'600, "h"}, {60, "min"}, {1, "s"}};
    for (std::size_t i = 0; i + 1 < std::size(kUnits); ++i) {
        if (whole >= kUnits[i].size) {
            const std::uint64_t rest = whole % kUnits[i].size / kUnits[i + 1].size;
            return std::to_string(whole / kUnits[i].size) + kUnits[i].name + " " +
                   std::to_string(rest) + kUnits[i + 1].name;
        }
    }
    return std::to_string(whole) + "s";
}

std::string memory_text(std::uint64_t bytes) {
    return std::to_string(bytes >> 20U) + " MiB";
}

Colour colour_of(const std::string& state) {
    if (state == "running") {
        return Colour::Green;
    }
    return state == "crash-loop" || state == "killing" ? Colour::Red
           : state == "stopped" || state == "disabled" ? Colour::Dim
                                                       : Colour::Yellow;
}

std::string jobs_text(const json& row) {
    std::string text;
    for (const json& job : row.value("jobs", json::array())) {
        text += (text.empty() ? "" : " ") + job.get<std::string>();
    }
    return text;
}

// What an operator should know beside the figures.
std::string remark(const json& row) {
    std::string text;
    const auto add = [&](const std::string& part) {
        if (!part.empty()) {
            text += (text.empty() ? "" : "; ") + part;
        }
    };
    const bool is_down = !row.contains("pid");
    if (is_down || row.value("crash_loop", false)) {
        add(row.value("last_end", ""));
    }
    if (row.contains("starts_in")) {
        add("starts in " + age_text(std::ceil(row["starts_in"].get<double>())));
    }
    const std::string refresh = row.value("refresh", "");
    if (!refresh.empty() && !refresh.starts_with("done")) {
        add("refresh " + refresh);
    }
    add(row.value("status", ""));
    return text;
}

void print_processes(Console& console, const json& rows) {
    std::vector<std::vector<Cell>> cells;
    for (const json& row : rows) {
        const bool lives = row.contains("pid");
        const std::string state = row.value("state", "");
        const auto text = [](std::uint64_t number) { return std::to_string(number); };
        cells.push_back({{row.value("process", "")},
                         {lives ? text(row.value("pid", std::uint64_t{0})) : ""},
                         {state, colour_of(state)},
                         {lives ? age_text(row.value("uptime", 0.0)) : ""},
                         {text(row.value("restarts", std::uint64_t{0}))},
                         {lives ? age_text(row.value("cpu", 0.0)) : ""},
                         {lives ? memory_text(row.value("memory", std::uint64_t{0})) : ""},
                         {jobs_text(row)},
                         {remark(row)}});
    }
    print_table(console.out,
                {{"PROCESS"},
                 {"PID", true},
                 {"STATE"},
                 {"UPTIME", true},
                 {"RESTARTS", true},
                 {"CPU", true},
                 {"MEMORY", true},
                 {"JOB"},
                 {"REMARK"}},
                cells,
                console.has_colours);
}

int show_processes(Console& console, const Settings& settings, const RunDir& run_dir) {
    const auto timeout = settings.timeout_duration();
    if (!timeout) {
        report_error(console, timeout.error());
        return kUsage;
    }
    auto answer = ask_supervisor(run_dir, {{"verb", "ps"}}, *timeout);
    const auto rows = answer ? base::Expected<json>((*answer)["rows"])
                             : base::Expected<json>(base::Unexpected(answer.error()));
    return show_answer(
        console, settings, rows, [&](const json& table) { print_processes(console, table); });
}

}  // namespace

void add_ps(CLI::App& program, Invocation& invocation) {
    auto run_dir = std::make_shared<RunDir>();
    CLI::App& verb = add_verb(program,
                              invocation,
                              "ps",
                              "Shows the processes that this machine's supervisor looks after",
                              [run_dir, &invocation](Console& console) {
                                  return show_processes(console, invocation.settings, *run_dir);
                              });
    add_run_dir(verb, *run_dir);
}

}  // namespace steward::cli
