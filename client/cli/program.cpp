// client/cli: the command line put together.
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/verbs.hpp"
#include "common/manual/page.hpp"

namespace steward::cli {

namespace {

// What is wrong with a command line in which no verb was found.
std::string without_verb(const std::vector<std::string>& words) {
    if (words.empty()) {
        return "say what to do";
    }
    const bool is_option = words.front().starts_with('-');
    return (is_option ? "there is no option " : "there is no verb ") + words.front();
}

int run_verb(int argc, const char* const* argv, Console& console, bool& is_plugin) {
    Invocation invocation;
    CLI::App program("Talks to a Steward broker: runs jobs and shows what goes on.", "steward");
    program.set_version_flag("--version", "steward " STEWARD_VERSION);
    program.require_subcommand(1);
    program.footer(
        "Exit status: 0 success, 1 the job failed, 2 wrong usage, 3 time-out, 4 refused,\n"
        "5 no broker, 6 torn journal, 7 damaged journal, 8 output not written.\n"
        "`steward VERB --help` tells more.");
    manual::add_page(program,
                     {1, {"steward-broker(8)", "steward-supervisor(8)", "steward.toml(5)"}});
    program.failure_message([](const CLI::App* /*app*/, const CLI::Error& error) {
        return "steward: " + std::string(error.what()) + "; see steward --help\n";
    });
    add_settings(program, invocation.settings);
    add_call(program, invocation);
    add_submit(program, invocation);
    add_batch(program, invocation);
    add_results(program, invocation);
    add_status(program, invocation);
    add_why(program, invocation);
    add_list(program, invocation);
    add_listings(program, invocation);
    add_top(program, invocation);
    add_tail(program, invocation);
    add_replay(program, invocation);
    add_changes(program, invocation);
    add_modes(program, invocation);
    add_limits(program, invocation);
    add_schedule(program, invocation);
    add_broker(program, invocation);
    add_ps(program, invocation);
    add_supervisor(program, invocation);
    add_ping(program, invocation);
    add_check(program, invocation);
    add_shutdown(program, invocation);
    add_journal(program, invocation);
    add_backup(program, invocation);
    add_keygen(program, invocation);
    add_doctor(program, invocation);
    add_completion(program, invocation);
    try {
        program.parse(argc, argv);
        is_plugin = program.got_subcommand("check");
    } catch (const CLI::ParseError& error) {
        const bool needs_more =
            error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
        if (needs_more && program.get_subcommands().empty()) {
            return report_usage(console, without_verb(program.remaining()));
        }
        // A plugin says in its own way that it was called wrongly.
        is_plugin = program.got_subcommand("check");
        const int usage = is_plugin ? kPluginUnknown : kUsage;
        return program.exit(error, console.out, console.err) == 0 ? kSuccess : usage;
    }
    return invocation.run(console);
}

}  // namespace

int run_program(int argc, const char* const* argv, Console& console) {
    bool is_plugin = false;
    const int status = finish(console, run_verb(argc, argv, console, is_plugin));
    return is_plugin && status == kUnwritten ? static_cast<int>(kPluginUnknown) : status;
}

}  // namespace steward::cli
