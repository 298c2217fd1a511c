// client/cli: `steward result` and `steward wait`: what became of a job that was submitted.
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "client/cli/answer_output.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

int print_result(Console& console,
                 const Settings& settings,
                 const client::Expected<client::Answer>& answer) {
    if (!answer) {
        return report_error(console, answer.error());
    }
    print_answer(console, settings, "result", *answer);
    return kSuccess;
}

struct WaitWords {
    std::string id;
    bool follow = false;
};

client::Expected<client::Answer> follow(Console& console,
                                        const Settings& settings,
                                        client::Client& client,
                                        const client::JobId& job) {
    return client.follow(
        job,
        {},
        [&](const client::Answer& part) { print_answer(console, settings, "partial", part); },
        [&](const client::Progress& step) { print_progress(console, settings, step); });
}

int wait(Console& console, const Settings& settings, const WaitWords& words) {
    const auto job = client::JobId::parse(words.id);
    if (!job) {
        report_error(console, job.error());
        return kUsage;
    }
    return with_client(console, settings, [&](client::Client& client) {
        return print_result(
            console,
            settings,
            words.follow ? follow(console, settings, client, *job) : client.wait(*job));
    });
}

int result(Console& console, const Settings& settings, const std::string& text) {
    const auto job = client::JobId::parse(text);
    if (!job) {
        report_error(console, job.error());
        return kUsage;
    }
    return with_client(console, settings, [&](client::Client& client) -> int {
        auto answer = client.result(*job);
        if (answer && !*answer) {
            console.err << "steward: the job still goes on; `steward wait` waits for it\n"
                        << std::flush;
            return kTimeout;
        }
        return print_result(console, settings, std::move(answer).map([](auto&& there) {
            return std::move(*there);
        }));
    });
}

}  // namespace

void add_results(CLI::App& program, Invocation& invocation) {
    auto id = std::make_shared<std::string>();
    add_verb(
        program,
        invocation,
        "result",
        "Prints the result of a job that has ended",
        [id, &invocation](Console& console) { return result(console, invocation.settings, *id); })
        .add_option("id", *id, "as submit printed it")
        ->required();
    auto words = std::make_shared<WaitWords>();
    CLI::App& verb = add_verb(program,
                              invocation,
                              "wait",
                              "Waits for the end of a job and prints its result",
                              [words, &invocation](Console& console) {
                                  return wait(console, invocation.settings, *words);
                              });
    verb.add_option("id", words->id, "as submit printed it")->required();
    verb.add_flag("--follow", words->follow, "print parts of the answer as they come");
}

}  // namespace steward::cli
