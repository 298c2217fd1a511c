// worker: puts the process together: options, log, signals, exchange, threads, and takes it apart.
#include "worker/program.hpp"

#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <thread>
#include <unistd.h>

#include "common/posix/clock.hpp"
#include "common/posix/host_name.hpp"
#include "common/posix/notify.hpp"
#include "common/posix/process_figures.hpp"
#include "common/posix/random_seed.hpp"
#include "worker/direct/masters.hpp"
#include "worker/runtime/child_jobs.hpp"
#include "worker/runtime/io_loop.hpp"
#include "worker/runtime/link.hpp"
#include "worker/runtime/options.hpp"
#include "worker/runtime/work_thread.hpp"

namespace steward::worker {
namespace {

std::string own_name() {
    return posix::host_name() + ':' + std::to_string(::getpid());
}

SessionOptions session_options(const RuntimeOptions& options) {
    SessionOptions session;
    for (const ServiceEntry& service : options.services) {
        session.services.push_back(service.name);
    }
    session.concurrency = options.concurrency;
    session.heartbeat_interval = options.heartbeat_interval;
    session.heartbeat_tries = options.heartbeat_tries;
    session.brokers = options.serves_masters ? 1 : options.backends.size();
    session.channels = options.channels;
    session.jobs_max = options.jobs_max;
    session.memory_bytes_max = options.memory_bytes_max;
    session.lifetime_max = options.lifetime_max;
    session.limits_memory = options.limits_memory;
    // So that an operator, and a supervisor, finds the process.
    session.library += ' ' + own_name();
    return session;
}

// The work threads; they end with it.
class WorkThreads {
public:
    WorkThreads(Exchange& exchange, std::vector<Seat>& seats, JobLink& link, IoLoop& loop)
        : exchange_(exchange) {
        for (Seat& seat : seats) {
            threads_.emplace_back([&] {
                run_work_thread(
                    exchange, seat, link, [&](const Exchange::Desk& desk) { loop.serve(desk); });
            });
        }
    }

    WorkThreads(const WorkThreads&) = delete;
    WorkThreads& operator=(const WorkThreads&) = delete;

    ~WorkThreads() {
        exchange_.stop_all();
        exchange_.close();
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

private:
    Exchange& exchange_;
    std::vector<std::thread> threads_;
};

// Worker objects are the user's: what their constructors throw ends the program with its text.
base::Expected<std::vector<Seat>> make_seats(const RuntimeOptions& options) {
    std::vector<Seat> seats;
    try {
        seats.reserve(options.concurrency);
        for (std::uint32_t i = 0; i < options.concurrency; ++i) {
            seats.emplace_back(options.services);
        }
    } catch (const std::exception& error) {
        return base::fail(base::Errc::Internal,
                          std::string("cannot make a worker: ") + error.what());
    }
    return seats;
}

ExitStatus status_of(const Left& left) {
    return left.wants_successor ? kExitReplace : kExitEnded;
}

// A thread that does not return cannot be ended, and nothing that it may hold can be taken apart.
[[noreturn]] void end_with_stuck_work(net::Context context,
                                      std::unique_ptr<log::Log> log,
                                      ExitStatus status) {
    { const net::Context sends_the_rest = std::move(context); }
    log.reset();  // writes what is queued
    ::_exit(status);
}

// Figures of the process, for those who may see all.
void add_process(const RuntimeOptions& options, wire::Check& check) {
    const auto figures = posix::process_figures();
    if (!figures) {
        return;
    }
    std::optional<double> memory_max;
    if (options.memory_bytes_max != 0) {
        memory_max = static_cast<double>(options.memory_bytes_max);
    }
    check.counters.push_back(
        {"memory", static_cast<double>(figures->resident_bytes), "B", 0, memory_max});
    check.counters.push_back({"cpu", static_cast<double>(figures->cpu.count()) / 1e6, "s"});
    check.counters.push_back({"open_files",
                              static_cast<double>(figures->open_files),
                              "",
                              0,
                              static_cast<double>(figures->open_files_max)});
}

// What the front does not know of itself when the jobs come from a broker.
void add_work(const RuntimeOptions& options, const Exchange::State& state, wire::Check& check) {
    check.text = std::to_string(state.running) + " of " + std::to_string(options.concurrency) +
                 " at work for " + options.backends.at(state.broker) +
                 (state.is_registered ? "" : ", which does not answer");
    check.counters.push_back({"running",
                              static_cast<double>(state.running),
                              "",
                              0,
                              static_cast<double>(options.concurrency)});
    check.counters.push_back({"done", static_cast<double>(state.succeeded), "c"});
    check.counters.push_back({"failed", static_cast<double>(state.failed), "c"});
    check.counters.push_back({"registered", state.is_registered ? 1.0 : 0.0, "", 0, 1});
}

using Tells = std::function<void(wire::Check&)>;

// How it is, to be asked from the I/O thread.
struct Figures {
    const RuntimeOptions& options;
    Exchange& exchange;
    const Tells& tells;
    base::MonoTime start = posix::read_mono();

    // Behind what the front says of itself.
    void complete(wire::Check& check) const {
        if (!options.serves_masters) {
            add_work(options, exchange.state(), check);
        }
        if (check.privileged) {
            add_process(options, check);
        }
        if (tells) {
            tells(check);
        }
    }

    // By way of the broker.
    [[nodiscard]] wire::Check operator()(bool privileged) const {
        wire::Check check;
        check.privileged = privileged;
        const double uptime = static_cast<double>((posix::read_mono() - start).count()) / 1e6;
        check.counters.push_back({"uptime", uptime, "s"});
        complete(check);
        return check;
    }
};

base::Expected<std::unique_ptr<Masters>> open_masters(net::Context& context,
                                                      const RuntimeOptions& options,
                                                      const Figures& figures,
                                                      std::uint64_t seed) {
    if (options.master_fd < 0 && options.address.empty()) {
        return nullptr;
    }
    MastersOptions masters;
    masters.address = options.address;
    masters.channel = options.master_fd;
    if (!options.listen_key.empty()) {
        masters.admission = AdmissionFiles{options.listen_key, options.listen_clients};
    }
    masters.front.name = own_name();
    masters.front.epoch = seed;
    masters.front.takes_jobs = options.serves_masters;
    masters.front.heartbeat_interval = options.heartbeat_interval;
    masters.front.heartbeat_tries = options.heartbeat_tries;
    auto secret = posix::Secret::find(options.secret_file,
                                      [](const char* name) { return std::getenv(name); });
    if (!secret) {
        return base::Unexpected(std::move(secret.error()));
    }
    masters.secret = *std::move(secret);
    masters.complete = [&figures](wire::Check& check) { figures.complete(check); };
    return Masters::open(context, std::move(masters));
}

base::Expected<ExitStatus> serve_until_left(const RuntimeOptions& options,
                                            posix::SignalFd& signals,
                                            posix::Notify& notify,
                                            std::unique_ptr<log::Log>& log,
                                            const Tells& tells) {
    auto seats = make_seats(options);
    if (!seats) {
        return base::Unexpected(std::move(seats.error()));
    }
    const auto seed = posix::random_seed();
    if (!seed) {
        return base::Unexpected(seed.error());
    }
    auto curve = keys::client_keys(options.keys);
    if (!curve) {
        return base::Unexpected(std::move(curve.error()));
    }
    auto wake = posix::WakeFd::open();
    if (!wake) {
        return base::Unexpected(std::move(wake.error()));
    }
    auto context = net::Context::open();
    if (!context) {
        return base::Unexpected(std::move(context.error()));
    }
    std::optional<posix::AlarmFd> alarm;
    if (options.concurrency == 1) {
        auto opened = posix::AlarmFd::open();
        if (!opened) {
            return base::Unexpected(std::move(opened.error()));
        }
        alarm.emplace(std::move(*opened));
    }
    const posix::AlarmFd* const alarm_or_null = alarm ? &*alarm : nullptr;
    Exchange exchange(session_options(options), posix::read_mono(), *seed, *wake, alarm_or_null);
    ChildJobs child_jobs(options.frontends, options.keys);
    Link link(exchange, [&](model::JobSpec spec) { return child_jobs.submit(std::move(spec)); });
    const Figures figures{options, exchange, tells};
    auto masters = open_masters(*context, options, figures, *seed);
    if (!masters) {
        return base::Unexpected(std::move(masters.error()));
    }
    std::vector<std::string> brokers = options.backends;
    if (options.serves_masters) {
        const std::string& address = (*masters)->address();
        brokers = {address.empty() ? "the program that started this" : address};
    }
    IoLoop loop({*context,
                 exchange,
                 *wake,
                 signals,
                 *log,
                 notify,
                 masters->get(),
                 options.serves_masters,
                 alarm_or_null,
                 std::move(*curve),
                 figures},
                std::move(brokers));
    const WorkThreads threads(exchange, *seats, link, loop);
    const auto left = loop.run();
    if (!left) {
        return base::Unexpected(left.error());
    }
    if (left->is_stuck) {
        end_with_stuck_work(std::move(*context), std::move(log), status_of(*left));
    }
    return status_of(*left);
}

}  // namespace

int Program::run() {
    // Read before any thread is made.
    auto parsed = parse_options({argc_, argv_, [](const char* name) { return std::getenv(name); }},
                                about_,
                                services_,
                                options_,
                                std::cout,
                                std::cerr);
    if (const auto* exit = std::get_if<ExitNow>(&parsed)) {
        return exit->code;
    }
    auto& options = std::get<RuntimeOptions>(parsed);
    options.limits_memory = !limits_memory_itself_;
    ::unsetenv("STEWARD_MASTER_FD");  // NOLINT(concurrency-mt-unsafe): not for its own children
    for (const auto& check : checks_) {
        if (const auto checked = check(); !checked) {
            std::string name = argc_ > 0 ? argv_[0] : "worker";
            std::cerr << name.erase(0, name.rfind('/') + 1) << ": " << checked.error().message
                      << '\n';
            return kExitUsage;
        }
    }
    auto signals = posix::SignalFd::open({SIGTERM, SIGINT});  // before any thread, the log's too
    if (!signals) {
        std::cerr << signals.error().message << '\n';
        return kExitFailed;
    }
    log::LogOptions log_options;
    log_options.level = options.log_level;
    auto log = log::Log::open(log_options);
    if (!log) {
        std::cerr << log.error().message << '\n';
        return kExitFailed;
    }
    auto notify = posix::Notify::from_environment(&std::getenv);
    const auto served = serve_until_left(options, *signals, notify, *log, tells_);
    if (!served) {
        (*log)->write(log::Level::Error, "failed", {{"why", served.error().message}});
        return kExitFailed;
    }
    return *served;
}

}  // namespace steward::worker
