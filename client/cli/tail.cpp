// client/cli: `steward tail`: events as they happen.
#include <algorithm>
#include <csignal>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/brokers.hpp"
#include "client/cli/event_filter.hpp"
#include "client/cli/exit_status.hpp"
#include "client/cli/verbs.hpp"
#include "client/cli/words.hpp"
#include "client/news.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/signal_fd.hpp"

namespace steward::cli {

namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kNewsPort = 5557;
constexpr base::Duration kWarnAfter = 3s;  // then somebody at a terminal is told

struct TailWords {
    std::vector<std::string> services;
    std::vector<std::string> events;
    std::vector<std::string> jobs;
    std::string context;
    std::string group;
    std::string batch;
    std::string endpoint;
    std::uint16_t port = kNewsPort;
    std::uint64_t count = 0;
};

base::Expected<EventFilter> filter_of(const TailWords& words) {
    auto events = events_of(words.events);
    if (!events) {
        return base::Unexpected(std::move(events.error()));
    }
    const auto ids = ids_of(words.jobs);
    if (!ids) {
        return base::Unexpected(ids.error());
    }
    EventFilter filter;
    const auto services = words_between_commas(words.services);
    filter.services.insert(services.begin(), services.end());
    filter.events = std::move(*events);
    for (const model::JobId& id : *ids) {
        filter.jobs.insert(id.text());
    }
    filter.context = words.context;
    filter.group = words.group;
    filter.batch = words.batch;
    return filter;
}

// Where the brokers' news are, unless that is said.
base::Expected<std::vector<std::string>> endpoints_of(const Settings& settings,
                                                      const TailWords& words) {
    if (!words.endpoint.empty()) {
        return client::broker_endpoints(words.endpoint, words.port);
    }
    auto endpoints = client::broker_endpoints(settings.brokers, settings.port);
    if (!endpoints) {
        return endpoints;
    }
    for (std::string& endpoint : *endpoints) {
        const std::size_t colon = endpoint.rfind(':');
        if (!endpoint.starts_with("tcp://") || colon < 6) {
            return base::fail(base::Errc::BadOption,
                              "where are the news of " + endpoint + "? Say it with --news");
        }
        endpoint.replace(colon + 1, std::string::npos, std::to_string(words.port));
    }
    return endpoints;
}

class Tail {
public:
    /// `brokers`: how many there are. So many connections are the first of each.
    Tail(Console& console,
         const Settings& settings,
         const TailWords& words,
         EventFilter filter,
         std::size_t brokers)
        : console_(console),
          settings_(settings),
          words_(words),
          filter_(std::move(filter)),
          connections_(brokers) {}

    // Until a signal, the count, the time-out or a reader that has gone.
    int run(client::News& news, posix::SignalFd& signals, base::Duration patience) {
        const base::MonoTime start = posix::read_mono();
        const base::MonoTime end = start + patience;
        bool is_warned = !console_.err_is_terminal;
        while (!signals.next()) {
            const base::MonoTime now = posix::read_mono();
            if (now >= end) {
                return words_.count == 0 ? kSuccess : kTimeout;
            }
            if (!is_warned && now >= start + kWarnAfter) {
                is_warned = true;
                warn(news);
            }
            const base::MonoTime wake = is_warned ? end : std::min(end, start + kWarnAfter);
            auto event = news.next(wake - now, signals.fd());
            if (!event) {
                return report_error(console_, event.error());
            }
            tell_gap(news);
            if (*event && !print(**event)) {
                return kSuccess;
            }
        }
        return kSuccess;
    }

private:
    // False when that was the last one.
    bool print(const nlohmann::json& event) {
        if (!filter_.lets_through(event)) {
            return true;
        }
        if (settings_.as_json) {
            print_json(console_, event);
        } else {
            console_.out << event_line(event, console_.has_colours) << '\n';
        }
        console_.out << std::flush;
        return console_.out && ++printed_ != words_.count;
    }

    void warn(const client::News& news) {
        if (!news.is_connected()) {
            console_.err << "steward: no news are published there yet; waiting\n" << std::flush;
        }
    }

    void tell_gap(const client::News& news) {
        if (news.connections() > connections_) {
            connections_ = news.connections();
            console_.err
                << "steward: a broker was away, or the connection: what happened meanwhile "
                   "is not here; its lifecycle log has it\n"
                << std::flush;
        }
    }

    Console& console_;
    const Settings& settings_;
    const TailWords& words_;
    EventFilter filter_;
    std::uint64_t connections_;  // told of, or nothing to tell of
    std::uint64_t printed_ = 0;
};

int tail(Console& console, const Settings& settings, const TailWords& words) {
    auto filter = filter_of(words);
    const auto endpoints = endpoints_of(settings, words);
    const auto patience = settings.timeout_duration();
    if (!filter || !endpoints || !patience) {
        report_error(console,
                     !filter      ? filter.error()
                     : !endpoints ? endpoints.error()
                                  : patience.error());
        return kUsage;
    }
    // Before the threads of ZeroMQ: they must not get the signals.
    posix::ignore_write_signals();
    auto signals = posix::SignalFd::open({SIGINT, SIGTERM, SIGHUP});
    if (!signals) {
        return report_error(console, signals.error());
    }
    auto news = client::News::open(*endpoints, filter->topics(), settings.keys);
    if (!news) {
        return report_error(console, news.error());
    }
    constexpr base::Duration kForEver = 24h * 365;
    return Tail(console, settings, words, std::move(*filter), endpoints->size())
        .run(*news, *signals, settings.is_timeout_given ? *patience : kForEver);
}

}  // namespace

void add_tail(CLI::App& program, Invocation& invocation) {
    auto words = std::make_shared<TailWords>();
    CLI::App& verb = add_verb(program,
                              invocation,
                              "tail",
                              "Prints events as they happen, until it is interrupted",
                              [words, &invocation](Console& console) {
                                  return tail(console, invocation.settings, *words);
                              });
    const auto add_list = [&](const char* name, std::vector<std::string>& list, const char* help) {
        verb.add_option(name, list, help)->allow_extra_args(false);
    };
    add_list("--service", words->services, "only of these: a,b");
    add_list("--event", words->events, "only these: EXECUTE_START,DEAD");
    add_list("--job", words->jobs, "only of these jobs: ID,ID");
    verb.add_option("--context", words->context, "only of this context");
    verb.add_option("--group", words->group, "only of this group");
    verb.add_option("--batch", words->batch, "only of this batch");
    verb.add_option("--count", words->count, "end after so many; 0 for never")
        ->capture_default_str();
    verb.add_option("--news-port", words->port, "of the brokers' news")
        ->check(CLI::Range(1, 65535))
        ->capture_default_str();
    verb.add_option("--news", words->endpoint, "where the news are, if not at the brokers' hosts");
}

}  // namespace steward::cli
