// client/cli: `steward status`: all that the broker knows of one job.
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/listing.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

int status(Console& console, const Settings& settings, const std::string& text) {
    const auto job = client::JobId::parse(text);
    if (!job) {
        report_error(console, job.error());
        return kUsage;
    }
    return with_client(console, settings, [&](client::Client& client) {
        return show_report(
            console, settings, client.status(*job), [&](const nlohmann::json& report) {
                print_details(console, report);
            });
    });
}

}  // namespace

void add_status(CLI::App& program, Invocation& invocation) {
    auto id = std::make_shared<std::string>();
    CLI::App* verb = program.add_subcommand("status", "Shows all that is known of one job");
    verb->fallthrough();
    verb->add_option("id", *id, "as submit printed it")->required();
    verb->callback([id, &invocation] {
        invocation.run = [id, &invocation](Console& console) {
            return status(console, invocation.settings, *id);
        };
    });
}

}  // namespace steward::cli
