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
#include "common/posix/random_seed.hpp"
#include "worker/runtime/child_jobs.hpp"
#include "worker/runtime/io_loop.hpp"
#include "worker/runtime/link.hpp"
#include "worker/runtime/options.hpp"
#include "worker/runtime/work_thread.hpp"

namespace steward::worker {
namespace {

SessionOptions session_options(const RuntimeOptions& options) {
    SessionOptions session;
    for (const ServiceEntry& service : options.services) {
        session.services.push_back(service.name);
    }
    session.concurrency = options.concurrency;
    session.heartbeat_interval = options.heartbeat_interval;
    session.heartbeat_tries = options.heartbeat_tries;
    session.brokers = options.backends.size();
    session.channels = options.channels;
    session.jobs_max = options.jobs_max;
    session.memory_bytes_max = options.memory_bytes_max;
    session.lifetime_max = options.lifetime_max;
    session.limits_memory = options.limits_memory;
    // So that an operator, and a supervisor, finds the process.
    session.library += ' ' + posix::host_name() + ':' + std::to_string(::getpid());
    return session;
}

// The work threads; they end with it.
class WorkThreads {
public:
    WorkThreads(Exchange& exchange, std::vector<Seat>& seats, JobLink& link) : exchange_(exchange) {
        for (Seat& seat : seats) {
            threads_.emplace_back([&] { run_work_thread(exchange, seat, link); });
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

base::Expected<ExitStatus> serve_until_left(const RuntimeOptions& options,
                                            posix::SignalFd& signals,
                                            posix::Notify& notify,
                                            std::unique_ptr<log::Log>& log) {
    auto seats = make_seats(options);
    if (!seats) {
        return base::Unexpected(std::move(seats.error()));
    }
    const auto seed = posix::random_seed();
    if (!seed) {
        return base::Unexpected(seed.error());
    }
    auto wake = posix::WakeFd::open();
    if (!wake) {
        return base::Unexpected(std::move(wake.error()));
    }
    auto context = net::Context::open();
    if (!context) {
        return base::Unexpected(std::move(context.error()));
    }
    Exchange exchange(session_options(options), posix::read_mono(), *seed, *wake);
    ChildJobs child_jobs(options.frontends);
    Link link(exchange, [&](model::JobSpec spec) { return child_jobs.submit(std::move(spec)); });
    IoLoop loop({*context, exchange, *wake, signals, *log, notify}, options.backends);
    const WorkThreads threads(exchange, *seats, link);
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
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
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
    const auto served = serve_until_left(options, *signals, notify, *log);
    if (!served) {
        (*log)->write(log::Level::Error, "failed", {{"why", served.error().message}});
        return kExitFailed;
    }
    return *served;
}

}  // namespace steward::worker
