// client/cli: `steward check`: a plugin for Nagios, Icinga and their kin, for a broker or a worker;
// and `steward shutdown`, which needs the same secret. Both speak to one address, or to workers by
// way of the broker there.
#include <algorithm>
#include <cstdlib>
#include <future>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/check_range.hpp"
#include "client/cli/check_workers.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/verbs.hpp"
#include "common/posix/secret.hpp"

namespace steward::cli {
namespace {

// Monitoring systems kill a plugin that takes longer.
constexpr const char* kPatience = "8s";

struct CheckFlags {
    std::string address;
    std::string worker;   // by way of the broker
    std::string service;  // all its workers
    std::string secret_file;
    std::vector<std::string> counters;
    std::vector<std::string> warnings;
    std::vector<std::string> criticals;
};

base::Expected<std::optional<posix::Secret>> known_secret(const CheckFlags& flags) {
    return posix::Secret::find(flags.secret_file,
                               [](const char* name) { return std::getenv(name); });
}

base::Expected<client::Options> check_options(Settings settings, const CheckFlags& flags) {
    settings.brokers = flags.address.empty() ? settings.brokers : flags.address;
    settings.timeout = settings.is_timeout_given ? settings.timeout : kPatience;
    return settings.client_options().map([](client::Options options) {
        options.connect_timeout = options.timeout;
        return options;
    });
}

// Empty `worker`: who is spoken to is asked himself.
nlohmann::json arguments_of(const std::optional<posix::Secret>& secret,
                            const std::string& worker = {}) {
    nlohmann::json arguments = nlohmann::json::object();
    if (secret) {
        arguments["secret"] = secret->text();
    }
    if (!worker.empty()) {
        arguments["worker"] = worker;
    }
    return arguments;
}

base::Expected<std::optional<CheckRange>> range_at(const std::vector<std::string>& texts,
                                                   std::size_t index) {
    if (index >= texts.size() || texts[index].empty()) {
        return std::nullopt;
    }
    return CheckRange::parse(texts[index]).map([](CheckRange range) {
        return std::optional(std::move(range));
    });
}

base::Expected<std::vector<Watched>> watched_of(const CheckFlags& flags) {
    for (const auto* ranges : {&flags.warnings, &flags.criticals}) {
        if (!ranges->empty() && ranges->size() != flags.counters.size()) {
            return base::fail(base::Errc::BadOption,
                              "there are as many -w and as many -c as -m, or none; an empty one "
                              "is no bound");
        }
    }
    std::vector<Watched> watched;
    for (std::size_t i = 0; i < flags.counters.size(); ++i) {
        auto warning = range_at(flags.warnings, i);
        auto critical = range_at(flags.criticals, i);
        if (!warning || !critical) {
            return base::Unexpected(warning ? critical.error() : warning.error());
        }
        watched.push_back({flags.counters[i], *std::move(warning), *std::move(critical)});
    }
    return watched;
}

// Who does not answer is down; whatever else goes wrong says nothing about it.
Judgement judgement_of(const base::Error& error) {
    const bool is_down =
        error.code == base::Errc::Disconnected || error.code == base::Errc::Timeout ||
        error.code == base::Errc::WorkerLost || error.code == base::Errc::UnknownName;
    return failed(is_down ? Verdict::Critical : Verdict::Unknown, error.message);
}

base::Expected<wire::Check> ask_check(client::Client& client, const nlohmann::json& arguments) {
    return client.operate("check", arguments).and_then([](const nlohmann::json& answer) {
        return wire::parse_check(answer.dump());
    });
}

// The id of the worker that is meant; empty when none is.
base::Expected<std::string> worker_meant(client::Client& client, const CheckFlags& flags) {
    if (flags.worker.empty()) {
        return std::string();
    }
    return client.query("workers").and_then([&](const nlohmann::json& report) {
        return worker_called(workers_in(report), flags.worker).map([](const ListedWorker& worker) {
            return worker.id;
        });
    });
}

Judgement check_one(client::Client& client,
                    const CheckFlags& flags,
                    const std::optional<posix::Secret>& secret,
                    const std::vector<Watched>& watched) {
    const auto answer = worker_meant(client, flags).and_then([&](const std::string& worker) {
        return ask_check(client, arguments_of(secret, worker));
    });
    return answer ? judge(*answer, watched) : judgement_of(answer.error());
}

// All at once: one that does not answer must not hold up those behind it.
Judgement check_service(client::Client& client,
                        const CheckFlags& flags,
                        const std::optional<posix::Secret>& secret,
                        const std::vector<Watched>& watched) {
    const auto report = client.query("workers", flags.service);
    if (!report) {
        return judgement_of(report.error());
    }
    const std::vector<ListedWorker> workers = workers_in(*report);
    std::vector<std::future<base::Expected<wire::Check>>> asked;
    for (std::size_t i = 0; i < std::min(workers.size(), kWorkersAskedMax); ++i) {
        asked.push_back(std::async(std::launch::async, [&, i] {
            return ask_check(client, arguments_of(secret, workers[i].id));
        }));
    }
    std::vector<WorkerAnswer> answers;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        answers.push_back({workers[i], asked[i].get()});
    }
    return judge_workers(flags.service, answers, workers.size(), watched);
}

Judgement check(const Settings& settings, const CheckFlags& flags) {
    const auto watched = watched_of(flags);
    if (!watched) {
        return failed(Verdict::Unknown, watched.error().message);
    }
    const auto options = check_options(settings, flags);
    if (!options) {
        return failed(Verdict::Unknown, options.error().message);
    }
    const auto secret = known_secret(flags);
    if (!secret) {
        return failed(Verdict::Unknown, secret.error().message);
    }
    client::Client client(*options);
    return flags.service.empty() ? check_one(client, flags, *secret, *watched)
                                 : check_service(client, flags, *secret, *watched);
}

int run_check(Console& console, const Settings& settings, const CheckFlags& flags) {
    const Judgement judgement = check(settings, flags);
    console.out << judgement.line << '\n';
    return static_cast<int>(judgement.verdict);
}

int shut_down(Console& console, const Settings& settings, const CheckFlags& flags) {
    const auto secret = known_secret(flags);
    const auto options = check_options(settings, flags);
    if (!secret || !options) {
        return report_error(console, secret ? options.error() : secret.error());
    }
    client::Client client(*options);
    const auto done = worker_meant(client, flags).and_then([&](const std::string& worker) {
        return client.operate("stop", arguments_of(*secret, worker));
    });
    if (!done) {
        return report_error(console, done.error());
    }
    console.out << "it finishes what runs and ends\n";
    return kSuccess;
}

void add_address(CLI::App& verb, CheckFlags& flags) {
    verb.fallthrough();
    verb.add_option(
        "address", flags.address, "tcp://HOST:PORT of a broker or worker, ipc:///PATH of a worker");
    verb.add_option(
        "--worker",
        flags.worker,
        "A worker of the broker there, by its id or name: no address of its own needed");
    verb.add_option("-a,--secret-file",
                    flags.secret_file,
                    "File with the admin secret; else that of STEWARD_ADMIN_SECRET_FILE");
}

}  // namespace

void add_check(CLI::App& program, Invocation& invocation) {
    auto flags = std::make_shared<CheckFlags>();
    CLI::App* verb = program.add_subcommand(
        "check", "Holds a broker or worker to bounds, as a plugin for Nagios and Icinga");
    add_address(*verb, *flags);
    verb->add_option("--service", flags->service, "All workers of this service at the broker there")
        ->excludes("--worker");
    verb->add_option("-m,--counter", flags->counters, "Counter to be held to the next -w and -c")
        ->allow_extra_args(false);
    verb->add_option("-w,--warning", flags->warnings, "Range of its good values: [@]start:end")
        ->allow_extra_args(false);
    verb->add_option("-c,--critical", flags->criticals, "Range of its bearable values")
        ->allow_extra_args(false);
    verb->footer("Exit status: 0 OK, 1 WARNING, 2 CRITICAL (also: nobody answers), 3 UNKNOWN.");
    verb->callback([flags, &invocation] {
        invocation.run = [flags, &invocation](Console& console) {
            return run_check(console, invocation.settings, *flags);
        };
    });
}

void add_shutdown(CLI::App& program, Invocation& invocation) {
    auto flags = std::make_shared<CheckFlags>();
    CLI::App* verb = program.add_subcommand(
        "shutdown", "Lets a broker or worker finish what runs, and end; needs its admin secret");
    add_address(*verb, *flags);
    verb->callback([flags, &invocation] {
        invocation.run = [flags, &invocation](Console& console) {
            return shut_down(console, invocation.settings, *flags);
        };
    });
}

}  // namespace steward::cli
