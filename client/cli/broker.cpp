// client/cli: `steward broker`: the broker's figures.
#include <CLI/CLI.hpp>

#include "client/cli/listing.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

void add_broker(CLI::App& program, Invocation& invocation) {
    CLI::App* verb = program.add_subcommand("broker", "Shows the broker's figures");
    verb->fallthrough();
    verb->callback([&invocation] {
        invocation.run = [&invocation](Console& console) {
            return with_client(console, invocation.settings, [&](client::Client& client) {
                return show_report(
                    console,
                    invocation.settings,
                    client.query("broker"),
                    [&](const nlohmann::json& report) { print_details(console, report); });
            });
        };
    });
}

}  // namespace steward::cli
