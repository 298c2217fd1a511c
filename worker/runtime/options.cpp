#include "worker/runtime/options.hpp"

#include <algorithm>
#include <utility>

#include <CLI/CLI.hpp>

#include "client/brokers.hpp"
#include "common/base/bytes.hpp"
#include "common/base/quantity.hpp"
#include "common/base/whole_number.hpp"
#include "common/manual/page.hpp"
#include "common/model/label.hpp"
#include "common/model/limits.hpp"
#include "common/model/names.hpp"
#include "common/net/endpoint.hpp"
#include "common/wire/params.hpp"

namespace steward::worker {
namespace {

// What CLI11 fills in: texts as they were given.
struct Given {
    std::string service;
    std::string backends = "127.0.0.1";
    std::string frontends;
    keys::KeyFiles keys;
    std::uint16_t backend_port = 5556;
    std::uint16_t frontend_port = 5555;
    std::uint32_t concurrency = 1;
    std::string address;
    std::string secret_file;
    std::string listen_key;
    std::string listen_clients;
    bool listen_insecure = false;
    bool has_broker = false;
    std::vector<std::string> channels;
    std::string jobs_max;
    std::string memory_max;
    std::string lifetime_max;
    std::string log_level = "info";
};

// Options that the environment may give too; a flag is stronger.
constexpr const char* kChannelVariable = "STEWARD_CHANNEL";
constexpr const char* kMasterVariable = "STEWARD_MASTER_FD";
constexpr const char* kJobsVariable = "STEWARD_MAX_JOBS";
constexpr const char* kMemoryVariable = "STEWARD_MAX_MEMORY";
constexpr const char* kLifetimeVariable = "STEWARD_MAX_LIFETIME";

constexpr const char* kAbout =
    "A worker: connects to a broker and runs jobs until it is told to stop.";

void describe_successors(CLI::App& app, Given& given) {
    app.add_option("--max-jobs", given.jobs_max, "Leave for a fresh process after so many jobs");
    app.add_option("--max-memory",
                   given.memory_max,
                   "The same once it holds more after a job: bytes, or with a unit (\"512MiB\")");
    app.add_option("--max-lifetime",
                   given.lifetime_max,
                   "The same after so many seconds, or with a unit (\"12h\")");
}

void describe_masters(CLI::App& app, Given& given) {
    app.add_option("--listen",
                   given.address,
                   "Serve masters at ipc:///PATH or tcp://HOST:PORT, without a broker. With "
                   "--broker: only tell there how it is");
    app.add_option("--listen-key-file",
                   given.listen_key,
                   "File of the secret key that a tcp address proves itself with");
    app.add_option("--listen-clients",
                   given.listen_clients,
                   "Folder of the public keys of those who may come there, with their grants");
    app.add_flag("--listen-insecure",
                 given.listen_insecure,
                 "Listen off loopback without keys: whoever reaches it may send jobs");
    app.add_option("--admin-secret-file",
                   given.secret_file,
                   "File with the secret that lets masters stop it and see all of its figures");
}

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
    app.add_option("--key-file", given.keys.own, "File of the own secret key (STEWARD_KEY_FILE)");
    app.add_option("--server-key-file",
                   given.keys.server,
                   "File of the broker's public key (STEWARD_SERVER_KEY_FILE)");
    app.add_option("--concurrency", given.concurrency, "Jobs run at once")
        ->check(CLI::Range(1U, kConcurrencyMax))
        ->capture_default_str();
    describe_masters(app, given);
    describe_successors(app, given);
    app.add_option("--log-level,--log", given.log_level, "debug, info, warning, error, or a letter")
        ->capture_default_str();
    for (const ExtraOption& option : extra) {
        if (auto* const* text = std::get_if<std::string*>(&option.value)) {
            app.add_option(option.flag, **text, option.help)->capture_default_str();
        } else if (auto* const* is_set = std::get_if<bool*>(&option.value)) {
            app.add_flag(option.flag, **is_set, option.help);
        }
    }
    // The last one wins, so that a wrapper's defaults can be overridden (ZMWS).
    for (CLI::Option* option : app.get_options()) {
        if (option->get_items_expected_max() > 0) {
            option->take_last();
        }
    }
    app.add_option("--channel,--channels",
                   given.channels,
                   "Channel to take jobs of; several, comma between or repeated. The default one "
                   "unless given")
        ->allow_extra_args(false);
    for (const ExtraOption& option : extra) {
        if (std::holds_alternative<std::vector<std::string>*>(option.value)) {
            app.description(app.get_description() + "\nBehind -- stands " + option.flag + ": " +
                            option.help);
        }
    }
    app.set_version_flag("--version", app.get_name() + " " + STEWARD_VERSION);
    app.footer(
        "From the environment: HEARTBEAT_INTERVAL (seconds, or with a unit: \"500ms\"; 5) and "
        "HEARTBEAT_MAXTRIES (3), and STEWARD_CHANNEL, STEWARD_MAX_JOBS, STEWARD_MAX_MEMORY, "
        "STEWARD_MAX_LIFETIME for the options of these names; STEWARD_ADMIN_SECRET_FILE likewise.\n"
        "Exit status: 0 ended as told, 1 failed, 2 wrong usage, 75 start a fresh one.");
    manual::add_page(app, {1, {"steward-broker(8)", "steward-supervisor(8)"}});
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

// The flag's text, else the variable's, with the name of the one that was given; nothing: neither.
struct Setting {
    std::string name;
    std::string text;
};

std::optional<Setting> setting_of(const CommandLine& line,
                                  const char* flag,
                                  const std::string& given,
                                  const char* variable) {
    if (!given.empty()) {
        return Setting{flag, given};
    }
    const char* text = line.environment(variable);
    if (text == nullptr || *text == '\0') {
        return std::nullopt;
    }
    return Setting{variable, text};
}

base::Unexpected bad_setting(const Setting& setting, const std::string& rule) {
    return base::fail(
        base::Errc::BadConfig,
        setting.name + " is " + rule + "; this is \"" + base::printable(setting.text) + '"');
}

base::Expected<void> read_successors(const CommandLine& line,
                                     const Given& given,
                                     RuntimeOptions& options) {
    if (const auto jobs = setting_of(line, "--max-jobs", given.jobs_max, kJobsVariable)) {
        options.jobs_max = base::parse_whole<std::uint64_t>(jobs->text).value_or(0);
        if (options.jobs_max == 0) {
            return bad_setting(*jobs, "a whole number of jobs, at least 1");
        }
    }
    if (const auto memory = setting_of(line, "--max-memory", given.memory_max, kMemoryVariable)) {
        const auto with_unit = base::parse_size(memory->text);
        options.memory_bytes_max =
            with_unit.value_or(base::parse_size(memory->text + 'B').value_or(0));
        if (options.memory_bytes_max == 0) {
            return bad_setting(*memory, "a number of bytes, or a size such as \"512MiB\"");
        }
    }
    if (const auto life =
            setting_of(line, "--max-lifetime", given.lifetime_max, kLifetimeVariable)) {
        options.lifetime_max = wire::parse_duration(life->text).value_or(base::Duration::zero());
        if (options.lifetime_max <= base::Duration::zero()) {
            return bad_setting(*life, "a number of seconds, or a duration such as \"12h\"");
        }
    }
    return {};
}

base::Expected<void> read_channels(const CommandLine& line,
                                   const Given& given,
                                   RuntimeOptions& options) {
    std::string list;
    for (const std::string& one : given.channels) {
        list += (list.empty() ? "" : ",") + one;
    }
    const auto setting = given.channels.empty()
                             ? setting_of(line, "--channel", {}, kChannelVariable)
                             : std::optional(Setting{"--channel", std::move(list)});
    if (!setting) {
        return {};
    }
    for (std::string_view rest = setting->text;;) {
        const std::size_t comma = rest.find(',');
        const std::string name(rest.substr(0, comma));
        const std::string fault = name.empty() ? "has no name" : model::label_fault(name);
        if (!fault.empty()) {
            return base::fail(
                base::Errc::BadConfig,
                setting->name + ": the channel \"" + base::printable(name) + "\" " + fault);
        }
        if (std::ranges::find(options.channels, name) == options.channels.end()) {
            options.channels.push_back(name);
        }
        if (comma == std::string_view::npos) {
            break;
        }
        rest.remove_prefix(comma + 1);
    }
    if (options.channels.size() > model::kChannelsPerWorkerMax ||
        options.channels.size() * options.services.size() > model::kServicesPerWorkerMax) {
        return bad_setting(*setting,
                           "a list of at most " + std::to_string(model::kChannelsPerWorkerMax) +
                               " channels, and times the services at most " +
                               std::to_string(model::kServicesPerWorkerMax));
    }
    return {};
}

// As a broker: what other machines reach asks who comes, unless that was decided in so many words.
base::Expected<void> check_listening(const RuntimeOptions& options) {
    const std::string& address = options.address;
    const bool has_keys = !options.listen_key.empty();
    if (has_keys == options.listen_clients.empty()) {
        return base::fail(base::Errc::BadConfig,
                          "--listen-key-file and --listen-clients belong together: the address's "
                          "own key, and who may come");
    }
    if (!address.starts_with("tcp://")) {
        return has_keys ? base::fail(base::Errc::BadConfig,
                                     "--listen-key-file is for a tcp address; an ipc socket is its "
                                     "owner's alone")
                        : base::Expected<void>{};
    }
    const std::string host = address.substr(6, address.rfind(':') - 6);
    if (!has_keys && !options.is_open_on_purpose && !net::is_loopback(host)) {
        return base::fail(base::Errc::BadConfig,
                          "--listen " + base::printable(address) +
                              " is reached from other machines, and there is no key: whoever "
                              "reaches it could have jobs run, and everything could be read on the "
                              "way. Make keys (`steward keygen`, docs/security.md) and name them "
                              "with --listen-key-file and --listen-clients, listen at 127.0.0.1, "
                              "or write --listen-insecure");
    }
    return {};
}

base::Expected<void> read_masters(const CommandLine& line,
                                  const Given& given,
                                  RuntimeOptions& options) {
    options.secret_file = given.secret_file;
    if (const char* text = line.environment(kMasterVariable); text != nullptr) {
        options.master_fd = base::parse_whole<int>(text).value_or(-1);
        if (options.master_fd < 3) {
            return bad_setting({kMasterVariable, text}, "set by the program that starts a worker");
        }
    } else if (!given.address.empty()) {
        auto address = net::parse_endpoint(given.address);
        if (!address) {
            return base::Unexpected(std::move(address.error()));
        }
        options.address = std::move(*address);
    }
    options.listen_key = given.listen_key;
    options.listen_clients = given.listen_clients;
    options.is_open_on_purpose = given.listen_insecure;
    if (auto checked = check_listening(options); !checked) {
        return checked;
    }
    options.serves_masters =
        options.master_fd >= 0 || (!options.address.empty() && !given.has_broker);
    return {};
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
    options.keys = given.keys;
    options.concurrency = given.concurrency;
    if (auto checked = check_services(given.service, services); !checked) {
        return base::Unexpected(std::move(checked.error()));
    }
    options.services = std::move(services);
    if (auto read = read_channels(line, given, options); !read) {
        return base::Unexpected(std::move(read.error()));
    }
    if (auto read = read_successors(line, given, options); !read) {
        return base::Unexpected(std::move(read.error()));
    }
    if (auto read = read_masters(line, given, options); !read) {
        return base::Unexpected(std::move(read.error()));
    }
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

// What stands behind the first `--` is not ours to read. Returns how many words are.
int take_rest(const CommandLine& line, const std::vector<ExtraOption>& extra) {
    for (const ExtraOption& option : extra) {
        if (auto* const* words = std::get_if<std::vector<std::string>*>(&option.value)) {
            char** const end = line.argv + line.argc;
            char** const mark = std::find(line.argv, end, std::string_view("--"));
            (*words)->assign(mark == end ? end : mark + 1, end);
            return static_cast<int>(mark - line.argv);
        }
    }
    return line.argc;
}

}  // namespace

std::variant<RuntimeOptions, ExitNow> parse_options(const CommandLine& line,
                                                    const std::string& about,
                                                    std::vector<ServiceEntry> services,
                                                    const std::vector<ExtraOption>& extra,
                                                    std::ostream& out,
                                                    std::ostream& errors) {
    std::string name = line.argc > 0 ? line.argv[0] : "worker";
    name.erase(0, name.rfind('/') + 1);
    CLI::App app(about.empty() ? kAbout : about, name);
    Given given;
    try {
        describe(app, given, extra);
        app.parse(take_rest(line, extra), line.argv);
        given.has_broker = app.count("--broker") > 0;
    } catch (const CLI::Error& error) {
        return ExitNow{app.exit(error, out, errors) == 0 ? kExitEnded : kExitUsage};
    }
    auto options = check(line, given, std::move(services));
    if (!options) {
        errors << name << ": " << options.error().message << '\n';
        return ExitNow{kExitUsage};
    }
    return std::move(*options);
}

}  // namespace steward::worker
