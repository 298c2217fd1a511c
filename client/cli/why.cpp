// client/cli: `steward why`: the scheduler's own reasons for where a job is.
#include <memory>
#include <ostream>
#include <string>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/fields.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

void print_reasons(Console& console, const nlohmann::json& report) {
    const std::string state = text_of(member(report, "state"));
    console.out << harmless(text_of(member(report, "jobid"))) << "  "
                << harmless(text_of(member(report, "service"))) << "  "
                << painted(harmless(state), colour_of_state(state), console.has_colours) << '\n';
    const nlohmann::json* reasons = member(report, "reasons");
    if (reasons != nullptr && reasons->is_array()) {
        for (const nlohmann::json& reason : *reasons) {
            console.out << "  " << harmless(text_of(&reason)) << '\n';
        }
    }
}

int why(Console& console, const Settings& settings, const std::string& text) {
    const auto job = client::JobId::parse(text);
    if (!job) {
        report_error(console, job.error());
        return kUsage;
    }
    return with_client(console, settings, [&](client::Client& client) {
        return show_report(console, settings, client.why(*job), [&](const nlohmann::json& report) {
            print_reasons(console, report);
        });
    });
}

}  // namespace

void add_why(CLI::App& program, Invocation& invocation) {
    auto id = std::make_shared<std::string>();
    add_verb(program,
             invocation,
             "why",
             "Tells why a job is where it is, and what it waits for",
             [id, &invocation](Console& console) { return why(console, invocation.settings, *id); })
        .add_option("id", *id, "as submit printed it")
        ->required();
}

}  // namespace steward::cli
