// client/cli: `steward submit`: leaves one job or many with the broker.
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/answer_output.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/job_flags.hpp"
#include "client/cli/params_words.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

constexpr std::size_t kCountMax = 100'000'000;
constexpr std::size_t kSpecsAtOnce = 100'000;  // what is held in memory of a large count

struct SubmitWords {
    JobWords job;
    std::size_t count = 1;
};

void print_id(Console& console, const Settings& settings, const client::JobId& id) {
    if (settings.as_json) {
        print_json(console, {{"job", id.text()}});
    } else {
        console.out << id.text() << '\n';
    }
}

// One job: its id, that it was there before, and its result if that was waited for and came.
int submit_one(Console& console,
               const Settings& settings,
               client::Client& client,
               const client::Spec& spec) {
    const auto submitted = client.submit_for({}, spec.service, spec.params, spec.options);
    if (!submitted) {
        return report_error(console, submitted.error());
    }
    const auto& answer = submitted->answer;
    if (settings.as_json) {
        nlohmann::json document = {{"job", submitted->job.text()}};
        if (submitted->is_duplicate) {
            document["duplicate"] = true;
        }
        if (answer && *answer) {
            document["result"] = value_of(**answer);
        }
        print_json(console, document);
    } else {
        print_id(console, settings, submitted->job);
        if (submitted->is_duplicate && console.err_is_terminal) {
            console.err << "steward: this job was there before\n";
        }
        if (answer && *answer) {
            print_answer(console, settings, "result", **answer);
        }
    }
    console.out << std::flush;
    return answer && !*answer ? report_error(console, answer->error()) : static_cast<int>(kSuccess);
}

int submit_many(Console& console,
                const Settings& settings,
                client::Client& client,
                const client::Spec& spec,
                std::size_t count) {
    for (std::size_t done = 0; done < count;) {
        const std::vector<client::Spec> specs(std::min(count - done, kSpecsAtOnce), spec);
        std::optional<base::Error> first;
        for (const auto& id : client.submit_many(specs)) {
            if (id) {
                print_id(console, settings, *id);
            } else if (!first) {
                first = id.error();
            }
        }
        console.out << std::flush;
        if (first) {
            return report_error(console, *first);
        }
        done += specs.size();
    }
    return kSuccess;
}

int submit(Console& console, const Settings& settings, const SubmitWords& words) {
    auto params = params_from_words(words.job.params, std::cin);
    auto options = words.job.flags.options();
    if (!params || !options) {
        report_error(console, params ? options.error() : params.error());
        return kUsage;
    }
    return with_client(console, settings, [&](client::Client& client) {
        const client::Spec spec{words.job.service, std::move(*params), std::move(*options)};
        return words.count == 1 ? submit_one(console, settings, client, spec)
                                : submit_many(console, settings, client, spec, words.count);
    });
}

}  // namespace

void add_submit(CLI::App& program, Invocation& invocation) {
    auto words = std::make_shared<SubmitWords>();
    CLI::App* verb =
        program.add_subcommand("submit", "Leaves a job with the broker and prints its id");
    verb->fallthrough();
    add_job_words(*verb, words->job, JobKind::Submitted);
    verb->add_option("--count", words->count, "so many jobs, all alike")
        ->check(CLI::Range(std::size_t{1}, kCountMax))
        ->capture_default_str();
    verb->callback([words, &invocation] {
        invocation.run = [words, &invocation](Console& console) {
            return submit(console, invocation.settings, *words);
        };
    });
}

}  // namespace steward::cli
