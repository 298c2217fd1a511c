#include "supervisor/app/launch.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

namespace steward::supervisor {
namespace {

// What whoever watches over the supervisor has told it is not for its children.
constexpr std::array<std::string_view, 6> kOwn = {"NOTIFY_SOCKET=",
                                                  "WATCHDOG_USEC=",
                                                  "WATCHDOG_PID=",
                                                  "LISTEN_PID=",
                                                  "LISTEN_FDS=",
                                                  "LISTEN_FDNAMES="};

std::string word_behind(std::string_view line, std::string_view before) {
    const std::size_t at = line.find(before);
    if (at == std::string_view::npos) {
        return {};
    }
    line.remove_prefix(at + before.size());
    return std::string(line.substr(0, line.find(' ')));
}

std::string port_of(std::string_view endpoint) {
    return std::string(endpoint.substr(endpoint.rfind(':') + 1));
}

// From here: every interface is also this one.
std::string reachable(std::string endpoint) {
    constexpr std::string_view kEverywhere = "tcp://0.0.0.0:";
    if (endpoint.starts_with(kEverywhere)) {
        endpoint.replace(0, kEverywhere.size(), "tcp://127.0.0.1:");
    }
    return endpoint;
}

std::string path_of(const std::string& program, const std::string& program_dir) {
    if (program.find('/') != std::string::npos) {
        return program;
    }
    std::error_code ignored;
    const std::string ours = program_dir + "/" + program;
    return std::filesystem::exists(ours, ignored) ? ours : program;
}

void set(std::vector<std::string>& environment, const std::string& assignment) {
    const std::string name = assignment.substr(0, assignment.find('=') + 1);
    std::erase_if(environment, [&](const std::string& entry) { return entry.starts_with(name); });
    environment.push_back(assignment);
}

// From wherever the child runs.
std::string from_anywhere(const std::string& file) {
    return file.starts_with("credential:") ? file : std::filesystem::absolute(file).string();
}

}  // namespace

std::optional<BrokerPlace> place_in(std::string_view line) {
    if (line.find("steward-broker ready:") == std::string_view::npos) {
        return std::nullopt;
    }
    BrokerPlace place{reachable(word_behind(line, "clients ")),
                      reachable(word_behind(line, "workers "))};
    const bool is_known =
        place.clients.starts_with("tcp://") && place.workers.starts_with("tcp://");
    return is_known ? std::optional(std::move(place)) : std::nullopt;
}

bool is_told_broker(const PoolRow& row) {
    return row.kind == "worker" && row.port_flags;
}

Launch launch_of(const PoolRow& row, const std::string& name, const LaunchPlace& at) {
    Launch launch;
    launch.guardian = at.program_dir + "/steward-guardian";
    guardian::Setting& setting = launch.orders.setting;
    setting.directory = row.directory;
    setting.user = row.user;
    setting.group = row.group;
    setting.nice = row.nice;
    for (const std::string& limit : row.limits) {
        const std::size_t equals = limit.find('=');
        setting.limits.emplace_back(limit.substr(0, equals), limit.substr(equals + 1));
    }
    std::vector<std::string>& command = launch.orders.command;
    command.push_back(path_of(row.program, at.program_dir));
    // Before its own args: of a flag given twice the last one counts.
    if (is_told_broker(row) && at.broker) {
        command.insert(command.end(),
                       {"--frontend-port",
                        port_of(at.broker->clients),
                        "--backend-port",
                        port_of(at.broker->workers)});
    }
    command.insert(command.end(), row.args.begin(), row.args.end());

    launch.environment = at.environment;
    std::erase_if(launch.environment, [](const std::string& entry) {
        return std::ranges::any_of(kOwn, [&](auto own) { return entry.starts_with(own); });
    });
    set(launch.environment, "NOTIFY_SOCKET=" + at.notify_socket);
    set(launch.environment, "STEWARD_PROCESS=" + name);
    if (!at.keys.own.empty()) {
        set(launch.environment, "STEWARD_KEY_FILE=" + from_anywhere(at.keys.own));
        set(launch.environment, "STEWARD_SERVER_KEY_FILE=" + from_anywhere(at.keys.server));
    }
    if (row.watchdog > 0s) {
        set(launch.environment, "WATCHDOG_USEC=" + std::to_string(row.watchdog.count()));
    }
    if (row.max_jobs) {
        set(launch.environment, "STEWARD_MAX_JOBS=" + std::to_string(*row.max_jobs));
    }
    for (const std::string& assignment : row.env) {
        set(launch.environment, assignment);
    }
    return launch;
}

}  // namespace steward::supervisor
