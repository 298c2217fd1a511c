// client/cli: `steward jobs`, `active`, `hist`, `workers` and `services`: lists for people, or
// JSON.
#include <array>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "client/cli/listing.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

struct Listing {
    const char* what;
    const char* help;
};

constexpr std::array<Listing, 5> kListings = {
    {{"jobs", "Lists the jobs that wait"},
     {"active", "Lists the jobs that run"},
     {"hist", "Lists the jobs that have ended last"},
     {"workers", "Lists the workers"},
     {"services", "Lists the services and their queues"}}};

int list(Console& console, const Settings& settings, const char* what, const std::string& service) {
    return with_client(console, settings, [&](client::Client& client) {
        return show_report(
            console, settings, client.query(what, service), [&](const nlohmann::json& report) {
                print_listing(console, what, report);
            });
    });
}

}  // namespace

void add_listings(CLI::App& program, Invocation& invocation) {
    for (const Listing& listing : kListings) {
        auto service = std::make_shared<std::string>();
        CLI::App* verb = program.add_subcommand(listing.what, listing.help);
        verb->fallthrough();
        verb->add_option("service", *service, "only of this service");
        verb->callback([what = listing.what, service, &invocation] {
            invocation.run = [what, service, &invocation](Console& console) {
                return list(console, invocation.settings, what, *service);
            };
        });
    }
}

}  // namespace steward::cli
