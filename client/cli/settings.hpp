// client/cli: what all verbs share: which broker, how long, in which shape.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "client/cli/console.hpp"
#include "client/client.hpp"

namespace CLI {
class App;
}

namespace steward::cli {

struct Settings {
    std::string brokers = "127.0.0.1";
    std::uint16_t port = 5555;
    keys::KeyFiles keys;
    std::string timeout = "30s";
    bool is_timeout_given = false;
    bool as_json = false;

    /// Errors: Malformed for an address, BadOption for the time.
    [[nodiscard]] base::Expected<client::Options> client_options() const;
    /// Errors: BadOption.
    [[nodiscard]] base::Expected<base::Duration> timeout_duration() const;
};

/// The command line as it was read: the verb that was named puts itself into `run`, which returns
/// the exit status.
struct Invocation {
    Settings settings;
    std::function<int(Console&)> run;
};

/// A verb of `parent` that does `run` when it is named and no verb of its own is.
CLI::App& add_verb(CLI::App& parent,
                   Invocation& invocation,
                   const char* name,
                   const char* help,
                   std::function<int(Console&)> run);

/// The options of Settings on the program itself; they may also stand after the verb.
void add_settings(CLI::App& program, Settings& settings);

/// Makes a client and calls `work` with it, or reports why there is none.
[[nodiscard]] int with_client(Console& console,
                              const Settings& settings,
                              const std::function<int(client::Client&)>& work);

/// Does one thing that either works or does not: prints `done`, or with --json an empty document.
[[nodiscard]] int do_once(Console& console,
                          const Settings& settings,
                          const std::function<client::Expected<void>(client::Client&)>& work,
                          const std::string& done);

/// Prints a report: as JSON when asked for, else through `print`; an error to `err`.
[[nodiscard]] int show_report(Console& console,
                              const Settings& settings,
                              const base::Expected<nlohmann::json>& report,
                              const std::function<void(const nlohmann::json&)>& print);

/// One JSON value in one line.
void print_json(Console& console, const nlohmann::json& value);

}  // namespace steward::cli
