// client/cli: `steward supervisor …`: what this machine's supervisor is told to do.
#include <fstream>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/supervisor_link.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr std::size_t kTailLines = 5;

struct SupervisorWords {
    RunDir run_dir;
    std::vector<std::string> pools;
    std::vector<std::string> roles;
    bool is_servers = false;
    bool is_workers = false;
    bool shuts_down = false;
    std::uint32_t percent = 100;
    std::string pool;
    std::uint32_t count = 0;
    std::string log_dir;
};

json request_of(const char* verb, const SupervisorWords& words) {
    json request = {{"verb", verb}, {"pools", words.pools}, {"roles", words.roles}};
    if (words.is_servers != words.is_workers) {
        request["kind"] = words.is_servers ? "server" : "worker";
    }
    return request;
}

// Waits as long as --timeout says, and a moment for the answer itself.
base::Expected<json> ask(const Settings& settings, const SupervisorWords& words, json request) {
    const auto timeout = settings.timeout_duration();
    if (!timeout) {
        return base::Unexpected(timeout.error());
    }
    request["wait_ms"] = *timeout / 1ms;
    return ask_supervisor(words.run_dir, request, *timeout + 5s);
}

// The last lines of a process's log, to say why it ended.
void print_tail(Console& console, const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) {
        lines.push_back(std::move(line));
        if (lines.size() > kTailLines) {
            lines.erase(lines.begin());
        }
    }
    for (const std::string& line : lines) {
        console.err << harmless(line) << '\n';
    }
}

std::string name_and_pid(const json& row) {
    return row.value("process", "") + " (" + std::to_string(row.value("pid", 0)) + ")";
}

// The words of ZMWS's start script. False: it does not run.
bool print_started(Console& console, const json& row, const SupervisorWords& words) {
    const std::string name = row.value("process", "");
    const std::string state = row.value("state", "");
    const std::string pid = " (" + std::to_string(row.value("pid", 0)) + ")";
    if (row.value("was_running", false)) {
        console.out << name << " already running" << pid << '\n';
    } else if (state == "running") {
        console.out << name << " started" << pid << '\n';
    } else if (state == "disabled") {
        console.out << name << " is disabled by the kill switch\n";
    } else if (row.value("crashes", 0) > 0) {
        const std::string log = words.log_dir + "/" + row.value("pool", "") + ".txt";
        console.err << name << " ended at once (" << harmless(row.value("last_end", ""))
                    << ") and is tried again; the end of " << log << " says:\n";
        print_tail(console, log);
        return false;
    } else {
        console.err << name << " is not ready yet: " << state << '\n';
        return false;
    }
    return true;
}

int start(Console& console, const Settings& settings, const SupervisorWords& words) {
    const auto answer = ask(settings, words, request_of("start", words));
    if (!answer || settings.as_json) {
        return show_answer(console, settings, answer, [](const json&) {});
    }
    bool all_run = true;
    for (const json& row : (*answer)["rows"]) {
        all_run = print_started(console, row, words) && all_run;
    }
    console.out << std::flush;
    return all_run ? kSuccess : kJobFailed;
}

// False: it did not end by itself.
bool print_stopped(Console& console, const json& row) {
    const std::string name = row.value("process", "");
    if (!row.value("was_running", false)) {
        console.out << name << " is not running\n";
        return true;
    }
    const std::string state = row.value("state", "");
    if (state != "stopped" && state != "disabled") {
        console.err << name_and_pid(row) << " has not ended yet: " << state << '\n';
        return false;
    }
    const bool was_killed = row.value("last_end", "") == "signal 9";
    if (was_killed) {
        console.err << "KILLING " << name_and_pid(row)
                    << ": it had not ended within its stop_grace\n";
    }
    console.out << name << " stopped (" << row.value("pid", 0) << ")\n";
    return !was_killed;
}

int stop(Console& console, const Settings& settings, const SupervisorWords& words) {
    json request = request_of("stop", words);
    request["shut_down"] = words.shuts_down;
    const auto answer = ask(settings, words, std::move(request));
    if (!answer || settings.as_json) {
        return show_answer(console, settings, answer, [](const json&) {});
    }
    bool all_well = true;
    for (const char* kind : {"worker", "server"}) {  // in the order in which they end
        for (const json& row : (*answer)["rows"]) {
            if (row.value("kind", "") == kind) {
                all_well = print_stopped(console, row) && all_well;
            }
        }
    }
    console.out << std::flush;
    return all_well ? kSuccess : kJobFailed;
}

int refresh(Console& console, const Settings& settings, const SupervisorWords& words) {
    json request = request_of("refresh", words);
    request["percent"] = words.percent;
    const auto answer = ask(settings, words, std::move(request));
    if (!answer || settings.as_json) {
        return show_answer(console, settings, answer, [](const json&) {});
    }
    bool is_halted = false;
    for (const json& row : (*answer)["rows"]) {
        console.out << row.value("pool", "") << ": " << harmless(row.value("refresh", "")) << '\n';
        is_halted = is_halted || row.value("halted", false);
    }
    console.out << std::flush;
    return is_halted ? kJobFailed : (*answer).value("settled", false) ? kSuccess : kTimeout;
}

int tell(Console& console,
         const Settings& settings,
         const SupervisorWords& words,
         const json& request,
         const std::string& done) {
    return show_answer(console, settings, ask(settings, words, request), [&](const json&) {
        console.out << done << '\n';
    });
}

int reload(Console& console, const Settings& settings, const SupervisorWords& words) {
    const auto answer = ask(settings, words, {{"verb", "reload"}});
    return show_answer(console, settings, answer, [&](const json& report) {
        for (const json& change : report["changed"]) {
            console.out << change.value("setting", "")
                        << (change.value("needs_restart", false)
                                ? " takes effect when the supervisor is started again\n"
                                : " has changed\n");
        }
        if (report["changed"].empty()) {
            console.out << "nothing has changed\n";
        }
    });
}

using Words = std::shared_ptr<SupervisorWords>;

void add_selection(CLI::App& verb, const Words& words) {
    verb.add_option("pools", words->pools, "these; all unless named");
    verb.add_flag("--servers,--brokers", words->is_servers, "only servers");
    verb.add_flag("--workers", words->is_workers, "only workers");
    verb.add_option("--role", words->roles, "only those with this role; repeated: with any")
        ->allow_extra_args(false);
}

}  // namespace

void add_supervisor(CLI::App& program, Invocation& invocation) {
    CLI::App* supervisor =
        program.add_subcommand("supervisor", "Tells this machine's supervisor what to do");
    supervisor->fallthrough();
    supervisor->require_subcommand(1);
    auto words = std::make_shared<SupervisorWords>();
    add_run_dir(*supervisor, words->run_dir);
    const auto add =
        [&](const char* name,
            const char* help,
            int (*run)(Console&, const Settings&, const SupervisorWords&)) -> CLI::App& {
        return add_verb(
            *supervisor, invocation, name, help, [words, run, &invocation](Console& console) {
                return run(console, invocation.settings, *words);
            });
    };
    CLI::App& starts = add("start", "Starts pools and waits until they are ready", &start);
    add_selection(starts, words);
    starts.add_option("--log-dir", words->log_dir, "where to look why one ended at once")
        ->envname("STEWARD_LOG_DIR")
        ->default_val("logs");
    CLI::App& stops = add("stop", "Stops pools and waits until they have ended", &stop);
    add_selection(stops, words);
    stops.add_flag("--shut-down", words->shuts_down, "everything, and then the supervisor");
    CLI::App& restarts =
        add("restart",
            "Starts fresh processes in the place of all, at once",
            [](Console& console, const Settings& settings, const SupervisorWords& its) {
                return tell(console, settings, its, request_of("restart", its), "restarting");
            });
    add_selection(restarts, words);
    CLI::App& refreshes =
        add("refresh", "The same one after the other; halts when that goes wrong", &refresh);
    add_selection(refreshes, words);
    refreshes.add_option("--percent", words->percent, "so many go first and are watched")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    CLI::App& scales =
        add("scale",
            "Sets how many processes a pool has",
            [](Console& console, const Settings& settings, const SupervisorWords& its) {
                return tell(console,
                            settings,
                            its,
                            {{"verb", "scale"}, {"pool", its.pool}, {"count", its.count}},
                            its.pool + ": " + std::to_string(its.count));
            });
    scales.add_option("pool", words->pool, "which")->required();
    scales.add_option("count", words->count, "how many")->required();
    add("reload", "Reads the configuration again and changes what differs", &reload);
}

}  // namespace steward::cli
