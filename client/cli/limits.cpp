// client/cli: `steward limits` and `steward groups`: what may run at once and how often.
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/page_output.hpp"
#include "client/cli/verbs.hpp"
#include "client/cli/words.hpp"

namespace steward::cli {

namespace {

struct LimitWords {
    client::LimitSettings limit;
    std::vector<std::string> services;
};

void add_limit_set(CLI::App& limits, Invocation& invocation) {
    auto words = std::make_shared<LimitWords>();
    CLI::App& verb = add_verb(
        limits, invocation, "set", "Makes or changes a limit", [words, &invocation](Console& out) {
            client::LimitSettings limit = words->limit;
            limit.services = words_between_commas(words->services);
            if (!limit.at_once && limit.rate.empty()) {
                return report_usage(out, "say --at-once or --rate");
            }
            return do_once(
                out,
                invocation.settings,
                [&](client::Client& client) { return client.set_limit(limit); },
                "the limit " + limit.name + " is set");
        });
    verb.add_option("name", words->limit.name, "how it is called")->required();
    verb.add_option("--services", words->services, "which share it: a,b")
        ->required()
        ->allow_extra_args(false);
    verb.add_option("--at-once", words->limit.at_once, "so many jobs run at once");
    verb.add_option("--rate", words->limit.rate, "so many start: 5/s, 100/min");
}

void add_group_set(CLI::App& groups, Invocation& invocation) {
    auto group = std::make_shared<client::GroupSettings>();
    CLI::App& verb =
        add_verb(groups, invocation, "set", "Changes a group", [group, &invocation](Console& out) {
            if (!group->weight && !group->limit && group->rate.empty()) {
                return report_usage(out, "say --weight, --limit or --rate");
            }
            return do_once(
                out,
                invocation.settings,
                [&](client::Client& client) { return client.set_group(*group); },
                "the group " + group->name + " is set");
        });
    verb.add_option("name", group->name, "which group")->required();
    verb.add_option("--weight", group->weight, "turns it gets, 1 to 1000");
    verb.add_option("--limit", group->limit, "so many of its jobs run at once; 0 for any number");
    verb.add_option("--rate", group->rate, "so many of its jobs start: 5/s; 0 for any number");
}

}  // namespace

void add_limits(CLI::App& program, Invocation& invocation) {
    CLI::App& limits = add_verb(
        program, invocation, "limits", "Lists the named limits", [&invocation](Console& console) {
            return show_pages(console, invocation.settings, {.what = "limits"});
        });
    add_limit_set(limits, invocation);
    auto name = std::make_shared<std::string>();
    add_verb(limits,
             invocation,
             "remove",
             "Removes a limit",
             [name, &invocation](Console& console) {
                 return do_once(
                     console,
                     invocation.settings,
                     [&](client::Client& client) { return client.remove_limit(*name); },
                     "the limit " + *name + " is removed");
             })
        .add_option("name", *name, "which limit")
        ->required();

    CLI::App& groups = add_verb(
        program, invocation, "groups", "Lists the groups", [&invocation](Console& console) {
            return show_pages(console, invocation.settings, {.what = "groups"});
        });
    add_group_set(groups, invocation);
}

}  // namespace steward::cli
