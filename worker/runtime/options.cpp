#include "worker/runtime/options.hpp"

#include <algorithm>
#include <utility>

#include <CLI/CLI.hpp>

#include "client/brokers.hpp"
#include "common/base/bytes.hpp"
#include "common/model/names.hpp"
#include "common/wire/params.hpp"

namespace steward::worker {
namespace {

// What CLI11 fills in: texts as they were given.
struct Given {
    std::string service;
    std::string backends = "127.0.0.1";
    std::string frontends;
    std::uint16_t backend_port = 5556;
    std::uint16_t frontend_port = 5555;
    std::uint32_t concurrency = 1;
    std::string log_level = "info";
};

void describe(CLI::App& app, Given& given, const std::vector<ExtraOption>& extra) {
    app.add_option("--service-name,--service", given.service, "Name to serve under");
    app.add_option(
           "--backend-server,--backend-servers,--broker",
           given.backends,
           "HOST, HOST:PORT or endpoint of the broker; several, comma between, are tried in "
           "turn")
        ->capture_default_str();
    app.add_option("--backend-port", given.backend_port, "Port where none is given above")
        ->capture_default_str();
    app.add_option("--frontend-server,--frontend-servers",
                   given.frontends,
                   "Where child jobs are submitted; the hosts of --backend-server unless given");
    app.add_option("--frontend-port", given.frontend_port, "Port where none is given there")
        ->capture_default_str();
    app.add_option("--concurrency", given.concurrency, "Jobs run at once")
        ->check(CLI::Range(1U, kConcurrencyMax))
        ->capture_default_str();
    app.add_option("--log-level,--log", given.log_level, "debug, info, warning, error, or a letter")
        ->capture_default_str();
    for (const ExtraOption& option : extra) {
        app.add_option(option.flag, *option.value, option.help)->capture_default_str();
    }
    // The last one wins, so that a wrapper's defaults can be overridden (ZMWS).
    for (CLI::Option* option : app.get_options()) {
        if (option->get_items_expected_max() > 0) {
            option->take_last();
        }
    }
    app.set_version_flag("--version", app.get_name() + " " + STEWARD_VERSION);
    app.footer(
        "From the environment: HEARTBEAT_INTERVAL (seconds, or with a unit: \"500ms\"; 5) and "
        "HEARTBEAT_MAXTRIES (3).");
}

base::Expected<void> check_services(const std::string& renamed,
                                    std::vector<ServiceEntry>& services) {
    if (!renamed.empty()) {
        if (services.size() != 1) {
            return base::fail(base::Errc::BadConfig,
                              "--service-name is for a program with one service; this one has " +
                                  std::to_string(services.size()));
        }
        services.front().name = renamed;
    }
    std::vector<std::string> names;
    for (const ServiceEntry& service : services) {
        if (service.name.empty()) {
            return base::fail(base::Errc::BadConfig, "no service is named: give --service-name");
        }
        const auto name = model::ServiceName::parse(service.name);
        if (!name) {
            return base::Unexpected(name.error());
        }
        if (name->is_reserved()) {
            return base::fail(base::Errc::ReservedName,
                              '"' + service.name + "\" is a name of the broker's own");
        }
        if (std::ranges::find(names, service.name) != names.end()) {
            return base::fail(base::Errc::BadConfig, '"' + service.name + "\" is served twice");
        }
        names.push_back(service.name);
    }
    if (names.empty()) {
        return base::fail(base::Errc::BadConfig, "the program serves nothing");
    }
    return {};
}

// The hosts of a broker list, for the frontend's port. Endpoints without a host have none to give.
std::string hosts_of(const std::vector<std::string>& endpoints) {
    std::string hosts;
    for (const std::string& endpoint : endpoints) {
        const std::string_view text = endpoint;
        const std::size_t colon = text.rfind(':');
        if (text.starts_with("tcp://") && colon > 6) {
            hosts += (hosts.empty() ? "" : ",") + std::string(text.substr(6, colon - 6));
        }
    }
    return hosts;
}

base::Expected<void> read_environment(const CommandLine& line, RuntimeOptions& options) {
    if (const char* text = line.environment("HEARTBEAT_INTERVAL"); text != nullptr) {
        const auto interval = wire::parse_duration(text);
        if (!interval || *interval < 10ms || *interval > 1h) {
            return base::fail(
                base::Errc::BadConfig,
                "HEARTBEAT_INTERVAL is 10ms to 1h, a plain number is seconds; this is "
                "\"" +
                    base::printable(text) + '"');
        }
        options.heartbeat_interval = *interval;
    }
    if (const char* text = line.environment("HEARTBEAT_MAXTRIES"); text != nullptr) {
        std::uint32_t tries = 0;
        if (!CLI::detail::lexical_cast(text, tries) || tries < 1 || tries > 1000) {
            return base::fail(base::Errc::BadConfig,
                              "HEARTBEAT_MAXTRIES is a number from 1 to 1000; this is \"" +
                                  base::printable(text) + '"');
        }
        options.heartbeat_tries = tries;
    }
    return {};
}

base::Expected<RuntimeOptions> check(const CommandLine& line,
                                     const Given& given,
                                     std::vector<ServiceEntry> services) {
    RuntimeOptions options;
    options.concurrency = given.concurrency;
    if (auto checked = check_services(given.service, services); !checked) {
        return base::Unexpected(std::move(checked.error()));
    }
    options.services = std::move(services);
    auto backends = client::broker_endpoints(given.backends, given.backend_port);
    if (!backends) {
        return base::Unexpected(std::move(backends.error()));
    }
    options.backends = std::move(*backends);
    const std::string hosts =
        given.frontends.empty() ? hosts_of(options.backends) : given.frontends;
    if (!hosts.empty()) {
        auto frontends = client::broker_endpoints(hosts, given.frontend_port);
        if (!frontends) {
            return base::Unexpected(std::move(frontends.error()));
        }
        options.frontends = std::move(*frontends);
    }
    const auto level = log::parse_level(given.log_level);
    if (!level) {
        return base::Unexpected(level.error());
    }
    options.log_level = *level;
    if (auto read = read_environment(line, options); !read) {
        return base::Unexpected(std::move(read.error()));
    }
    return options;
}

}  // namespace

std::variant<RuntimeOptions, ExitNow> parse_options(const CommandLine& line,
                                                    std::vector<ServiceEntry> services,
                                                    const std::vector<ExtraOption>& extra,
                                                    std::ostream& out,
                                                    std::ostream& errors) {
    std::string name = line.argc > 0 ? line.argv[0] : "worker";
    name.erase(0, name.rfind('/') + 1);
    CLI::App app("A worker: connects to a broker and runs jobs until it is told to stop.", name);
    Given given;
    try {
        describe(app, given, extra);
        app.parse(line.argc, line.argv);
    } catch (const CLI::Error& error) {
        return ExitNow{app.exit(error, out, errors) == 0 ? 0 : 2};
    }
    auto options = check(line, given, std::move(services));
    if (!options) {
        errors << name << ": " << options.error().message << '\n';
        return ExitNow{2};
    }
    return std::move(*options);
}

}  // namespace steward::worker
