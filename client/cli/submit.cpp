// client/cli: `steward submit`: leaves one job or many with the broker.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/job_flags.hpp"
#include "client/cli/params_words.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

constexpr std::size_t kCountMax = 100'000'000;
constexpr std::size_t kAtOnce = 100'000;  // what is held in memory of a large count

struct SubmitWords {
    std::string service;
    std::vector<std::string> params;
    std::size_t count = 1;
    JobFlags flags;
};

// Prints the ids; returns the first error if there was one.
std::optional<base::Error> print_ids(Console& console,
                                     const Settings& settings,
                                     const std::vector<client::Expected<client::JobId>>& ids) {
    std::optional<base::Error> first;
    for (const auto& id : ids) {
        if (!id) {
            first = first ? first : std::optional(id.error());
        } else if (settings.as_json) {
            print_json(console, {{"job", id->text()}});
        } else {
            console.out << id->text() << '\n';
        }
    }
    console.out << std::flush;
    return first;
}

int submit(Console& console, const Settings& settings, const SubmitWords& words) {
    auto params = params_from_words(words.params, std::cin);
    auto options = words.flags.options();
    if (!params || !options) {
        report_error(console, params ? options.error() : params.error());
        return kUsage;
    }
    return with_client(console, settings, [&](client::Client& client) {
        const client::Spec spec{words.service, *params, *options};
        for (std::size_t done = 0; done < words.count;) {
            const std::vector<client::Spec> specs(std::min(words.count - done, kAtOnce), spec);
            const auto ids = client.submit_many(specs);
            if (const auto error = print_ids(console, settings, ids)) {
                return report_error(console, *error);
            }
            done += specs.size();
        }
        return static_cast<int>(kSuccess);
    });
}

}  // namespace

void add_submit(CLI::App& program, Invocation& invocation) {
    auto words = std::make_shared<SubmitWords>();
    CLI::App* verb =
        program.add_subcommand("submit", "Leaves a job with the broker and prints its id");
    verb->fallthrough();
    verb->add_option("service", words->service, "which kind of job")->required();
    verb->add_option("params",
                     words->params,
                     "JSON, or key=value and key:=JSON words, or @FILE, or - for standard input");
    verb->add_option("--count", words->count, "so many jobs, all alike")
        ->check(CLI::Range(std::size_t{1}, kCountMax))
        ->capture_default_str();
    add_job_flags(*verb, words->flags);
    verb->callback([words, &invocation] {
        invocation.run = [words, &invocation](Console& console) {
            return submit(console, invocation.settings, *words);
        };
    });
}

}  // namespace steward::cli
