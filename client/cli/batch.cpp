// client/cli: `steward batch`: many jobs under one name, from lines of JSON.
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/batch_feed.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/fields.hpp"
#include "client/cli/job_text.hpp"
#include "client/cli/listing.hpp"
#include "client/cli/page_output.hpp"
#include "client/cli/verbs.hpp"
#include "client/cli/words.hpp"
#include "common/posix/clock.hpp"

namespace steward::cli {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr base::Duration kLookMin = 50ms;  // between two looks at a batch that goes on
constexpr base::Duration kLookMax = 1s;

struct BatchWords {
    std::string name;
    std::string service;  // of each line
    JobFlags flags;       // of each line
    std::vector<std::string> then;
    bool keeps_going = false;
    bool waits = false;
};

void tell_progress(Console& console, const json& row) {
    if (console.err_is_terminal) {
        const std::uint64_t done =
            count_of(member(row, "succeeded")) + count_of(member(row, "failed"));
        console.err << "\rsteward: " << done << " of "
                    << counted(count_of(member(row, "total")), "job") << " done" << std::flush;
    }
}

// The batch's row once it has ended, or as it is when nobody waits.
base::Expected<json> look(Console& console,
                          const Settings& settings,
                          client::Batch& batch,
                          bool waits) {
    const auto patience = settings.timeout_duration();
    if (!patience) {
        return base::Unexpected(patience.error());
    }
    const base::MonoTime give_up_at = posix::read_mono() + *patience;
    base::Duration pause = kLookMin;
    while (true) {
        auto row = batch.status();
        const json* ended = row ? member(*row, "ended") : nullptr;
        if (!row || !waits || (ended != nullptr && *ended == true)) {
            if (waits && console.err_is_terminal) {
                console.err << '\n' << std::flush;
            }
            return row;
        }
        tell_progress(console, *row);
        // Without a time-out of its own a batch may take as long as it likes.
        if (settings.is_timeout_given && posix::read_mono() >= give_up_at) {
            return base::fail(base::Errc::Timeout, "the batch " + batch.name() + " still goes on");
        }
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, kLookMax);
    }
}

int print_row(Console& console, const Settings& settings, const base::Expected<json>& row) {
    if (!row) {
        return report_error(console, row.error());
    }
    if (settings.as_json) {
        print_json(console, *row);
    } else {
        print_details(console, *row);
    }
    console.out << std::flush;
    const json* ended = member(*row, "ended");
    const bool has_failed =
        ended != nullptr && *ended == true && count_of(member(*row, "failed")) > 0;
    return has_failed ? kJobFailed : kSuccess;
}

base::Expected<std::optional<client::JobText>> then_of(const BatchWords& words) {
    if (words.then.empty()) {
        return std::optional<client::JobText>();
    }
    JobWords job;
    job.service = words.then.front();
    job.params.assign(words.then.begin() + 1, words.then.end());
    return job_text(job, std::cin).map([](client::JobText&& text) {
        return std::optional(std::move(text));
    });
}

void print_name(Console& console, const Settings& settings, const client::Batch& batch) {
    if (settings.as_json) {
        print_json(console, {{"batch", batch.name()}});
    } else {
        console.out << batch.name() << '\n';
    }
    console.out << std::flush;
}

// What can be done with a batch whose lines stopped half way, unless it takes no more.
void tell_how_to_go_on(Console& console, client::Batch& batch) {
    const auto row = batch.status();
    const json* closed = row ? member(*row, "closed") : nullptr;
    if (row ? closed != nullptr && *closed == true : row.error().code == base::Errc::UnknownName) {
        return;
    }
    console.err << "steward: the batch " << harmless(batch.name())
                << " is still open: go on with `steward batch submit " << harmless(batch.name())
                << "`, or end it with `steward cancel --batch " << harmless(batch.name()) << "`\n"
                << std::flush;
}

// Reads the lines into the batch.
std::optional<int> feed(Console& console,
                        const Settings& settings,
                        const BatchWords& words,
                        client::Batch& batch) {
    auto names = words.flags.names();
    if (!names) {
        report_error(console, names.error());
        return kUsage;
    }
    const auto patience = settings.timeout_duration();
    const Fed fed = feed_batch(console,
                               batch,
                               std::cin,
                               {words.service, std::move(*names)},
                               patience.value_or(30s),
                               words.keeps_going);
    if (!fed.stop) {
        return std::nullopt;
    }
    const int status = report_error(console, fed.stop->error);
    if (!fed.stop->others.empty()) {
        console.err << "steward: " << fed.stop->others << '\n';
    }
    tell_how_to_go_on(console, batch);
    return status;
}

int run_batch(Console& console, const Settings& settings, const BatchWords& words) {
    const auto then = then_of(words);
    if (!then) {
        report_error(console, then.error());
        return kUsage;
    }
    return with_client(console, settings, [&](client::Client& client) {
        auto batch = client.open_batch(*then);
        if (!batch) {
            return report_error(console, batch.error());
        }
        print_name(console, settings, *batch);
        if (const auto status = feed(console, settings, words, *batch)) {
            return *status;
        }
        if (const auto closed = batch->close(); !closed) {
            return report_error(console, closed.error());
        }
        return words.waits ? print_row(console, settings, look(console, settings, *batch, true))
                           : static_cast<int>(kSuccess);
    });
}

int open_batch(Console& console, const Settings& settings, const BatchWords& words) {
    const auto then = then_of(words);
    if (!then) {
        report_error(console, then.error());
        return kUsage;
    }
    return with_client(console, settings, [&](client::Client& client) {
        const auto batch = client.open_batch(*then);
        if (!batch) {
            return report_error(console, batch.error());
        }
        print_name(console, settings, *batch);
        return static_cast<int>(kSuccess);
    });
}

int submit_into(Console& console, const Settings& settings, const BatchWords& words) {
    return with_client(console, settings, [&](client::Client& client) {
        client::Batch batch = client.batch(words.name);
        return feed(console, settings, words, batch).value_or(kSuccess);
    });
}

int show_batch(Console& console, const Settings& settings, const BatchWords& words) {
    return with_client(console, settings, [&](client::Client& client) {
        client::Batch batch = client.batch(words.name);
        return print_row(console, settings, look(console, settings, batch, words.waits));
    });
}

void add_name(CLI::App& verb, BatchWords& words) {
    verb.add_option("name", words.name, "as run or open printed it")->required();
}

void add_lines(CLI::App& verb, BatchWords& words) {
    verb.add_option(
        "service",
        words.service,
        "then each line of standard input is the params of one job; without it a line is "
        R"({"service": …, "params": …, "options": {…}})");
    verb.add_flag("--keep-going", words.keeps_going, "leave out lines that are no jobs");
    add_job_flags(verb, words.flags, JobKind::Later);
}

void add_then(CLI::App& verb, BatchWords& words) {
    verb.add_option("--then",
                    words.then,
                    "SERVICE and params of a job that runs when all others have ended")
        ->expected(1, -1);
}

void add_wait(CLI::App& verb, BatchWords& words) {
    verb.add_flag("--wait", words.waits, "until all jobs have ended");
}

}  // namespace

void add_batch(CLI::App& program, Invocation& invocation) {
    using Work = int (*)(Console&, const Settings&, const BatchWords&);
    CLI::App& batches =
        add_verb(program,
                 invocation,
                 "batch",
                 "Lists batches, and submits many jobs as one",
                 [&invocation](Console& console) {
                     return show_pages(console, invocation.settings, {.what = "batches"});
                 });
    const auto add = [&](const char* name, const char* help, Work work) {
        auto words = std::make_shared<BatchWords>();
        CLI::App& verb =
            add_verb(batches, invocation, name, help, [words, work, &invocation](Console& console) {
                return work(console, invocation.settings, *words);
            });
        return std::pair<CLI::App&, BatchWords&>(verb, *words);
    };
    auto [run, run_words] =
        add("run", "Submits each line of standard input as a job of a new batch", run_batch);
    add_lines(run, run_words);
    add_then(run, run_words);
    add_wait(run, run_words);
    auto [open, open_words] = add("open", "Opens a batch and prints its name", open_batch);
    add_then(open, open_words);
    auto [submit, submit_words] =
        add("submit", "Submits each line of standard input into an open batch", submit_into);
    add_name(submit, submit_words);
    add_lines(submit, submit_words);
    auto [status, status_words] = add("status", "Shows how far a batch is", show_batch);
    add_name(status, status_words);
    add_wait(status, status_words);
    auto [close, close_words] =
        add("close",
            "Closes a batch: no more jobs will come",
            [](Console& console, const Settings& settings, const BatchWords& words) {
                return do_once(
                    console,
                    settings,
                    [&](client::Client& client) { return client.batch(words.name).close(); },
                    "the batch " + words.name + " is closed");
            });
    add_name(close, close_words);
}

}  // namespace steward::cli
