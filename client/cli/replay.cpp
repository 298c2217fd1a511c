// client/cli: `steward replay`: submits again what a lifecycle log says was never finished.
#include <array>
#include <filesystem>
#include <fstream>
#include <latch>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/batch_lines.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/fields.hpp"
#include "client/cli/replay_run.hpp"
#include "client/cli/verbs.hpp"
#include "client/cli/words.hpp"

namespace steward::cli {

namespace {

constexpr std::size_t kAskedAtOnce = 1000;
constexpr std::size_t kOutcomes = 7;

struct ReplayWords {
    std::vector<std::string> logs;
    std::string since;
    std::string service;
    bool is_dry_run = false;
    bool takes_calls = false;
};

// The log and the older files that it was turned into, LOG.1 and on; the oldest first.
std::vector<std::string> files_of(const std::string& log) {
    std::vector<std::string> files = {log};
    std::error_code error;
    for (int age = 1; std::filesystem::exists(log + "." + std::to_string(age), error); ++age) {
        files.insert(files.begin(), log + "." + std::to_string(age));
    }
    return files;
}

base::Expected<void> read_log(const std::string& path, ReplayLog& log) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return base::fail(base::Errc::Io, "cannot read " + path);
    }
    LineReader lines(file);
    while (true) {
        const auto line = lines.next();
        if (!line) {
            return base::fail(line.error().code, path + ": " + line.error().message);
        }
        if (!*line) {
            return {};
        }
        log.read(**line);
    }
}

// "2h" is two hours ago; anything else an instant as --run-at takes it.
base::Expected<std::optional<base::WallTime>> since_of(const std::string& text,
                                                       base::WallTime now) {
    if (text.empty()) {
        return std::optional<base::WallTime>();
    }
    if (const auto ago = time_of("--since", text)) {
        return std::optional(now - *ago);
    }
    const auto instant = client::job_options({{"run_at", text}});
    if (!instant || !instant->run_at) {
        return base::fail(base::Errc::BadOption,
                          "--since " + text +
                              " is neither a time, such as 2h, nor an instant, "
                              "such as 2026-11-24T10:00:00Z");
    }
    return instant->run_at;
}

// Asks for many at a time.
base::Expected<std::vector<std::optional<std::string>>> states_of_jobs(
    client::Client& client, const std::vector<model::JobId>& jobs) {
    std::vector<std::optional<std::string>> states(jobs.size());
    for (std::size_t begin = 0; begin < jobs.size(); begin += kAskedAtOnce) {
        const std::size_t count = std::min(kAskedAtOnce, jobs.size() - begin);
        std::vector<base::Expected<nlohmann::json>> reports(count);
        std::latch open(static_cast<std::ptrdiff_t>(count));
        for (std::size_t i = 0; i < count; ++i) {
            client.query_async("status", {}, jobs[begin + i], [&reports, &open, i](auto report) {
                reports[i] = std::move(report);
                open.count_down();
            });
        }
        open.wait();
        for (std::size_t i = 0; i < count; ++i) {
            if (reports[i]) {
                states[begin + i] = text_of(member(*reports[i], "state"));
            } else if (reports[i].error().code != base::Errc::UnknownJob) {
                return base::Unexpected(std::move(reports[i].error()));
            }
        }
    }
    return states;
}

std::string words_for(const Replayed& one) {
    using Outcome = Replayed::Outcome;
    switch (one.outcome) {
        case Outcome::Known: return "the broker still knows it: " + one.state;
        case Outcome::Call: return "was a call: left out";
        case Outcome::Expired: return "has expired: left out";
        case Outcome::Due: return "would be submitted";
        case Outcome::Resubmitted:
            return (one.is_duplicate ? "joined " : "is now ") + one.as.text();
        case Outcome::Refused: return "refused: " + one.error.message;
        case Outcome::Unanswered: return "no answer: it was taken before, or the broker is busy";
    }
    return {};
}

class Printer {
public:
    Printer(Console& console, const Settings& settings) : console_(console), settings_(settings) {}

    void tell(const Replayed& one) {
        ++counts_[static_cast<std::size_t>(one.outcome)];
        const std::string id = one.job.id.text();
        const std::string service(one.job.spec.service.view());
        if (settings_.as_json) {
            nlohmann::json document = {
                {"job", id}, {"service", service}, {"outcome", name_of(one.outcome)}};
            if (one.outcome == Replayed::Outcome::Resubmitted) {
                document["as"] = one.as.text();
            }
            if (!one.state.empty()) {
                document["state"] = one.state;
            }
            if (!one.error.message.empty()) {
                document["error"] = one.error.message;
            }
            print_json(console_, document);
        } else {
            console_.out << id << "  " << harmless(service) << "  " << harmless(words_for(one))
                         << '\n';
        }
    }

    int end(const ReplayLog& log) {
        if (!settings_.as_json) {
            console_.out << counted(log.events(), "event") << " read";
            for (std::size_t i = 0; i < kOutcomes; ++i) {
                if (counts_[i] > 0) {
                    console_.out << ", " << counts_[i] << ' '
                                 << name_of(static_cast<Replayed::Outcome>(i));
                }
            }
            console_.out << '\n';
        }
        console_.out << std::flush;
        if (log.unreadable() > 0) {
            console_.err << "steward: " << counted(log.unreadable(), "line")
                         << " could not be read\n"
                         << std::flush;
        }
        const auto count = [&](Replayed::Outcome outcome) {
            return counts_[static_cast<std::size_t>(outcome)];
        };
        return count(Replayed::Outcome::Refused) > 0      ? kRefused
               : count(Replayed::Outcome::Unanswered) > 0 ? kTimeout
                                                          : kSuccess;
    }

private:
    Console& console_;
    const Settings& settings_;
    std::array<std::uint64_t, kOutcomes> counts_{};
};

int replay_logs(Console& console, const Settings& settings, const ReplayWords& words) {
    const auto since = since_of(words.since, console.now);
    const auto options = settings.client_options();
    if (!since || !options) {
        report_error(console, since ? options.error() : since.error());
        return kUsage;
    }
    ReplayLog log;
    for (const std::string& path : words.logs) {
        for (const std::string& file : files_of(path)) {
            if (const auto read = read_log(file, log); !read) {
                return report_error(console, read.error());
            }
        }
    }
    return with_client(console, settings, [&](client::Client& client) {
        const ReplayDoors doors{[&](const auto& jobs) { return states_of_jobs(client, jobs); },
                                [&](auto jobs) {
                                    return client::resubmit(
                                        *options, std::move(jobs), options->timeout);
                                }};
        Printer printer(console, settings);
        const auto done = replay(log,
                                 log.unfinished({words.service, *since}),
                                 {words.is_dry_run, words.takes_calls, console.now},
                                 doors,
                                 [&](const Replayed& one) { printer.tell(one); });
        return done ? printer.end(log) : report_error(console, done.error());
    });
}

}  // namespace

void add_replay(CLI::App& program, Invocation& invocation) {
    auto words = std::make_shared<ReplayWords>();
    CLI::App& verb = add_verb(program,
                              invocation,
                              "replay",
                              "Submits again what a lifecycle log says was never finished",
                              [words, &invocation](Console& console) {
                                  return replay_logs(console, invocation.settings, *words);
                              });
    verb.add_option("log", words->logs, "lifecycle logs; LOG.1, LOG.2 and on are read with each")
        ->required();
    verb.add_option(
        "--since", words->since, "only what was received then or later: 2h, or an instant");
    verb.add_option("--service", words->service, "only jobs of this service");
    verb.add_flag("--dry-run", words->is_dry_run, "only tell what would be done");
    verb.add_flag("--calls", words->takes_calls, "also jobs that somebody waited for then");
}

}  // namespace steward::cli
