// gateway: the program. Reads the command line, opens a gateway and runs it.
#include <cstdio>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "common/manual/page.hpp"
#include "gateway/app/gateway_process.hpp"
#include "gateway/app/options.hpp"

namespace {

using namespace steward;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Words {
    std::string file;
    std::vector<gateway::FlagValue> flags;
    bool check_config = false;
    bool print_config = false;
    bool print_manual = false;
};

int complain(const std::string& message, int code) {
    std::fprintf(stderr, "steward-gateway: %s\n", message.c_str());
    return code;
}

void add_setting(CLI::App& app,
                 Words& words,
                 const std::string& flag,
                 const std::string& setting,
                 const std::string& help) {
    app.add_option_function<std::string>(
           flag,
           [&words, flag, setting](const std::string& value) {
               words.flags.push_back({flag, setting, value});
           },
           help + " (" + setting + ")")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void describe(CLI::App& app, Words& words) {
    app.add_option("-c,--config", words.file, "TOML file with the settings");
    add_setting(app, words, "--broker", "gateway.brokers", "where the broker is");
    add_setting(app, words, "--news", "gateway.news", "where the broker's news are");
    add_setting(app, words, "--bind", "gateway.bind", "address to listen on");
    add_setting(app, words, "--port", "gateway.port", "port to listen on, 0: any free");
    add_setting(app, words, "--tokens", "gateway.tokens_file", "file with tokens and roles");
    add_setting(app, words, "--log-level", "gateway.log_level", "error, warning, info or debug");
    app.add_flag("--check-config", words.check_config, "check the settings and leave");
    app.add_flag("--print-config", words.print_config, "print all settings and leave");
    app.add_flag("--print-config-manual", words.print_manual, "print them as Markdown and leave");
    app.set_version_flag("--version", std::string("steward-gateway ") + STEWARD_VERSION);
    app.footer("Exit status: 0 ended as told, 1 failed, 2 wrong usage or configuration.");
    manual::add_page(app, {8, {"steward-broker(8)", "steward.toml(5)"}});
}

// False when no switch asks for anything.
bool print_and_leave(const Words& words, gateway::GatewayOptions& options) {
    if (words.print_config) {
        std::fputs(gateway::schema_of(options).print(true).c_str(), stdout);
    } else if (words.print_manual) {
        std::fputs(gateway::schema_of(options).document().c_str(), stdout);
    } else if (words.check_config) {
        std::puts("the configuration is valid");
    } else {
        return false;
    }
    return true;
}

int run(int argc, char** argv) {
    Words words;
    CLI::App app("Steward's gateway: HTTP and WebSocket in, jobs out.", "steward-gateway");
    describe(app, words);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? 0 : kUsage;
    }
    auto options = gateway::load_options(words.file, words.flags);
    if (!options) {
        return complain(options.error().message, kUsage);
    }
    if (print_and_leave(words, **options)) {
        return 0;
    }
    auto process = gateway::GatewayProcess::open(std::move(*options), words.file, words.flags);
    if (!process) {
        return complain(process.error().message, kFailed);
    }
    std::puts((*process)->ready_line().c_str());
    std::fflush(stdout);
    (*process)->run();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {  // out of memory, before or after the loop
        return complain(error.what(), kFailed);
    }
}
