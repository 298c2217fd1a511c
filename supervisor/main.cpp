// supervisor: the program steward-supervisor. Reads the command line, opens a supervisor, runs it.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>

#include "common/manual/page.hpp"
#include "supervisor/app/background.hpp"
#include "supervisor/app/supervisor.hpp"

namespace {

using namespace steward;
using namespace steward::supervisor;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Switches {
    bool servers = false;
    bool workers = false;
    bool check_config = false;
    bool print_config = false;
    bool print_manual = false;
    bool print_processes = false;
};

int complain(const std::string& message, int code) {
    std::fprintf(stderr, "steward-supervisor: %s\n", message.c_str());
    return code;
}

void describe(CLI::App& app, SupervisorOptions& options, Switches& switches) {
    app.add_option("-c,--config", options.config, "TOML file with the settings")
        ->capture_default_str();
    app.add_flag("--foreground",
                 options.is_foreground,
                 "do not go into the background; log to "
                 "standard error");
    app.add_flag("--servers,--brokers", switches.servers, "start only servers");
    app.add_flag("--workers", switches.workers, "start only workers");
    app.add_option("--role",
                   options.selection.roles,
                   "start only pools with this role; repeated: "
                   "with any of them")
        ->allow_extra_args(false);
    app.add_flag("--start-nothing", options.starts_nothing, "start nothing until told to");
    app.add_flag("--check-config", switches.check_config, "check the settings and leave");
    app.add_flag("--print-config", switches.print_config, "print all settings and leave");
    app.add_flag(
        "--print-config-manual", switches.print_manual, "print them as Markdown and leave");
    app.add_flag("--print-processes",
                 switches.print_processes,
                 "print the processes that are started at first, tab-separated, and leave");
    app.set_version_flag("--version", std::string("steward-supervisor ") + STEWARD_VERSION);
    app.footer(
        "Beside each process runs a `steward-guardian`, started by the supervisor and not by hand; "
        "it ends what its process leaves behind.\n"
        "From the environment: STEWARD_RUN_DIR, STEWARD_LOG_DIR and STEWARD_BIN_DIR, for the "
        "settings of these names.\n"
        "Exit status: 0 ended as told, 1 failed, 2 wrong usage or configuration.");
    manual::add_page(app, {8, {"steward(1)", "steward-broker(8)", "steward.toml(5)"}});
}

// Prints what a switch asks for; false when none does.
bool print_and_leave(const Switches& switches,
                     const Selection& selection,
                     SupervisorSettings& settings) {
    if (switches.print_config) {
        std::fputs(schema_of(settings).print(true).c_str(), stdout);
    } else if (switches.print_manual) {
        std::fputs(schema_of(settings).document().c_str(), stdout);
    } else if (switches.print_processes) {
        const unsigned processors = std::max(1U, std::thread::hardware_concurrency());
        std::fputs(processes_text(settings, selection, processors).c_str(), stdout);
    } else if (switches.check_config) {
        std::puts("the configuration is valid");
    } else {
        return false;
    }
    return true;
}

int run_in_foreground(const SupervisorOptions& options,
                      std::unique_ptr<SupervisorSettings> settings) {
    auto supervisor = Supervisor::open(options, std::move(settings));
    if (!supervisor) {
        return complain(supervisor.error().message, kFailed);
    }
    return (*supervisor)->run() ? 0 : kFailed;
}

int run_in_background(const SupervisorOptions& options,
                      std::unique_ptr<SupervisorSettings> settings) {
    auto background = Background::begin();
    if (!background) {
        return complain(background.error().message, kFailed);
    }
    if (background->exit_code()) {
        return *background->exit_code();
    }
    auto supervisor = Supervisor::open(options, std::move(settings));
    if (!supervisor) {
        background->failed(supervisor.error().message, kFailed);
        return kFailed;
    }
    background->well();
    return (*supervisor)->run() ? 0 : kFailed;
}

int run(int argc, char** argv) {
    SupervisorOptions options;
    options.config = "etc/steward.toml";
    Switches switches;
    CLI::App app("Steward's supervisor: starts brokers and workers and keeps them running.",
                 "steward-supervisor");
    describe(app, options, switches);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsage;
    }
    if (switches.servers != switches.workers) {
        options.selection.kind = switches.servers ? "server" : "worker";
    }
    auto settings = load_settings(options.config, &std::getenv);
    if (!settings) {
        return complain(settings.error().message, kUsage);
    }
    if (print_and_leave(switches, options.selection, **settings)) {
        return 0;
    }
    return options.is_foreground ? run_in_foreground(options, std::move(*settings))
                                 : run_in_background(options, std::move(*settings));
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        return complain(error.what(), kFailed);
    }
}
