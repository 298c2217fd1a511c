#include "supervisor/app/settings.hpp"

#include <algorithm>
#include <csignal>
#include <set>
#include <utility>

#include "common/base/whole_number.hpp"
#include "common/config/shared_file.hpp"
#include "common/log/level.hpp"
#include "supervisor/app/settings_pool.hpp"
#include "supervisor/policy/action.hpp"

namespace steward::supervisor {
namespace {

constexpr std::uint64_t kMilli = 1'000;
constexpr std::uint64_t kSecond = 1'000 * kMilli;
constexpr std::uint64_t kDay = 86'400 * kSecond;

base::Expected<void> check_level(std::string_view text) {
    const auto level = log::parse_level(text);
    return level ? base::Expected<void>{} : base::Unexpected(level.error());
}

using config::Field;

std::vector<Field> fields_of_places(SupervisorSettings& s) {
    return {
        {.key = "run_dir",
         .target = &s.run_dir,
         .doc = "The folder of pid files and of the control socket. Also `STEWARD_RUN_DIR`.",
         .min = 1,
         .max = kPathBytesMax},
        {.key = "log_dir",
         .target = &s.log_dir,
         .doc = "The folder of `NAME.txt`, what each pool's processes print. Also "
                "`STEWARD_LOG_DIR`.",
         .min = 1,
         .max = kPathBytesMax},
        {.key = "program_dir",
         .target = &s.program_dir,
         .doc = "Where programs are looked for before PATH; empty: where steward-supervisor "
                "is. Also `STEWARD_BIN_DIR`.",
         .max = kPathBytesMax},
        {.key = "broker",
         .target = &s.broker,
         .doc = "The broker to ask what waits, `HOST[:PORT]`; empty: the one that runs here.",
         .is_reloadable = true,
         .max = 255},
        {.key = "client_key_file",
         .target = &s.keys.own,
         .doc = "The own secret key, for brokers with keys, of the supervisor and of what it "
                "starts: as `STEWARD_KEY_FILE`, which it is told by. Made by `steward keygen`, "
                "mode 0600; or `credential:NAME`. Empty: what the supervisor's environment says.",
         .is_reloadable = true,
         .max = kPathBytesMax},
        {.key = "server_key_file",
         .target = &s.keys.server,
         .doc = "The broker's public key, its `.pub` file, likewise: `STEWARD_SERVER_KEY_FILE`.",
         .is_reloadable = true,
         .max = kPathBytesMax},
        {.key = "kill_switch",
         .target = &s.kill_switch,
         .doc = "The file with what may not be started, within `run_dir` unless it begins with "
                "`/`. `steward disable` and `enable` write it.",
         .min = 1,
         .max = kPathBytesMax},
        {.key = "log_level",
         .target = &s.log_level,
         .doc = "What the supervisor's own log tells: `error`, `warning`, `info` or `debug`.",
         .is_reloadable = true,
         .min = 1,
         .max = 16,
         .check = &check_level},
        {.key = "log_bytes_max",
         .target = &s.log_bytes_max,
         .doc = "Where one file of a log ends and the next begins.",
         .is_size = true,
         .min = 4'096},
        {.key = "log_files",
         .target = &s.log_files,
         .doc = "Files kept of each log, the newest included.",
         .min = 1,
         .max = 1'000}};
}

std::vector<Field> fields_of_restarts(SupervisorSettings& s) {
    return {{.key = "sample_every",
             .target = &s.sample_every,
             .doc = "How often memory is looked at and the broker is asked.",
             .is_reloadable = true,
             .min = 50 * kMilli,
             .max = kDay},
            {.key = "ready_after",
             .target = &s.ready_after,
             .doc = "How long a process must have run to count as ready, when it does not say so.",
             .is_reloadable = true,
             .max = kDay},
            {.key = "ready_max",
             .target = &s.ready_max,
             .doc = "How long others wait for one that is not ready: workers for servers, and the "
                    "next of a refresh, which halts.",
             .is_reloadable = true,
             .min = kMilli,
             .max = kDay},
            {.key = "restart_pause_first",
             .target = &s.restart.pause_first,
             .doc = "Between a crash and the next start; doubles with each further one.",
             .is_reloadable = true,
             .min = kMilli,
             .max = kDay},
            {.key = "restart_pause_max",
             .target = &s.restart.pause_max,
             .doc = "The longest such pause.",
             .is_reloadable = true,
             .min = kMilli,
             .max = kDay},
            {.key = "healthy_after",
             .target = &s.restart.healthy_after,
             .doc = "One that has run as long begins with the first pause again.",
             .is_reloadable = true,
             .min = kMilli,
             .max = kDay},
            {.key = "crashes_max",
             .target = &s.restart.crashes_max,
             .doc = "So many crashes in a row are a crash loop: it is said as an error, shown by "
                    "`steward ps`, and tried on at the longest pause.",
             .is_reloadable = true,
             .min = 1,
             .max = 1'000},
            {.key = "restarts_max",
             .target = &s.restart.restarts_max,
             .doc = "Starts of one process within `restart_window`, for whatever reason.",
             .is_reloadable = true,
             .min = 1,
             .max = 10'000},
            {.key = "restart_window",
             .target = &s.restart.restart_window,
             .doc = "The time to which `restarts_max` applies.",
             .is_reloadable = true,
             .min = kMilli,
             .max = kDay}};
}

std::vector<Field> fields_of_change(SupervisorSettings& s) {
    return {{.key = "scale_up_every",
             .target = &s.scale.up_every,
             .doc = "Between two steps up of a pool that is scaled; each adds a half.",
             .is_reloadable = true,
             .min = kMilli,
             .max = kDay},
            {.key = "scale_down_after",
             .target = &s.scale.down_after,
             .doc = "When nothing has waited for so long and a process is idle, one is taken away.",
             .is_reloadable = true,
             .min = kMilli,
             .max = kDay},
            {.key = "refresh_watch",
             .target = &s.refresh.watch,
             .doc = "How long the first ones of a refresh with `--percent` are watched.",
             .is_reloadable = true,
             .max = kDay},
            {.key = "refresh_failures_percent",
             .target = &s.refresh.failures_percent,
             .doc = "A refresh halts when of the jobs of fresh processes so much more fail than "
                    "did before.",
             .is_reloadable = true,
             .max = 100},
            {.key = "refresh_jobs_min",
             .target = &s.refresh.jobs_min,
             .doc = "Jobs to have seen before that is judged.",
             .is_reloadable = true,
             .min = 1,
             .max = 1'000'000}};
}

base::Expected<void> check_together(const SupervisorSettings& settings) {
    if (settings.keys.own.empty() != settings.keys.server.empty()) {
        return base::fail(
            base::Errc::BadConfig,
            "supervisor.client_key_file and supervisor.server_key_file are given together");
    }
    std::set<std::string> names;
    for (const PoolRow* row : settings.rows()) {
        if (!names.insert(row->name).second) {
            return base::fail(
                base::Errc::BadConfig,
                "two of [[pool]] and [[process]] have the name \"" + row->name + "\"");
        }
        if (auto checked = check_row(*row); !checked) {
            return checked;
        }
    }
    return {};
}

}  // namespace

config::Schema schema_of(SupervisorSettings& settings) {
    std::vector<Field> fields = fields_of_places(settings);
    for (auto* more : {&fields_of_restarts, &fields_of_change}) {
        std::ranges::move((*more)(settings), std::back_inserter(fields));
    }
    config::Schema schema;
    schema.sections.push_back({"supervisor",
                               "What steward-supervisor does with the processes below.",
                               std::move(fields)});
    schema.tables.push_back(row_table(settings, "pool", settings.pools));
    schema.tables.push_back(row_table(settings, "process", settings.processes));
    schema.of_others = config::sections_of_others("steward-supervisor");
    return schema;
}

base::Expected<std::unique_ptr<SupervisorSettings>> load_settings(const std::string& file,
                                                                  char* (*look_up)(const char*)) {
    auto settings = std::make_unique<SupervisorSettings>();
    config::Schema schema = schema_of(*settings);
    if (auto loaded = schema.load_file(file); !loaded) {
        return base::Unexpected(std::move(loaded.error()));
    }
    for (const auto& [variable, path] : {std::pair("STEWARD_RUN_DIR", "supervisor.run_dir"),
                                         std::pair("STEWARD_LOG_DIR", "supervisor.log_dir"),
                                         std::pair("STEWARD_BIN_DIR", "supervisor.program_dir")}) {
        const char* value = look_up(variable);
        if (value != nullptr && *value != '\0') {
            if (auto set = schema.set(path, value, variable); !set) {
                return base::Unexpected(std::move(set.error()));
            }
        }
    }
    if (auto checked = check_together(*settings); !checked) {
        checked.error().message = file + ": " + checked.error().message;
        return base::Unexpected(std::move(checked.error()));
    }
    return settings;
}

std::string SupervisorSettings::run_path(std::string_view name) const {
    return run_dir + "/" + std::string(name);
}

std::string SupervisorSettings::log_path(std::string_view name) const {
    return log_dir + "/" + std::string(name) + ".txt";
}

std::string SupervisorSettings::kill_switch_path() const {
    return kill_switch.starts_with('/') ? kill_switch : run_path(kill_switch);
}

std::vector<const PoolRow*> SupervisorSettings::rows() const {
    std::vector<const PoolRow*> all;
    for (const auto* rows : {&processes, &pools}) {
        for (const PoolRow& row : *rows) {
            all.push_back(&row);
        }
    }
    return all;
}

std::uint32_t count_of(const PoolRow& row, std::uint32_t processors) {
    if (row.count == "auto") {
        return std::clamp(processors, row.min.value_or(1), row.max.value_or(kProcessesMax));
    }
    return base::parse_whole<std::uint32_t>(row.count).value_or(0);
}

PoolPlan plan_of(const PoolRow& row, const SupervisorSettings& settings, std::uint32_t processors) {
    PoolPlan plan;
    plan.name = row.name;
    plan.kind = row.kind == "server" ? Kind::Server : Kind::Worker;
    plan.count = count_of(row, processors);
    plan.services = row.services;
    plan.roles = row.roles;
    plan.says_ready = row.notify;
    plan.ready_after = settings.ready_after;
    plan.ready_max = settings.ready_max;
    plan.stop_grace = row.stop_grace;
    plan.max_lifetime = row.max_lifetime;
    plan.restart = settings.restart;
    plan.scale = settings.scale;
    plan.scale.min = row.min.value_or(plan.count);
    plan.scale.max = std::max(row.max.value_or(plan.count), plan.scale.min);
    plan.scale.depth = row.scale_depth;
    plan.scale.wait = row.scale_wait;
    plan.refresh = settings.refresh;
    const auto add = [&](std::string_view part) { (plan.launch += part) += '\n'; };
    for (const auto* texts : {&row.args, &row.env, &row.limits}) {
        std::ranges::for_each(*texts, add);
        add("");
    }
    for (const auto* text : {&row.program, &row.directory, &row.user, &row.group, &row.nice}) {
        add(*text);
    }
    add(std::to_string(row.max_jobs.value_or(0)));
    add(std::to_string(row.watchdog.count()));
    add(row.port_flags ? "port_flags" : "");
    return plan;
}

int signal_number(std::string_view name) {
    constexpr std::pair<std::string_view, int> kSignals[] = {{"TERM", SIGTERM},
                                                             {"INT", SIGINT},
                                                             {"HUP", SIGHUP},
                                                             {"QUIT", SIGQUIT},
                                                             {"USR1", SIGUSR1},
                                                             {"USR2", SIGUSR2}};
    const auto* found = std::ranges::find(kSignals, name, &std::pair<std::string_view, int>::first);
    return found == std::end(kSignals) ? SIGTERM : found->second;
}

bool Selection::has(const PoolPlan& plan) const {
    const auto is_in = [](const std::vector<std::string>& words, const std::string& word) {
        return std::ranges::find(words, word) != words.end();
    };
    const bool is_named = pools.empty() || is_in(pools, plan.name);
    const bool is_kind = kind.empty() || (kind == "server") == (plan.kind == Kind::Server);
    const bool has_role = roles.empty() || std::ranges::any_of(roles, [&](const auto& role) {
                              return is_in(plan.roles, role);
                          });
    return is_named && is_kind && has_role;
}

std::string processes_text(const SupervisorSettings& settings,
                           const Selection& selection,
                           std::uint32_t processors) {
    std::string out;
    for (const PoolRow* row : settings.rows()) {
        const PoolPlan plan = plan_of(*row, settings, processors);
        if (!selection.has(plan)) {
            continue;
        }
        const bool is_single = plan.scale.max <= 1 && plan.count <= 1;
        for (std::uint32_t number = 1; number <= plan.count; ++number) {
            out += name_of({row->name, number}, is_single) + "\t" + row->kind + "\t" + row->program;
            for (const std::string& arg : row->args) {
                out += "\t" + arg;
            }
            out += "\n";
        }
    }
    return out;
}

}  // namespace steward::supervisor
