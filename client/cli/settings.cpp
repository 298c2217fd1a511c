#include "client/cli/settings.hpp"

#include <algorithm>
#include <ostream>
#include <utility>

#include <CLI/CLI.hpp>

#include "client/brokers.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/words.hpp"

namespace steward::cli {

namespace {

using namespace std::chrono_literals;

// A person at a terminal wants to know soon that nobody is there; of many brokers each has time
// enough to be far away.
base::Duration connect_max(std::size_t brokers) {
    return std::max<base::Duration>(3s, 1s * brokers);
}

}  // namespace

void add_settings(CLI::App& program, Settings& settings) {
    program.add_option("--broker", settings.brokers, "HOST[:PORT], several with commas between")
        ->envname("STEWARD_BROKER")
        ->capture_default_str();
    program
        .add_option("--client-port", settings.port, "port of brokers that are named without one")
        ->check(CLI::Range(1, 65535))
        ->capture_default_str();
    program.add_option("--key-file", settings.keys.own, "file of the own secret key, NAME.key")
        ->envname("STEWARD_KEY_FILE");
    program
        .add_option("--server-key-file", settings.keys.server, "file of the broker's public key")
        ->envname("STEWARD_SERVER_KEY_FILE");
    program.add_option("--timeout", settings.timeout, "how long to wait: 250ms, 30s, 5min, 1h")
        ->each([&settings](const std::string&) { settings.is_timeout_given = true; })
        ->capture_default_str();
    program.add_flag("--json", settings.as_json, "JSON for programs, one document a line");
}

base::Expected<client::Options> Settings::client_options() const {
    client::Options options;
    auto endpoints = client::broker_endpoints(brokers, port);
    if (!endpoints) {
        return base::Unexpected(std::move(endpoints.error()));
    }
    const auto wait = timeout_duration();
    if (!wait) {
        return base::Unexpected(wait.error());
    }
    options.brokers = std::move(*endpoints);
    options.timeout = *wait;
    options.keys = keys;
    options.connect_timeout = std::min(*wait, connect_max(options.brokers.size()));
    return options;
}

base::Expected<base::Duration> Settings::timeout_duration() const {
    auto wait = time_of("--timeout", timeout);
    if (wait && *wait <= base::Duration::zero()) {
        return base::fail(base::Errc::BadOption, "--timeout is more than 0");
    }
    return wait;
}

CLI::App& add_verb(CLI::App& parent,
                   Invocation& invocation,
                   const char* name,
                   const char* help,
                   std::function<int(Console&)> run) {
    CLI::App* verb = parent.add_subcommand(name, help);
    verb->fallthrough();
    verb->callback([verb, &invocation, run = std::move(run)] {
        if (verb->get_subcommands().empty()) {
            invocation.run = run;
        }
    });
    return *verb;
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

int do_once(Console& console,
            const Settings& settings,
            const std::function<client::Expected<void>(client::Client&)>& work,
            const std::string& done) {
    return with_client(console, settings, [&](client::Client& client) {
        if (const auto ended = work(client); !ended) {
            return report_error(console, ended.error());
        }
        if (settings.as_json) {
            print_json(console, nlohmann::json::object());
        } else {
            console.out << harmless(done) << '\n';
        }
        console.out << std::flush;
        return static_cast<int>(kSuccess);
    });
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
