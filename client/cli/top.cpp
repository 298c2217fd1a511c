// client/cli: `steward top`: a live screen of services, workers, queues and rates.
#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <CLI/CLI.hpp>

#include "client/cli/exit_status.hpp"
#include "client/cli/top_screen.hpp"
#include "client/cli/verbs.hpp"
#include "client/cli/words.hpp"
#include "common/net/poller.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/signal_fd.hpp"
#include "common/posix/terminal.hpp"
#include "common/posix/wake_fd.hpp"

namespace steward::cli {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr base::Duration kIntervalMin = 100ms;
constexpr std::array<const char*, 3> kQueries = {"broker", "services", "workers"};

// A screen of its own, without a cursor; and the way back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";

struct TopWords {
    std::string interval = "1s";
    std::string sort = "waiting";
    bool is_once = false;
};

std::optional<TopSort> sort_named(std::string_view name) {
    TopSort sort = TopSort::Waiting;
    for (int i = 0; i < 4; ++i, sort = next_sort(sort)) {
        if (name_of(sort) == name) {
            return sort;
        }
    }
    return std::nullopt;
}

/// Asks the broker without waiting, so that keys work while it is silent. Shared with the answers
/// that are still on their way.
class Sampler : public std::enable_shared_from_this<Sampler> {
public:
    Sampler(client::Client& client, posix::WakeFd wake) : client_(client), wake_(std::move(wake)) {}

    [[nodiscard]] int fd() const { return wake_.fd(); }

    [[nodiscard]] bool is_asking() const {
        const std::lock_guard lock(mutex_);
        return open_ > 0;
    }

    void ask() {
        {
            const std::lock_guard lock(mutex_);
            open_ = kQueries.size();
            error_.reset();
        }
        for (std::size_t i = 0; i < kQueries.size(); ++i) {
            client_.query_async(
                kQueries[i], {}, std::nullopt, [self = shared_from_this(), i](auto report) {
                    self->take(i, std::move(report));
                });
        }
    }

    /// The answers once all three are there; or what went wrong.
    std::optional<base::Expected<TopSample>> next() {
        wake_.clear();
        const std::lock_guard lock(mutex_);
        if (!is_fresh_) {
            return std::nullopt;
        }
        is_fresh_ = false;
        if (error_) {
            return base::Expected<TopSample>(base::Unexpected(*error_));
        }
        return base::Expected<TopSample>(
            TopSample{reports_[0], reports_[1], reports_[2], at_, wall_});
    }

private:
    // On the client's thread.
    void take(std::size_t index, base::Expected<json> report) {
        const base::Now now = posix::read_clock();
        const std::lock_guard lock(mutex_);
        if (report) {
            reports_[index] = std::move(*report);
        } else {
            error_ = std::move(report.error());
        }
        if (--open_ == 0) {
            at_ = now.mono;
            wall_ = now.wall;
            is_fresh_ = true;
            wake_.wake();
        }
    }

    client::Client& client_;
    posix::WakeFd wake_;
    mutable std::mutex mutex_;
    std::array<json, kQueries.size()> reports_;
    std::optional<base::Error> error_;
    std::size_t open_ = 0;
    bool is_fresh_ = false;
    base::MonoTime at_;
    base::WallTime wall_;
};

Space space_of(Console& console) {
    const auto size = console.out_is_terminal ? posix::terminal_size(STDOUT_FILENO) : std::nullopt;
    const posix::TerminalSize given = size.value_or(posix::TerminalSize{});
    return {static_cast<std::size_t>(given.columns), static_cast<std::size_t>(given.rows)};
}

class Top {
public:
    Top(Console& console, Sampler& sampler, TopView view, base::Duration interval)
        : console_(console), sampler_(sampler), view_(std::move(view)), interval_(interval) {}

    // Until q, Ctrl-C, a signal, or the terminal's end.
    int run(posix::SignalFd& signals, posix::Keys& keys) {
        net::Poller poller;
        const auto key_slot = poller.add(posix::Keys::fd());
        poller.add(signals.fd());
        poller.add(sampler_.fd());
        while (console_.out) {
            refresh();
            draw();
            const base::Duration pause = std::max<base::Duration>(due_ - posix::read_mono(), 0s);
            static_cast<void>(poller.wait(sampler_.is_asking() ? 1h : pause));
            while (const auto signal = signals.next()) {
                if (*signal != SIGWINCH) {
                    return kSuccess;
                }
                view_.space = space_of(console_);
            }
            auto key = keys.next();
            if (!key && poller.is_readable(key_slot)) {
                return kSuccess;  // nobody is there any more
            }
            for (; key; key = keys.next()) {
                if (!heed(*key)) {
                    return kSuccess;
                }
            }
        }
        return kSuccess;
    }

private:
    // False: that was the end.
    bool heed(char key) {
        switch (key) {
            case 'q':
            case '\x03':  // Ctrl-C
            case '\x04': return false;
            case 'p': view_.is_paused = !view_.is_paused; break;
            case 's': view_.sort = next_sort(view_.sort); break;
            default: break;
        }
        return true;
    }

    void refresh() {
        if (auto sample = sampler_.next()) {
            view_.trouble = *sample ? "" : sample->error().message;
            if (*sample && !view_.is_paused) {
                screen_.update(std::move(**sample));
            }
        }
        const base::MonoTime now = posix::read_mono();
        if (now >= due_ && !sampler_.is_asking()) {
            due_ = now + interval_;
            sampler_.ask();
        }
    }

    void draw() {
        std::string text = "\x1b[H";
        const auto lines = screen_.lines(view_);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            text += lines[i] + "\x1b[K" + (i + 1 < lines.size() ? "\r\n" : "");
        }
        text += "\x1b[J";
        if (text != drawn_) {
            console_.out << text << std::flush;
            drawn_ = std::move(text);
        }
    }

    Console& console_;
    Sampler& sampler_;
    TopView view_;
    base::Duration interval_;
    TopScreen screen_;
    base::MonoTime due_ = base::MonoTime::min();
    std::string drawn_;
};

/// The terminal while a screen is on it.
class OwnScreen {
public:
    explicit OwnScreen(std::ostream& out) : out_(out) { out_ << kEnter << std::flush; }

    ~OwnScreen() { out_ << kLeave << std::flush; }

    OwnScreen(const OwnScreen&) = delete;
    OwnScreen& operator=(const OwnScreen&) = delete;

private:
    std::ostream& out_;
};

// Two samples, so that there are rates; or what went wrong.
base::Expected<TopScreen> sample_twice(Sampler& sampler, base::Duration interval) {
    TopScreen screen;
    net::Poller answer;
    answer.add(sampler.fd());
    net::Poller nothing;
    for (int i = 0; i < 2; ++i) {
        if (i > 0) {
            static_cast<void>(nothing.wait(interval));
        }
        sampler.ask();
        std::optional<base::Expected<TopSample>> sample;
        while (!(sample = sampler.next())) {
            static_cast<void>(answer.wait(std::nullopt));
        }
        if (!*sample) {
            return base::Unexpected(std::move(sample->error()));
        }
        screen.update(std::move(**sample));
    }
    return screen;
}

int print_once(Console& console,
               const Settings& settings,
               Sampler& sampler,
               TopView view,
               base::Duration interval) {
    const auto screen = sample_twice(sampler, interval);
    if (!screen) {
        return report_error(console, screen.error());
    }
    if (settings.as_json) {
        print_json(console, screen->document());
    } else {
        view.is_live = false;
        for (const std::string& line : screen->lines(view)) {
            console.out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
        }
    }
    console.out << std::flush;
    return kSuccess;
}

// The view and how often it changes. Errors: BadOption.
base::Expected<std::pair<TopView, base::Duration>> view_of(Console& console,
                                                           const Settings& settings,
                                                           const TopWords& words) {
    auto interval = time_of("--interval", words.interval);
    if (!interval) {
        return base::Unexpected(std::move(interval.error()));
    }
    if (*interval < kIntervalMin) {
        return base::fail(base::Errc::BadOption, "--interval is at least 100ms");
    }
    const auto sort = sort_named(words.sort);
    if (!sort) {
        return base::fail(base::Errc::BadOption, "--sort is waiting, active, rate or name");
    }
    TopView view;
    view.space = space_of(console);
    view.sort = *sort;
    view.has_colours = console.has_colours;
    view.brokers = settings.brokers;
    return std::pair(std::move(view), *interval);
}

int live(Console& console,
         const Settings& settings,
         const TopView& view,
         base::Duration interval,
         posix::WakeFd wake) {
    // Before the client's threads: they must not get the signals.
    auto signals = posix::SignalFd::open({SIGINT, SIGTERM, SIGHUP, SIGWINCH});
    if (!signals) {
        return report_error(console, signals.error());
    }
    auto keys = posix::Keys::open();
    if (!keys || !console.out_is_terminal) {
        return report_usage(console, "top needs a terminal, or --once");
    }
    return with_client(console, settings, [&](client::Client& client) {
        const OwnScreen screen(console.out);
        const auto sampler = std::make_shared<Sampler>(client, std::move(wake));
        return Top(console, *sampler, view, interval).run(*signals, *keys);
    });
}

int top(Console& console, const Settings& settings, const TopWords& words) {
    const auto view = view_of(console, settings, words);
    if (!view) {
        report_error(console, view.error());
        return kUsage;
    }
    auto wake = posix::WakeFd::open();
    if (!wake) {
        return report_error(console, wake.error());
    }
    if (!words.is_once && !settings.as_json) {
        return live(console, settings, view->first, view->second, std::move(*wake));
    }
    return with_client(console, settings, [&](client::Client& client) {
        const auto sampler = std::make_shared<Sampler>(client, std::move(*wake));
        return print_once(console, settings, *sampler, view->first, view->second);
    });
}

}  // namespace

void add_top(CLI::App& program, Invocation& invocation) {
    auto words = std::make_shared<TopWords>();
    CLI::App& verb = add_verb(program,
                              invocation,
                              "top",
                              "Shows services, workers, queues and rates, live",
                              [words, &invocation](Console& console) {
                                  return top(console, invocation.settings, *words);
                              });
    verb.add_option("--interval", words->interval, "between two looks")->capture_default_str();
    verb.add_option("--sort", words->sort, "services by this at first")
        ->type_name("waiting|active|rate|name")
        ->capture_default_str();
    verb.add_flag("--once", words->is_once, "print one screen, without colours or keys, and end");
}

}  // namespace steward::cli
