// worker/runtime: a worker's command line and environment, checked. The door to CLI11.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/keys/own_key.hpp"
#include "common/log/level.hpp"
#include "worker/program.hpp"

namespace steward::worker {

using namespace std::chrono_literals;

struct RuntimeOptions {
    std::vector<ServiceEntry> services;  // names checked
    std::vector<std::string> backends;   // endpoints for work, in the order to try them
    std::vector<std::string> frontends;  // endpoints for child jobs; may be empty
    keys::KeyFiles keys;                 // empty: as the environment says
    /// Where masters find it: "ipc:///path" or "tcp://host:port"; empty: nowhere.
    std::string address;
    std::string listen_key;             // the address's own secret key; empty: none
    std::string listen_clients;         // the folder of those who may come
    bool is_open_on_purpose = false;    // off loopback without keys
    int master_fd = -1;                 // the channel to the one that has started it; -1: none
    bool serves_masters = false;        // they give it its jobs: no broker does
    std::string secret_file;            // may be empty, see posix::Secret::find()
    std::vector<std::string> channels;  // checked; empty: the default one
    std::uint32_t concurrency = 1;
    // When another process should take this one's place; 0: never.
    std::uint64_t jobs_max = 0;
    std::uint64_t memory_bytes_max = 0;
    base::Duration lifetime_max{};
    bool limits_memory = true;  // this process is held to the memory limits of its jobs
    log::Level log_level = log::Level::Info;
    base::Duration heartbeat_interval = 5s;
    std::uint32_t heartbeat_tries = 3;
};

/// The process ends now: help was asked for, or something is wrong. The text has been printed.
struct ExitNow {
    int code = 0;
};

struct CommandLine {
    int argc = 0;
    char** argv = nullptr;
    std::function<const char*(const char*)> environment;  // like getenv
};

inline constexpr std::uint32_t kConcurrencyMax = 1024;

/// What the program is (empty: a worker), what it serves, options of its own, and what the user
/// said. Values of `extra` are set.
[[nodiscard]] std::variant<RuntimeOptions, ExitNow> parse_options(
    const CommandLine& line,
    const std::string& about,
    std::vector<ServiceEntry> services,
    const std::vector<ExtraOption>& extra,
    std::ostream& out,
    std::ostream& errors);

}  // namespace steward::worker
