// client/cli: `steward pause`, `resume`, `drain`, `disable` and `enable`: what services do.
#include <array>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/kill_switch_file.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

struct ModeVerb {
    const char* name;
    const char* help;
    client::Mode mode;
    bool is_kill_switch = false;  // also decides which workers this machine's supervisor starts
};

constexpr std::array<ModeVerb, 5> kVerbs = {
    {{"pause", "Lets services take jobs and start none", client::Mode::Paused},
     {"resume", "Lets paused services run again", client::Mode::Running},
     {"drain", "Lets services start what they have and take no more", client::Mode::Draining},
     {"disable", "Lets services take and start nothing", client::Mode::Disabled, true},
     {"enable", "Lets disabled or drained services run again", client::Mode::Running, true}}};

struct ModeWords {
    std::vector<std::string> services;
    bool is_for_all = false;
    KillSwitchPlace kill_switch;
};

int set_modes(Console& console,
              const Settings& settings,
              const ModeVerb& verb,
              const ModeWords& words) {
    const client::Mode mode = verb.mode;
    if (words.services.empty() != words.is_for_all) {
        return report_usage(console, "name services, or say --all");
    }
    std::vector<client::ModeChange> changes;
    for (const std::string& service : words.services) {
        changes.push_back({service, mode});
    }
    if (words.is_for_all) {
        changes.push_back({"", mode});
    }
    // Before the broker: who is told to stop there must not be started here again. But what is to
    // stop has to stop there whatever is wrong here.
    int here = kSuccess;
    if (verb.is_kill_switch) {
        if (const auto done = change_kill_switch_here(words.kill_switch, changes); !done) {
            here = report_error(console, done.error());
            if (mode != client::Mode::Disabled) {
                return here;
            }
        }
    }
    const int there = with_client(console, settings, [&](client::Client& client) {
        const auto done = client.set_modes(changes);
        if (!done) {
            return report_error(console, done.error());
        }
        for (const client::ModeChange& change : changes) {
            if (settings.as_json) {
                print_json(console,
                           {{"service", change.service.empty() ? "*" : change.service},
                            {"mode", name_of(mode)}});
            } else {
                console.out << (change.service.empty() ? "all services" : harmless(change.service))
                            << ": " << name_of(mode) << '\n';
            }
        }
        console.out << std::flush;
        return static_cast<int>(kSuccess);
    });
    return here != kSuccess ? here : there;
}

}  // namespace

void add_modes(CLI::App& program, Invocation& invocation) {
    for (const ModeVerb& mode : kVerbs) {
        auto words = std::make_shared<ModeWords>();
        CLI::App& verb = add_verb(program,
                                  invocation,
                                  mode.name,
                                  mode.help,
                                  [words, mode, &invocation](Console& console) {
                                      return set_modes(console, invocation.settings, mode, *words);
                                  });

        verb.add_option("services", words->services, "these, all in one step");
        verb.add_flag("--all", words->is_for_all, "all services, beside what each has of its own");
        if (mode.is_kill_switch) {
            add_run_dir(verb, words->kill_switch.run_dir);
            verb.add_option("--kill-switch",
                            words->kill_switch.file,
                            "file with what is not to be started on this machine; by default "
                            "kill-switch.json in the run folder of its supervisor");
        }
    }
}

}  // namespace steward::cli
