// client/cli: `steward ping`: whether a broker answers, and how fast.
#include <iomanip>
#include <memory>
#include <ostream>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

int ping(Console& console, const Settings& settings, std::size_t count) {
    return with_client(console, settings, [&](client::Client& client) {
        for (std::size_t i = 0; i < count; ++i) {
            const auto round_trip = client.ping();
            if (!round_trip) {
                return report_error(console, round_trip.error());
            }
            const auto micros = round_trip->count();
            if (settings.as_json) {
                print_json(console, {{"round_trip_us", micros}});
            } else {
                console.out << "the broker at " << settings.brokers << " answers in "
                            << micros / 1000 << '.' << std::setfill('0') << std::setw(3)
                            << micros % 1000 << " ms\n";
            }
            console.out << std::flush;
        }
        return static_cast<int>(kSuccess);
    });
}

}  // namespace

void add_ping(CLI::App& program, Invocation& invocation) {
    auto count = std::make_shared<std::size_t>(1);
    CLI::App* verb = program.add_subcommand("ping", "Tells how long the broker takes to answer");
    verb->fallthrough();
    verb->add_option("--count", *count, "so often; the first includes connecting")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    verb->callback([count, &invocation] {
        invocation.run = [count, &invocation](Console& console) {
            return ping(console, invocation.settings, *count);
        };
    });
}

}  // namespace steward::cli
