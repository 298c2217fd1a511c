// client/cli: `steward broker`: the broker's figures.
#include <algorithm>
#include <functional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/fields.hpp"
#include "client/cli/listing.hpp"
#include "client/cli/table.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

constexpr double kShareHigh = 0.8;

// 0: there is none.
double amount_in(const nlohmann::json& usage, const char* name) {
    const nlohmann::json* value = usage.is_object() ? member(usage, name) : nullptr;
    return value != nullptr && value->is_number() ? value->get<double>() : 0;
}

// What fills up, the fullest first: what is empty is of no interest to people.
void print_usages(Console& console, const nlohmann::json& limits) {
    struct Usage {
        std::vector<Cell> row;
        double share = 0;
    };

    std::vector<Usage> usages;
    for (const auto& [name, usage] : limits.items()) {
        const double used = amount_in(usage, "used");
        const double most = amount_in(usage, "max");
        if (used > 0 && most > 0) {
            const double share = used / most;
            usages.push_back({{{harmless(name)},
                               {text_of(member(usage, "used"))},
                               {text_of(member(usage, "max"))},
                               {std::to_string(static_cast<int>(share * 100)) + " %",
                                share < kShareHigh ? Colour::Plain : Colour::Red}},
                              share});
        }
    }
    std::ranges::stable_sort(usages, std::greater<>(), &Usage::share);
    std::vector<std::vector<Cell>> rows;
    rows.reserve(usages.size());
    for (Usage& usage : usages) {
        rows.push_back(std::move(usage.row));
    }
    console.out << '\n';
    print_table(console.out,
                {{"LIMIT"}, {"USED", true}, {"MAX", true}, {"FULL", true}},
                rows,
                console.has_colours);
}

// The groups of figures that a report has beside its plain ones.
void print_groups(Console& console, const nlohmann::json& report) {
    for (const char* group : {"messages", "journal", "process"}) {
        if (const auto found = report.find(group); found != report.end() && found->is_object()) {
            console.out << '\n' << group << '\n';
            print_details(console, *found);
        }
    }
}

void print_broker(Console& console, const nlohmann::json& report) {
    print_details(console, report);
    if (!report.is_object()) {
        return;
    }
    print_groups(console, report);
    if (const auto limits = report.find("limits"); limits != report.end() && limits->is_object()) {
        print_usages(console, *limits);
    }
}

}  // namespace

void add_broker(CLI::App& program, Invocation& invocation) {
    CLI::App* verb = program.add_subcommand("broker", "Shows the broker's figures");
    verb->fallthrough();
    verb->callback([&invocation] {
        invocation.run = [&invocation](Console& console) {
            return with_client(console, invocation.settings, [&](client::Client& client) {
                return show_report(
                    console,
                    invocation.settings,
                    client.query("broker"),
                    [&](const nlohmann::json& report) { print_broker(console, report); });
            });
        };
    });
}

}  // namespace steward::cli
