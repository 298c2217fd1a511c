// broker: the program. Reads the command line, opens a broker and runs it.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "broker/app/broker_process.hpp"
#include "broker/app/options.hpp"
#include "common/manual/page.hpp"

namespace {

using namespace steward;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Switches {
    bool check_config = false;
    bool print_config = false;
    bool print_manual = false;
    bool repair = false;
};

int complain(const std::string& message, int code) {
    std::fprintf(stderr, "steward-broker: %s\n", message.c_str());
    return code;
}

// A flag that stands for one setting; `--port=5` is kept as text and checked by the table.
void add_setting(CLI::App& app,
                 app::OptionSources& sources,
                 const std::string& flag,
                 const std::string& setting,
                 const std::string& help) {
    app.add_option_function<std::string>(
           flag,
           [&sources, flag, setting](const std::string& value) {
               sources.flags.push_back({flag, setting, value});
           },
           help + " (" + setting + ")")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void describe(CLI::App& app, app::OptionSources& sources, Switches& switches) {
    app.add_option("-c,--config", sources.file, "TOML file with the settings");
    add_setting(app, sources, "--bind", "broker.bind", "address to listen on");
    add_setting(
        app, sources, "--client-port", "broker.client_port", "port for clients, 0: any free");
    add_setting(
        app, sources, "--worker-port", "broker.worker_port", "port for workers, 0: any free");
    add_setting(app, sources, "--news-port", "broker.news_port", "port for news, 0: any free");
    add_setting(app, sources, "--data-dir", "broker.data_dir", "folder for what is written");
    add_setting(
        app, sources, "--journal", "journal.engine", "disk, or memory: jobs end with the broker");
    add_setting(app,
                sources,
                "--durability",
                "journal.durability",
                "what acknowledgements wait for: sync, interval:50ms or os");
    add_setting(app, sources, "--log-level", "broker.log_level", "error, warning, info or debug");
    app.add_flag("--check-config", switches.check_config, "check the settings and leave");
    app.add_flag("--print-config", switches.print_config, "print all settings and leave");
    app.add_flag(
        "--print-config-manual", switches.print_manual, "print them as Markdown and leave");
    app.add_flag("--repair",
                 switches.repair,
                 "start without what is damaged in the journal, and tell what that is");
    app.set_version_flag("--version", std::string("steward-broker ") + STEWARD_VERSION);
    app.footer("Exit status: 0 ended as told, 1 failed, 2 wrong usage or configuration.");
    manual::add_page(app, {8, {"steward(1)", "steward-supervisor(8)", "steward.toml(5)"}});
}

// Prints what a switch asks for; false when none does.
bool print_and_leave(const Switches& switches, app::BrokerOptions& options) {
    if (switches.print_config) {
        std::fputs(app::schema_of(options).print(true).c_str(), stdout);
    } else if (switches.print_manual) {
        std::fputs(app::schema_of(options).document().c_str(), stdout);
    } else if (switches.check_config) {
        std::puts("the configuration is valid");
    } else {
        return false;
    }
    return true;
}

int run(int argc, char** argv) {
    app::OptionSources sources;
    sources.environment = app::read_environment(&std::getenv);
    Switches switches;
    CLI::App app("Steward's broker: takes jobs from clients and hands them to workers.",
                 "steward-broker");
    describe(app, sources, switches);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? 0 : kUsage;
    }
    auto options = app::load_options(sources);
    if (!options) {
        return complain(options.error().message, kUsage);
    }
    if (print_and_leave(switches, **options)) {
        return 0;
    }
    auto process = app::BrokerProcess::open(std::move(*options), sources, switches.repair);
    if (!process) {
        return complain(process.error().message, kFailed);
    }
    std::puts((*process)->ready_line().c_str());
    std::fflush(stdout);
    return (*process)->run() ? 0 : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {  // out of memory, before or after the loop
        return complain(error.what(), kFailed);
    }
}
