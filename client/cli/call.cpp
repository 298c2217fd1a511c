// client/cli: `steward call`: runs a job and waits for it.
#include <iostream>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "client/cli/answer_output.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/job_flags.hpp"
#include "client/cli/params_words.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

int call(Console& console, const Settings& settings, const JobWords& words) {
    auto params = params_from_words(words.params, std::cin);
    auto job_options = words.flags.options();
    if (!params || !job_options) {
        report_error(console, params ? job_options.error() : params.error());
        return kUsage;
    }
    return with_client(console, settings, [&](client::Client& client) {
        client::CallOptions options;
        options.options = std::move(*job_options);
        options.on_partial = [&](const client::Answer& part) {
            print_answer(console, settings, "partial", part);
        };
        options.on_progress = [&](const client::Progress& progress) {
            print_progress(console, settings, progress);
        };
        const auto answer = client.call(words.service, *params, options);
        if (!answer) {
            return report_error(console, answer.error());
        }
        print_answer(console, settings, "result", *answer);
        return static_cast<int>(kSuccess);
    });
}

}  // namespace

void add_call(CLI::App& program, Invocation& invocation) {
    auto words = std::make_shared<JobWords>();
    CLI::App* verb = program.add_subcommand("call", "Runs a job, waits and prints its result");
    verb->fallthrough();
    add_job_words(*verb, *words, JobKind::Call);
    verb->callback([words, &invocation] {
        invocation.run = [words, &invocation](Console& console) {
            return call(console, invocation.settings, *words);
        };
    });
}

}  // namespace steward::cli
