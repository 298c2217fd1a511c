#include "gateway/app/gateway_process.hpp"

#include <csignal>
#include <cstdlib>
#include <optional>
#include <unistd.h>
#include <utility>

#include "common/config/units.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/descriptor_limit.hpp"
#include "common/posix/notify.hpp"
#include "common/posix/random_seed.hpp"
#include "common/posix/signal_fd.hpp"
#include "gateway/api/access_log.hpp"

namespace steward::gateway {

namespace {

constexpr auto kPatienceAtTheEnd = std::chrono::seconds(5);
constexpr auto kLookAtTheEnd = std::chrono::milliseconds(20);

}  // namespace

/// In the order in which they are needed.
struct GatewayProcess::Parts {
    Parts(std::unique_ptr<GatewayOptions> options_given,
          std::string file_given,
          std::vector<FlagValue> flags_given)
        : options(std::move(options_given)),
          file(std::move(file_given)),
          flags(std::move(flags_given)) {}

    [[nodiscard]] base::Expected<void> open();
    void count(GatewayCounters& counters) const;
    void on_signal();
    void give_sign_of_life();
    void end();
    void end_when_quiet(base::MonoTime until);
    void reload();

    std::unique_ptr<GatewayOptions> options;
    std::string file;
    std::vector<FlagValue> flags;
    std::optional<posix::SignalFd> signals;
    std::unique_ptr<log::Log> log;
    Loop loop;
    std::unique_ptr<Loop::Timer> quiet;
    posix::Notify notify;
    std::unique_ptr<Loop::Timer> next_sign;
    std::optional<BrokerLink> broker;
    std::optional<Desk> desk;
    std::optional<Front> front;
    std::unique_ptr<Server> server;
    bool is_ending = false;
};

base::Expected<void> GatewayProcess::Parts::open() {
    auto opened = posix::SignalFd::open({SIGTERM, SIGINT, SIGHUP});
    if (!opened) {
        return base::Unexpected(std::move(opened.error()));
    }
    signals.emplace(std::move(*opened));
    posix::ignore_write_signals();
    posix::raise_descriptor_limit();
    auto log_opened = log::Log::open(options->log_options());
    if (!log_opened) {
        return base::Unexpected(std::move(log_opened.error()));
    }
    log = std::move(*log_opened);
    const auto seed = posix::random_seed();
    if (!seed) {
        return base::Unexpected(seed.error());
    }
    broker.emplace(loop, options->client_options());
    desk.emplace(loop, *broker, options->desk, options->front, *seed, posix::read_clock().wall);
    front.emplace(*desk);
    if (auto loaded = desk->gatekeeper.load_tokens(); !loaded) {
        return loaded;
    }
    const auto news = options->news_endpoints();
    if (!news) {
        return base::Unexpected(news.error());
    }
    if (auto heard = desk->live.hear(*news, options->keys); !heard) {
        return heard;
    }
    auto served = Server::open(
        loop,
        options->server,
        [this](std::shared_ptr<Exchange> exchange) { front->take(std::move(exchange)); },
        [this](const Served& request) {
            desk->monitor.counters.answered(request.request->method, request.status, request.took);
            write_access(*log, request);
        });
    if (!served) {
        return base::Unexpected(std::move(served.error()));
    }
    server = std::move(*served);
    desk->monitor.refresh = [this](GatewayCounters& counters) { count(counters); };
    loop.watch(signals->fd(), [this] { on_signal(); });
    return {};
}

void GatewayProcess::Parts::count(GatewayCounters& counters) const {
    const ServerCounts& counts = server->counts();
    counters.connections = counts.connections;
    counters.connections_opened = counts.accepted;
    counters.connections_refused = counts.refused;
    counters.event_streams = counts.event_streams;
    counters.websockets = counts.web_sockets;
    counters.followers_dropped = counts.overruns;
    counters.handshakes_failed = counts.handshakes_failed;
    counters.events = desk->live.events();
    counters.broker_requests = broker->counts().open;
    counters.broker_timeouts = broker->counts().timeouts;
}

void GatewayProcess::Parts::on_signal() {
    while (const auto signal = signals->next()) {
        if (*signal == SIGHUP) {
            reload();
        } else if (std::exchange(is_ending, true)) {
            loop.stop();
        } else {
            end();
        }
    }
}

// From the loop, so that a loop that hangs gives none. It also says what found no room before.
void GatewayProcess::Parts::give_sign_of_life() {
    const base::MonoTime now = posix::read_mono();
    if (const auto next = notify.beat(now)) {
        next_sign = loop.after(*next - now, [this] { give_sign_of_life(); });
    }
}

void GatewayProcess::Parts::end() {
    log->write(log::Level::Info, "gateway_ends");
    notify.say("STOPPING=1");
    give_sign_of_life();
    desk->monitor.is_ending = true;
    server->close();
    end_when_quiet(posix::read_mono() + kPatienceAtTheEnd);
}

// Each answer that is still owed goes out, unless that takes too long.
void GatewayProcess::Parts::end_when_quiet(base::MonoTime until) {
    if (server->counts().connections == 0 || posix::read_mono() >= until) {
        loop.stop();
        return;
    }
    quiet = loop.after(kLookAtTheEnd, [this, until] { end_when_quiet(until); });
}

void GatewayProcess::Parts::reload() {
    log->reopen();
    const auto loaded = load_options(file, flags);
    if (!loaded) {
        log->write(log::Level::Error, "reload_refused", {{"why", loaded.error().message}});
        return;
    }
    log->set_level((*loaded)->log_options().level);
    if (auto read = server->reload_certificate(); !read) {
        log->write(log::Level::Error, "certificate_refused", {{"why", read.error().message}});
    }
    if (auto read = desk->gatekeeper.load_tokens(); !read) {
        log->write(log::Level::Error, "tokens_refused", {{"why", read.error().message}});
    }
    const auto differences = schema_of(**loaded).differences_from(schema_of(*options));
    for (const config::Difference& difference : differences) {
        if (difference.is_reloadable) {
            continue;
        }
        log->write(log::Level::Warning,
                   "setting_needs_restart",
                   {{"setting", difference.path},
                    {"still", difference.before},
                    {"wanted", difference.now}});
    }
    log->write(log::Level::Info, "reloaded");
}

base::Expected<std::unique_ptr<GatewayProcess>> GatewayProcess::open(
    std::unique_ptr<GatewayOptions> options, std::string file, std::vector<FlagValue> flags) {
    auto parts = std::make_unique<Parts>(std::move(options), std::move(file), std::move(flags));
    if (auto opened = parts->open(); !opened) {
        return base::Unexpected(std::move(opened.error()));
    }
    return std::unique_ptr<GatewayProcess>(new GatewayProcess(std::move(parts)));
}

GatewayProcess::GatewayProcess(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

GatewayProcess::~GatewayProcess() = default;

std::string GatewayProcess::ready_line() const {
    const ServerOptions& server = parts_->options->server;
    const bool is_v6 = server.bind.find(':') != std::string::npos;
    return std::string("steward-gateway ready: ") +
           (server.certificate_file.empty() ? "http://" : "https://") + (is_v6 ? "[" : "") +
           server.bind + (is_v6 ? "]" : "") + ":" + std::to_string(parts_->server->port()) +
           " pid " + std::to_string(::getpid()) + " version " STEWARD_VERSION;
}

void GatewayProcess::run() {
    parts_->log->write(log::Level::Info, "gateway_ready", {{"at", ready_line()}});
    parts_->notify = posix::Notify::from_environment(&std::getenv);
    parts_->notify.say("READY=1");
    parts_->give_sign_of_life();
    parts_->loop.run();
}

}  // namespace steward::gateway
