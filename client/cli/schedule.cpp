// client/cli: `steward schedule`: jobs that are submitted again and again by the calendar.
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/job_text.hpp"
#include "client/cli/page_output.hpp"
#include "client/cli/verbs.hpp"

namespace steward::cli {

namespace {

struct ScheduleWords {
    client::ScheduleSettings schedule;
    JobWords job;
};

int set_schedule(Console& console, const Settings& settings, const ScheduleWords& words) {
    auto job = job_text(words.job, std::cin);
    if (!job) {
        report_error(console, job.error());
        return kUsage;
    }
    client::ScheduleSettings schedule = words.schedule;
    schedule.job = std::move(*job);
    return do_once(
        console,
        settings,
        [&](client::Client& client) { return client.set_schedule(schedule); },
        "the schedule " + schedule.name + " is set");
}

void add_set(CLI::App& schedules, Invocation& invocation) {
    auto words = std::make_shared<ScheduleWords>();
    CLI::App& verb = add_verb(schedules,
                              invocation,
                              "set",
                              "Makes or changes a schedule",
                              [words, &invocation](Console& console) {
                                  return set_schedule(console, invocation.settings, *words);
                              });
    verb.add_option("name", words->schedule.name, "how it is called")->required();
    verb.add_option(
            "expression",
            words->schedule.expression,
            "minute hour day month weekday, in one word: '0 3 * * *'; or @daily and its kin")
        ->required();
    add_job_words(verb, words->job, JobKind::Later);
    verb.add_option("--zone", words->schedule.zone, "time zone, Europe/Berlin; without, UTC");
    verb.add_option(
            "--missed", words->schedule.missed, "runs that the broker slept through; without, skip")
        ->type_name("skip|once|all");
}

}  // namespace

void add_schedule(CLI::App& program, Invocation& invocation) {
    const auto list = [&invocation](Console& console) {
        return show_pages(console, invocation.settings, {.what = "schedules"});
    };
    CLI::App& schedules =
        add_verb(program, invocation, "schedule", "Lists and changes the schedules", list);
    add_verb(schedules, invocation, "list", "Lists the schedules", list);
    add_set(schedules, invocation);
    auto name = std::make_shared<std::string>();
    add_verb(schedules,
             invocation,
             "remove",
             "Removes a schedule",
             [name, &invocation](Console& console) {
                 return do_once(
                     console,
                     invocation.settings,
                     [&](client::Client& client) { return client.remove_schedule(*name); },
                     "the schedule " + *name + " is removed");
             })
        .add_option("name", *name, "which schedule")
        ->required();
}

}  // namespace steward::cli
