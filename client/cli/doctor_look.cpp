#include "client/cli/doctor_look.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <unistd.h>

#include "client/cli/doctor_machine.hpp"
#include "client/cli/doctor_run.hpp"
#include "common/base/quantity.hpp"
#include "common/base/whole_number.hpp"
#include "common/config/peek.hpp"

namespace steward::cli::doctor {
namespace {

namespace fs = std::filesystem;

constexpr base::Duration kProgramPatience = std::chrono::seconds(10);

struct Kind {
    const char* name;
    bool has_settings;
};

constexpr std::array<Kind, 4> kPrograms = {{{"steward-broker", true},
                                            {"steward-gateway", true},
                                            {"steward-supervisor", true},
                                            {"steward-guardian", false}}};

// The settings that are looked at, and what they are of the programs that were asked.
class Values {
public:
    explicit Values(std::string config) : config_(std::move(config)) {}

    // What the program makes of the file, defaults included. The complaint, if it refuses it.
    std::string ask(const std::string& program, const std::vector<std::string>& paths) {
        auto said = say_of(program, {"--print-config", "--config", config_}, kProgramPatience);
        if (!said) {
            return said.error().message;
        }
        if (said->code != 0) {
            return said->err.substr(0, said->err.find('\n'));
        }
        const auto values = config::values_in(said->out, program, paths);
        if (!values) {
            return values.error().message;
        }
        for (std::size_t n = 0; n < paths.size(); ++n) {
            values_.emplace_back(paths[n], values->at(n));
        }
        return {};
    }

    // Empty where the program was not asked, or refused the file.
    [[nodiscard]] std::string text(std::string_view path) const {
        for (const auto& [name, value] : values_) {
            if (name == path) {
                return value;
            }
        }
        return {};
    }

    [[nodiscard]] std::uint64_t number(std::string_view path) const {
        return base::parse_whole<std::uint64_t>(text(path)).value_or(0);
    }

private:
    std::string config_;
    std::vector<std::pair<std::string, std::string>> values_;
};

std::vector<std::string> settings_of(std::string_view program) {
    if (program == "steward-broker") {
        return {"broker.bind",
                "broker.client_port",
                "broker.worker_port",
                "broker.news_port",
                "broker.data_dir",
                "broker.admin_secret_file",
                "security.key_file",
                "security.clients_directory",
                "security.insecure",
                "journal.engine",
                "journal.folder",
                "limits.peers_max",
                "limits.payload_bytes_total_max"};
    }
    if (program == "steward-gateway") {
        return {"gateway.bind",
                "gateway.port",
                "gateway.tokens_file",
                "gateway.key_file",
                "gateway.client_key_file"};
    }
    return {"supervisor.log_dir", "supervisor.client_key_file"};
}

// Beside this program, else on PATH.
std::string find_program(const std::string& name) {
    std::error_code failed;
    const fs::path self = fs::read_symlink("/proc/self/exe", failed);
    std::string folders = failed ? "" : self.parent_path().string();
    if (const char* path = std::getenv("PATH"); path != nullptr) {
        folders += std::string(":") + path;
    }
    for (std::string_view rest = folders; !rest.empty();) {
        const std::size_t colon = rest.find(':');
        std::string file = std::string(rest.substr(0, colon)) + "/" + name;
        if (::access(file.c_str(), X_OK) == 0) {
            return file;
        }
        rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
    }
    return {};
}

// "steward-broker 0.1.0" is version 0.1.0.
std::string version_of(const std::string& program) {
    const auto said = say_of(program, {"--version"}, kProgramPatience);
    if (!said || said->code != 0) {
        return "unknown";
    }
    const std::string line = said->out.substr(0, said->out.find('\n'));
    const std::size_t space = line.rfind(' ');
    return space == std::string::npos ? line : line.substr(space + 1);
}

void look_at_programs(Facts& facts, Values& values) {
    for (const Kind& kind : kPrograms) {
        ProgramFact program;
        program.name = kind.name;
        program.path = find_program(kind.name);
        if (kind.has_settings && !program.path.empty()) {
            program.version = version_of(program.path);
            if (facts.is_config_there) {
                facts.settings.push_back(
                    {kind.name, values.ask(program.path, settings_of(kind.name))});
            }
        }
        if (runs_replaced(kind.name)) {
            facts.left_behind.emplace_back(kind.name);
        }
        facts.programs.push_back(std::move(program));
    }
}

void look_at_broker(Facts& facts, const Settings& settings) {
    facts.broker = settings.brokers;
    auto options = settings.client_options();
    if (!options) {
        facts.broker_error = options.error().message;
        return;
    }
    client::Client client(std::move(*options));
    const auto answered = client.query("broker");
    // One who may ask for nothing is answered all the same.
    if (!answered && answered.error().code != base::Errc::Forbidden) {
        facts.broker_error = answered.error().message;
        facts.has_refused_key = answered.error().code == base::Errc::KeyRefused;
    }
}

void look_at_ports(Facts& facts, const Values& values) {
    const bool has_tls = !values.text("gateway.key_file").empty();
    const auto add = [&](const char* bind, const char* setting, bool is_broker) {
        const std::string address = values.text(bind);
        const auto port = static_cast<std::uint16_t>(values.number(setting));
        if (address.empty() || port == 0) {
            return;
        }
        PortFact fact{setting, address, port, is_port_taken(address, port), false};
        // Of the broker's three, who answers at one is there at all.
        fact.answers_as_meant = is_broker
                                    ? facts.broker_error.empty() || facts.has_refused_key
                                    : fact.is_taken && (has_tls || answers_http(address, port));
        facts.ports.push_back(std::move(fact));
    };
    add("broker.bind", "broker.client_port", true);
    add("broker.bind", "broker.worker_port", true);
    add("broker.bind", "broker.news_port", true);
    add("gateway.bind", "gateway.port", false);
}

std::string absolute(const std::string& path, const std::string& within) {
    return path.empty() || path.front() == '/' ? path : within + "/" + path;
}

// The unit of the program whose setting it is: "security" is the broker's, too.
const char* unit_of(std::string_view setting) {
    return setting.starts_with("gateway.")      ? "steward-gateway"
           : setting.starts_with("supervisor.") ? "steward"
                                                : "steward-broker";
}

void look_at_files(Facts& facts, const Values& values, bool measures_disk) {
    const std::string data = values.text("broker.data_dir");
    const auto user_of = [&](const char* setting) {
        return user_of_unit(unit_of(setting), facts.config);
    };
    for (const char* setting : {"broker.data_dir", "supervisor.log_dir"}) {
        // Where a relative one is, knows who starts the program.
        if (const std::string path = values.text(setting); path.starts_with('/')) {
            facts.folders.push_back(look_at_folder(setting, path));
            facts.folders.back().user = user_of(setting);
        }
    }
    for (const char* setting : {"broker.admin_secret_file",
                                "security.key_file",
                                "gateway.tokens_file",
                                "gateway.key_file",
                                "gateway.client_key_file",
                                "supervisor.client_key_file"}) {
        // systemd's credentials are seen by the service alone.
        const std::string path = values.text(setting);
        if (!path.empty() && !path.starts_with("credential:")) {
            facts.secrets.push_back(look_at_secret(setting, path));
            facts.secrets.back().user = user_of(setting);
        }
    }
    const char* const setting = "security.clients_directory";
    if (const std::string clients = values.text(setting); !clients.empty()) {
        facts.clients = look_at_folder(setting, clients);
        facts.clients->user = user_of(setting);
        if (::access(clients.c_str(), R_OK | X_OK) == 0) {
            facts.keys = look_at_keys(clients);
        }
    }
    facts.is_insecure = values.text("security.insecure") == "true";
    if (measures_disk && data.starts_with('/') && values.text("journal.engine") == "disk") {
        const std::string journal = absolute(values.text("journal.folder"), data);
        facts.sync = measure_syncs(::access(journal.c_str(), F_OK) == 0 ? journal : data);
    }
}

}  // namespace

Facts look(const Place& place, const Settings& settings) {
    Facts facts;
    facts.version = STEWARD_VERSION;
    facts.config = place.config;
    facts.is_config_there = ::access(place.config.c_str(), R_OK) == 0;
    Values values(place.config);
    look_at_programs(facts, values);
    look_at_broker(facts, settings);
    look_at_ports(facts, values);
    look_at_files(facts, values, place.measures_disk);
    facts.peers_max = values.number("limits.peers_max");
    facts.payload_bytes_max =
        base::parse_size(values.text("limits.payload_bytes_total_max")).value_or(0);
    facts.machine = look_at_machine();
    return facts;
}

}  // namespace steward::cli::doctor
