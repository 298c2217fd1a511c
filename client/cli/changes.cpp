// client/cli: `steward cancel`, `retry`, `discard`, `purge` and `edit`: changing jobs that exist.
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/filter_flags.hpp"
#include "client/cli/job_flags.hpp"
#include "client/cli/verbs.hpp"
#include "client/cli/words.hpp"

namespace steward::cli {

namespace {

using Change =
    std::function<client::Expected<std::uint64_t>(client::Client&, const client::Filter&)>;

struct BulkVerb {
    const char* name;
    const char* help;
    const char* done;  // "cancelled"
    Change change;
};

struct BulkWords {
    FilterFlags flags;
    bool is_for_all = false;
};

int print_changed(Console& console,
                  const Settings& settings,
                  const client::Expected<std::uint64_t>& changed,
                  const char* done) {
    if (!changed) {
        return report_error(console, changed.error());
    }
    if (settings.as_json) {
        print_json(console, {{"changed", *changed}});
    } else {
        console.out << counted(*changed, "job") << ' ' << done << '\n';
    }
    console.out << std::flush;
    return kSuccess;
}

int run_bulk(Console& console,
             const Settings& settings,
             const BulkVerb& verb,
             const BulkWords& words) {
    const auto filter = words.flags.filter();
    if (!filter) {
        report_error(console, filter.error());
        return kUsage;
    }
    if (filter->is_empty() && !words.is_for_all) {
        return report_usage(console,
                            "name the jobs by their ids, --service, --context, --group or --batch");
    }
    return with_client(console, settings, [&](client::Client& client) {
        return print_changed(console, settings, verb.change(client, *filter), verb.done);
    });
}

CLI::App& add_bulk(CLI::App& program,
                   Invocation& invocation,
                   const BulkVerb& bulk,
                   const std::shared_ptr<BulkWords>& words) {
    CLI::App& verb = add_verb(
        program, invocation, bulk.name, bulk.help, [words, bulk, &invocation](Console& console) {
            return run_bulk(console, invocation.settings, bulk, *words);
        });
    add_filter_flags(verb, words->flags);
    return verb;
}

struct EditWords {
    std::string id;
    std::string priority;
    std::string delay;
};

// Priorities go by the names that job options have.
base::Expected<client::Edit> edit_of(const EditWords& words) {
    JobFlags flags;
    flags.words["priority"] = words.priority;
    flags.words["delay"] = words.delay;
    return flags.options().map([](const client::JobOptions& options) {
        return client::Edit{options.priority, options.delay};
    });
}

int edit(Console& console, const Settings& settings, const EditWords& words) {
    if (words.priority.empty() && words.delay.empty()) {
        return report_usage(console, "say --priority or --delay");
    }
    const auto job = client::JobId::parse(words.id);
    const auto change = edit_of(words);
    if (!job || !change) {
        report_error(console, job ? change.error() : job.error());
        return kUsage;
    }
    return with_client(console, settings, [&](client::Client& client) {
        return print_changed(console,
                             settings,
                             client.edit(*job, *change).map([] { return std::uint64_t{1}; }),
                             "changed");
    });
}

void add_edit(CLI::App& program, Invocation& invocation) {
    auto words = std::make_shared<EditWords>();
    CLI::App& verb = add_verb(program,
                              invocation,
                              "edit",
                              "Changes the priority or the delay of a job that waits",
                              [words, &invocation](Console& console) {
                                  return edit(console, invocation.settings, *words);
                              });
    verb.add_option("id", words->id, "as submit printed it")->required();
    verb.add_option("--priority", words->priority, "low, normal, high, urgent or a number");
    verb.add_option("--delay", words->delay, "from now: 30s, 5min, 1h; 0 for at once");
}

}  // namespace

void add_changes(CLI::App& program, Invocation& invocation) {
    const auto add_ids = [](CLI::App& verb, BulkWords& words) {
        verb.add_option("ids", words.flags.jobs, "as submit printed them");
    };
    auto words = std::make_shared<BulkWords>();
    add_ids(add_bulk(program,
                     invocation,
                     {"cancel",
                      "Ends jobs that wait, and tells running ones to stop",
                      "cancelled",
                      [](auto& client, const auto& which) { return client.cancel(which); }},
                     words),
            *words);
    const auto add_dead = [&](const BulkVerb& bulk) {
        auto dead = std::make_shared<BulkWords>();
        CLI::App& verb = add_bulk(program, invocation, bulk, dead);
        add_ids(verb, *dead);
        verb.add_flag("--all", dead->is_for_all, "all dead letters");
    };
    add_dead(
        {"retry", "Runs dead letters again", "will run again", [](auto& client, const auto& which) {
             return client.retry(which);
         }});
    add_dead(
        {"discard", "Throws dead letters away", "discarded", [](auto& client, const auto& which) {
             return client.discard(which);
         }});

    auto purged = std::make_shared<BulkWords>();
    CLI::App& purge =
        add_verb(program,
                 invocation,
                 "purge",
                 "Cancels all that waits for a service",
                 [purged, &invocation](Console& console) {
                     static const BulkVerb kPurge = {
                         "purge", "", "cancelled", [](auto& client, const auto& which) {
                             return client.purge(which.service, which);
                         }};
                     return run_bulk(console, invocation.settings, kPurge, *purged);
                 });
    purge.add_option("service", purged->flags.service, "whose queue")->required();
    purge.add_option("--context", purged->flags.context, "only jobs of this context");
    purge.add_option("--group", purged->flags.group, "only jobs of this group");
    purge.add_option("--batch", purged->flags.batch, "only jobs of this batch");
    add_edit(program, invocation);
}

}  // namespace steward::cli
