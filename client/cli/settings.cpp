#include "client/cli/settings.hpp"

#include <algorithm>
#include <ostream>

#include <CLI/CLI.hpp>

#include "client/brokers.hpp"
#include "client/cli/exit_status.hpp"

namespace steward::cli {

namespace {

using namespace std::chrono_literals;

// A person at a terminal wants to know soon that nobody is there.
constexpr base::Duration kConnectMax = 3s;

}  // namespace

void add_settings(CLI::App& program, Settings& settings) {
    program.add_option("--broker", settings.brokers, "HOST[:PORT], several with commas between")
        ->envname("STEWARD_BROKER")
        ->capture_default_str();
    program
        .add_option("--client-port", settings.port, "port of brokers that are named without one")
        ->check(CLI::Range(1, 65535))
        ->capture_default_str();
    program.add_option("--timeout", settings.timeout, "how long to wait: 250ms, 30s, 5min, 1h")
        ->capture_default_str();
    program.add_flag("--json", settings.as_json, "JSON for programs, one document a line");
}

base::Expected<client::Options> Settings::client_options() const {
    client::Options options;
    auto endpoints = client::broker_endpoints(brokers, port);
    if (!endpoints) {
        return base::Unexpected(std::move(endpoints.error()));
    }
    const auto wait = wire::parse_duration(timeout);
    if (!wait || *wait <= base::Duration::zero()) {
        return base::fail(base::Errc::BadOption,
                          "--timeout " + timeout + " is no duration: write 250ms, 30s, 5min or 1h");
    }
    options.brokers = std::move(*endpoints);
    options.timeout = *wait;
    options.connect_timeout = std::min(*wait, kConnectMax);
    return options;
}

int with_client(Console& console,
                const Settings& settings,
                const std::function<int(client::Client&)>& work) {
    auto options = settings.client_options();
    if (!options) {
        report_error(console, options.error());
        return kUsage;
    }
    client::Client client(std::move(*options));
    return work(client);
}

int show_report(Console& console,
                const Settings& settings,
                const base::Expected<nlohmann::json>& report,
                const std::function<void(const nlohmann::json&)>& print) {
    if (!report) {
        return report_error(console, report.error());
    }
    if (settings.as_json) {
        print_json(console, *report);
    } else {
        print(*report);
    }
    console.out << std::flush;
    return kSuccess;
}

void print_json(Console& console, const nlohmann::json& value) {
    console.out << value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

}  // namespace steward::cli
