// client/cli: `steward call`: runs a job and waits for it.
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/job_flags.hpp"
#include "client/cli/params_words.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

using nlohmann::json;

struct CallWords {
    std::string service;
    std::vector<std::string> params;
    JobFlags flags;
};

// Bytes that are no structured value go out as they are, for pipes.
void print_value(Console& console, const client::Answer& answer) {
    switch (answer.payload().encoding) {
        case model::Encoding::Absent: return;
        case model::Encoding::Opaque:
        case model::Encoding::Frames:
            console.out << (console.out_is_terminal ? harmless(answer.bytes())
                                                    : std::string(answer.bytes()))
                        << (console.out_is_terminal ? "\n" : "") << std::flush;
            return;
        case model::Encoding::Json:
        case model::Encoding::Msgpack:
        case model::Encoding::Php: break;
    }
    const model::Payload text = wire::convert_params(answer.payload(), model::Encoding::Json);
    const auto value = wire::decode_params(text);
    if (console.out_is_terminal && value) {
        console.out << value->dump(2, ' ', false, json::error_handler_t::replace) << '\n';
    } else {
        console.out << text.bytes.view() << '\n';
    }
    console.out << std::flush;
}

void print_document(Console& console, const char* name, const client::Answer& answer) {
    json value = nullptr;
    const model::Payload text = wire::convert_params(answer.payload(), model::Encoding::Json);
    if (auto decoded = wire::decode_params(text)) {
        value = std::move(*decoded);
    }
    print_json(console, {{"job", answer.job().text()}, {name, std::move(value)}});
    console.out << std::flush;
}

void print_progress(Console& console, const Settings& settings, const client::Progress& progress) {
    if (settings.as_json) {
        print_json(
            console,
            {{"job", progress.job.text()},
             {"progress",
              {{"done", progress.done}, {"total", progress.total}, {"text", progress.text}}}});
        console.out << std::flush;
    } else if (console.err_is_terminal) {
        console.err << "steward: " << progress.done;
        if (progress.total != 0) {
            console.err << " of " << progress.total;
        }
        console.err << (progress.text.empty() ? "" : ": ") << harmless(progress.text) << '\n'
                    << std::flush;
    }
}

int call(Console& console, const Settings& settings, const CallWords& words) {
    auto params = params_from_words(words.params, std::cin);
    auto job_options = words.flags.options();
    if (!params || !job_options) {
        report_error(console, params ? job_options.error() : params.error());
        return kUsage;
    }
    return with_client(console, settings, [&](client::Client& client) {
        const auto print = [&](const char* name, const client::Answer& answer) {
            settings.as_json ? print_document(console, name, answer) : print_value(console, answer);
        };
        client::CallOptions options;
        options.options = std::move(*job_options);
        options.on_partial = [&](const client::Answer& part) { print("partial", part); };
        options.on_progress = [&](const client::Progress& progress) {
            print_progress(console, settings, progress);
        };
        const auto answer = client.call(words.service, std::move(*params), std::move(options));
        if (!answer) {
            return report_error(console, answer.error());
        }
        print("result", *answer);
        return static_cast<int>(kSuccess);
    });
}

}  // namespace

void add_call(CLI::App& program, Invocation& invocation) {
    auto words = std::make_shared<CallWords>();
    CLI::App* verb = program.add_subcommand("call", "Runs a job, waits and prints its result");
    verb->fallthrough();
    verb->add_option("service", words->service, "which kind of job")->required();
    verb->add_option("params",
                     words->params,
                     "JSON, or key=value and key:=JSON words, or @FILE, or - for standard input");
    add_job_flags(*verb, words->flags);
    verb->callback([words, &invocation] {
        invocation.run = [words, &invocation](Console& console) {
            return call(console, invocation.settings, *words);
        };
    });
}

}  // namespace steward::cli
