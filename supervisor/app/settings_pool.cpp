#include "supervisor/app/settings_pool.hpp"

#include <algorithm>
#include <utility>

#include "common/base/whole_number.hpp"
#include "supervisor/guardian/orders.hpp"

namespace steward::supervisor {
namespace {

constexpr std::uint64_t kSecondsMicro = 1'000'000;
constexpr std::uint64_t kDayMicro = 86'400 * kSecondsMicro;
constexpr std::size_t kRowsMax = 1'000;

base::Unexpected refuse(std::string why) {
    return base::fail(base::Errc::BadConfig, std::move(why));
}

// A name is also that of files.
base::Expected<void> check_name(std::string_view text) {
    const bool is_fine = std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_';
    });
    if (!is_fine) {
        return refuse("allowed are letters, digits, '-' and '_'");
    }
    if (text == "supervisor") {
        return refuse("the supervisor's own files have this name");
    }
    return {};
}

base::Expected<void> check_word(std::string_view text) {
    if (text.find_first_of(std::string_view("\t\n\r\0", 4)) != std::string_view::npos) {
        return refuse("a tab or line end is not allowed here");
    }
    return {};
}

base::Expected<void> check_count(std::string_view text) {
    const auto count = base::parse_whole<std::uint32_t>(text);
    if (text != "auto" && (!count || *count > kProcessesMax)) {
        return refuse("allowed is a whole number, 0 to " + std::to_string(kProcessesMax) +
                      ", or \"auto\"");
    }
    return {};
}

base::Expected<void> check_nice(std::string_view text) {
    const auto nice = base::parse_whole<int>(text);
    if (!text.empty() && (!nice || *nice < -20 || *nice > 19)) {
        return refuse("allowed is a whole number, -20 to 19");
    }
    return {};
}

base::Expected<void> check_assignment(std::string_view text) {
    if (text.find('=') == std::string_view::npos || text.starts_with('=')) {
        return refuse("allowed is NAME=VALUE");
    }
    return check_word(text);
}

base::Expected<void> check_limit_text(std::string_view text) {
    if (auto checked = check_assignment(text); !checked) {
        return checked;
    }
    const std::size_t equals = text.find('=');
    return guardian::check_limit(text.substr(0, equals), text.substr(equals + 1));
}

using config::Field;

void append(std::vector<Field>& fields, std::vector<Field> more) {
    std::ranges::move(more, std::back_inserter(fields));
}

std::vector<Field> fields_of_program(PoolRow& row) {
    return {{.key = "name",
             .target = &row.name,
             .doc = "What it is called: of its log, its pid files, and everywhere else. Of several "
                    "processes the second is `NAME.2`.",
             .is_required = true,
             .min = 1,
             .max = 64,
             .check = &check_name},
            {.key = "kind",
             .target = &row.kind,
             .doc = "`worker`, or `server`: servers are started first and stopped last, and the "
                    "kill switch is not for them.",
             .words = {"server", "worker"}},
            {.key = "program",
             .target = &row.program,
             .doc = "The program: of the folder of steward's programs or of PATH; with a `/`, a "
                    "path.",
             .is_required = true,
             .min = 1,
             .max = kPathBytesMax,
             .check = &check_word},
            {.key = "args",
             .target = &row.args,
             .doc = "Its arguments.",
             .max = kPathBytesMax,
             .check = &check_word},
            {.key = "port_flags",
             .target = &row.port_flags,
             .doc = "Whether a worker is told the ports of the broker that runs beside it, as "
                    "`--frontend-port` and `--backend-port` before its args. For programs that "
                    "are none of steward's: `false`."},
            {.key = "env",
             .target = &row.env,
             .doc = "More of its environment, each `NAME=VALUE`.",
             .max = kPathBytesMax,
             .check = &check_assignment},
            {.key = "directory",
             .target = &row.directory,
             .doc = "Where it runs; the supervisor's own where nothing is said.",
             .max = kPathBytesMax,
             .check = &check_word},
            {.key = "user",
             .target = &row.user,
             .doc = "As whom it runs, with that user's groups; needs root.",
             .max = 64,
             .check = &check_word},
            {.key = "group",
             .target = &row.group,
             .doc = "Instead of the user's own group.",
             .max = 64,
             .check = &check_word},
            {.key = "nice",
             .target = &row.nice,
             .doc = "Its niceness, -20 to 19.",
             .takes_numbers = true,
             .max = 3,
             .check = &check_nice},
            {.key = "limits",
             .target = &row.limits,
             .doc = "Limits of the system for each process, such as `nofile=4096`, `core=0` or "
                    "`address_space=2GiB`.",
             .max = 64,
             .check = &check_limit_text}};
}

std::vector<Field> fields_of_number(PoolRow& row) {
    return {{.key = "count",
             .target = &row.count,
             .doc = "How many processes; `auto`: as many as there are processors.",
             .takes_numbers = true,
             .min = 1,
             .max = 5,
             .check = &check_count},
            {.key = "min",
             .target = &row.min,
             .doc = "Not fewer. With `max` above it, the number follows what waits.",
             .max = kProcessesMax},
            {.key = "max", .target = &row.max, .doc = "Not more.", .max = kProcessesMax},
            {.key = "services",
             .target = &row.services,
             .doc = "What it serves: for scaling and for the kill switch. The program is not told.",
             .max = 255,
             .check = &check_word},
            {.key = "scale_depth",
             .target = &row.scale_depth,
             .doc = "More processes are started when more jobs than this wait for each.",
             .min = 1,
             .max = 1'000'000},
            {.key = "scale_wait",
             .target = &row.scale_wait,
             .doc = "The same when the oldest has waited as long.",
             .min = 1'000,
             .max = kDayMicro},
            {.key = "roles",
             .target = &row.roles,
             .doc = "Words that `--role` picks pools by.",
             .max = 64,
             .check = &check_name}};
}

std::vector<Field> fields_of_end(PoolRow& row) {
    return {{.key = "stop_signal",
             .target = &row.stop_signal,
             .doc = "What tells it to end.",
             .words = {"TERM", "INT", "HUP", "QUIT", "USR1", "USR2"}},
            {.key = "stop_grace",
             .target = &row.stop_grace,
             .doc = "Between that and the end of it and all it has started by SIGKILL.",
             .max = kDayMicro},
            {.key = "notify",
             .target = &row.notify,
             .doc = "Whether it says when it is ready (`READY=1` of sd_notify, as steward's own "
                    "programs do); else it is `supervisor.ready_after` its start."},
            {.key = "watchdog",
             .target = &row.watchdog,
             .doc = "A ready process that gives no sign of life (`WATCHDOG=1`) for so long is "
                    "killed, with all it has started. 0s: none is wanted.",
             .max = kDayMicro},
            {.key = "memory_limit",
             .target = &row.memory_limit,
             .doc = "A process that with all it has started holds more is replaced.",
             .is_size = true,
             .min = 1U << 20U},
            {.key = "max_jobs",
             .target = &row.max_jobs,
             .doc = "It is told to give way to a fresh one after so many jobs (STEWARD_MAX_JOBS).",
             .min = 1},
            {.key = "max_lifetime",
             .target = &row.max_lifetime,
             .doc = "After so long it is replaced, one at a time. 0s: never.",
             .max = 365 * kDayMicro}};
}

}  // namespace

config::RowTable row_table(SupervisorSettings& settings,
                           const char* name,
                           std::vector<PoolRow>& rows) {
    SupervisorSettings* const all = &settings;
    std::vector<PoolRow>* const kept = &rows;
    const bool is_pool = std::string_view(name) == "pool";
    std::vector<Field> fields = fields_of_program(settings.scratch);
    append(fields, fields_of_number(settings.scratch));
    append(fields, fields_of_end(settings.scratch));
    return {.name = name,
            .doc = is_pool ? "Processes that steward-supervisor keeps running: several of a kind."
                           : "The same as `[[pool]]`, by the name that it had before there were "
                             "several of a kind.",
            .fields = std::move(fields),
            .rows_max = kRowsMax,
            .is_alias = !is_pool,
            .clear = [kept] { kept->clear(); },
            .take = [all, kept] { kept->push_back(std::exchange(all->scratch, {})); },
            .show =
                [all, kept](std::size_t row) {
                    const bool is_there = row < kept->size();
                    all->scratch = is_there ? (*kept)[row] : PoolRow();
                    return is_there;
                }};
}

base::Expected<void> check_row(const PoolRow& row) {
    const std::string where = "[[pool]] \"" + row.name + "\": ";
    const bool is_auto = row.count == "auto";
    const std::uint32_t count = is_auto ? 1 : count_of(row, 1);
    if (row.min && row.max && *row.min > *row.max) {
        return refuse(where + "min is " + std::to_string(*row.min) + " and max is " +
                      std::to_string(*row.max) + "; min must not be above max");
    }
    if ((row.min || row.max) && row.services.empty()) {
        return refuse(where + "min and max are by what waits for its services: name them");
    }
    if (!is_auto && ((row.min && count < *row.min) || (row.max && count > *row.max))) {
        return refuse(where + "count is " + row.count + ", which is not within min and max");
    }
    return {};
}

}  // namespace steward::supervisor
