#include "bench/workloads.hpp"

#include <algorithm>
#include <thread>

#include "bench/figures.hpp"

namespace steward::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWindow = 16'384;            // submits not acknowledged
constexpr std::size_t kWindowBytes = 32UL << 20U;  // the same, of large payloads
constexpr std::size_t kInFlight = 64;              // calls
constexpr std::size_t kOldInFlight = 1'024;        // calls of an old dialect
constexpr double kManyLengths = 5;  // many workers: in a second each has hardly begun
constexpr double kIdleSeconds = 5;
constexpr double kFillSeconds = 60;  // a queue that fills more slowly is filled less

// What a measurement costs, from its construction on.
class Meter {
public:
    explicit Meter(const Started& started)
        : started_(started),
          server_(started.server().cpu_seconds()),
          ends_(started.ends_cpu_seconds()) {
        started.server().forget_peak();
    }

    void add_to(Tables& tables, const std::string& table, const std::string& row, double jobs) {
        const auto add = [&](const char* figure, double value) {
            tables.add(table, row, figure, value);
        };
        add("server CPU µs/job", (started_.server().cpu_seconds() - server_) * 1e6 / jobs);
        add("ends CPU µs/job", (started_.ends_cpu_seconds() - ends_) * 1e6 / jobs);
        add("server MiB, peak", static_cast<double>(started_.server().peak_bytes()) / (1 << 20U));
    }

private:
    const Started& started_;
    double server_;
    double ends_;
};

std::string row_of(const Run& run) {
    return run.subject.title(run.shape.durable);
}

void do_and_finish(Run& run, const Load& load, bool calls) {
    if (calls) {
        run.started.call(load);
    } else {
        run.started.submit(load);
    }
    run.given += load.jobs;
    run.started.wait_until_finished(run.given);
}

// So many that a measurement lasts as long as it should: tried out the first time, with more and
// more until that takes a while, as some servers do a million in the time of ten with others.
// Afterwards some jobs warm what there is: each worker has had hundreds, each service some.
std::size_t jobs_for(const Workload& workload, Run& run, std::size_t window, bool calls) {
    constexpr double kTrySeconds = 0.1;
    const std::size_t warm =
        std::max({std::size_t{2'000}, 1'000 * run.shape.workers, 2 * run.shape.services});
    std::size_t& jobs = run.jobs_of[workload.title + "/" + row_of(run)];
    if (jobs != 0) {
        do_and_finish(run, {std::min(jobs, warm), window, workload.payload_bytes}, calls);
        return jobs;
    }
    for (std::size_t tried = 20; jobs == 0; tried *= 5) {
        const auto start = Clock::now();
        do_and_finish(run, {tried, window, workload.payload_bytes}, calls);
        const double took = seconds_since(start);
        if (took >= kTrySeconds) {
            const double rate = static_cast<double>(tried) / took;
            jobs = static_cast<std::size_t>(
                std::clamp(rate * run.extent.seconds * workload.lengths, 20.0, 5e6));
        }
    }
    return jobs;
}

void measure_background(const Workload& workload, Run& run) {
    const std::size_t window =
        std::clamp<std::size_t>(kWindowBytes / workload.payload_bytes, 1, kWindow);
    const std::size_t jobs = jobs_for(workload, run, window, false);
    Meter meter(run.started);
    const auto start = Clock::now();
    run.started.submit({jobs, window, workload.payload_bytes});
    const double acknowledged = seconds_since(start);
    run.given += jobs;
    run.started.wait_until_finished(run.given);
    const double finished = seconds_since(start);
    const auto count = static_cast<double>(jobs);
    run.tables.add(workload.title, row_of(run), "submit to done /s", count / finished);
    run.tables.add(workload.title, row_of(run), "acknowledged /s", count / acknowledged);
    meter.add_to(run.tables, workload.title, row_of(run), count);
}

void measure_calls_one_by_one(const Workload& workload, Run& run) {
    const std::size_t jobs = jobs_for(workload, run, 1, true);
    Meter meter(run.started);
    std::vector<double> times;
    for (std::size_t i = 0; i < jobs; ++i) {
        const auto start = Clock::now();
        run.started.call({1, 1, workload.payload_bytes});
        times.push_back(seconds_since(start) * 1e6);
    }
    run.given += jobs;
    run.started.wait_until_finished(run.given);
    run.tables.add(workload.title, row_of(run), "p50 µs", percentile(times, 0.5));
    run.tables.add(workload.title, row_of(run), "p99 µs", percentile(times, 0.99));
    run.tables.add(workload.title, row_of(run), "p99.9 µs", percentile(times, 0.999));
    meter.add_to(run.tables, workload.title, row_of(run), static_cast<double>(jobs));
}

void measure_calls(const Workload& workload, Run& run, std::size_t window) {
    const std::size_t jobs = jobs_for(workload, run, window, true);
    Meter meter(run.started);
    const auto start = Clock::now();
    run.started.call({jobs, window, workload.payload_bytes});
    const double took = seconds_since(start);
    run.given += jobs;
    run.started.wait_until_finished(run.given);
    const auto count = static_cast<double>(jobs);
    run.tables.add(workload.title, row_of(run), "calls/s", count / took);
    meter.add_to(run.tables, workload.title, row_of(run), count);
}

void measure_calls_in_flight(const Workload& workload, Run& run) {
    measure_calls(workload, run, kInFlight);
}

void measure_old_calls(const Workload& workload, Run& run) {
    measure_calls(workload, run, kOldInFlight);
}

void measure_waiting(const Workload& workload, Run& run) {
    constexpr std::size_t kParts = 20;
    run.started.submit({1'000, kWindow, workload.payload_bytes});
    const std::uint64_t empty = run.started.server().resident_bytes();
    const auto submit = [&](std::size_t jobs) {
        const auto start = Clock::now();
        run.started.submit({jobs, kWindow, workload.payload_bytes});
        return static_cast<double>(jobs) / seconds_since(start);
    };
    const double tried = submit(5'000);
    const std::size_t jobs =
        std::min(run.extent.jobs_waiting, static_cast<std::size_t>(tried * kFillSeconds));
    Meter meter(run.started);
    const double at_first = submit(jobs / kParts);
    for (std::size_t part = 2; part < kParts; ++part) {
        submit(jobs / kParts);
    }
    const double at_last = submit(jobs / kParts);
    const auto waiting = static_cast<double>(jobs / kParts * kParts);
    const auto bytes =
        static_cast<double>(run.started.server().resident_bytes()) - static_cast<double>(empty);
    const std::string row = row_of(run);
    run.tables.add(workload.title, row, "bytes a job", bytes / (waiting + 5'000));
    run.tables.add(workload.title, row, "jobs waiting", waiting);
    run.tables.add(workload.title, row, "submits/s, empty", at_first);
    run.tables.add(workload.title, row, "submits/s, full", at_last);
    run.tables.add(workload.title, row, "full to empty", at_last / at_first);
    meter.add_to(run.tables, workload.title, row, waiting);
}

void measure_idle(const Workload& workload, Run& run) {
    std::this_thread::sleep_for(5s);  // what the arrival of so many has left to do
    const double before = run.started.server().cpu_seconds();
    const auto start = Clock::now();
    std::this_thread::sleep_for(std::chrono::duration<double>(kIdleSeconds));
    const double used = run.started.server().cpu_seconds() - before;
    run.tables.add(workload.title, row_of(run), "% of a core", used / seconds_since(start) * 100);
    run.tables.add(workload.title,
                   row_of(run),
                   "server MiB",
                   static_cast<double>(run.started.server().resident_bytes()) / (1 << 20U));
}

bool is_any(const Subject& /*subject*/) {
    return true;
}

bool has_many_shapes(const Subject& subject) {
    return subject.abilities().many_shapes;
}

bool calls(const Subject& subject) {
    return subject.abilities().calls;
}

// And the forwarder, to compare with.
bool is_durable(const Subject& subject) {
    return subject.abilities().durable || subject.name() == "forwarder";
}

bool keeps_jobs(const Subject& subject) {
    return subject.abilities().keeps_jobs;
}

bool is_steward(const Subject& subject) {
    return subject.name() == "steward";
}

bool has_many_services(const Subject& subject) {
    return subject.abilities().many_services && subject.name() != "gearmand";
}

// The forwarder knows no services; it is there to compare with.
bool has_many_workers(const Subject& subject) {
    return has_many_services(subject) || subject.name() == "forwarder";
}

std::string thousands(std::size_t number) {
    const std::string text = std::to_string(number);
    return text.size() <= 3 ? text
                            : text.substr(0, text.size() - 3) + "," + text.substr(text.size() - 3);
}

void add_sizes(std::vector<Workload>& all) {
    for (const std::size_t kibibytes : {1UL, 64UL, 1024UL}) {
        const std::string size = kibibytes < 1024 ? std::to_string(kibibytes) + " KiB" : "1 MiB";
        all.push_back({"payload",
                       "6. Background, volatile, " + size + " payload",
                       {},
                       has_many_shapes,
                       measure_background,
                       kibibytes << 10U});
    }
}

void add_numbers(std::vector<Workload>& all, const Extent& extent) {
    for (const std::size_t workers :
         {std::size_t{1}, extent.many_workers / 10, extent.many_workers}) {
        all.push_back({.name = "workers",
                       .title = "7. Background, volatile, workers: " + thousands(workers),
                       .shape = {.workers = workers},
                       .suits = has_many_workers,
                       .measure = measure_background,
                       .lengths = workers == extent.many_workers ? kManyLengths : 1});
    }
    for (const std::size_t services :
         {std::size_t{1}, extent.many_services / 10, extent.many_services}) {
        all.push_back({"services",
                       "7. Background, volatile, services in turn: " + thousands(services),
                       {.services = services},
                       has_many_workers,
                       measure_background});
    }
    all.push_back({"clients",
                   "8. Background, volatile, clients: " + thousands(extent.many_clients),
                   {.clients = extent.many_clients},
                   has_many_shapes,
                   measure_background});
}

}  // namespace

std::vector<Workload> workloads(const Extent& extent) {
    const std::string waiting = thousands(extent.jobs_waiting / 1000) + ",000 jobs waiting";
    std::vector<Workload> all;
    all.push_back({"background", "1. Background, volatile", {}, is_any, measure_background});
    all.push_back({"call", "3. One call at a time", {}, calls, measure_calls_one_by_one});
    all.push_back({"flight", "4. 64 calls in flight", {}, calls, measure_calls_in_flight});
    add_sizes(all);
    all.push_back({"durable",
                   "2. Background, synced before it is acknowledged",
                   {.durable = true},
                   is_durable,
                   measure_background});
    all.push_back({"waiting", "5. " + waiting, {.workers = 0}, keeps_jobs, measure_waiting});
    all.push_back({"waiting",
                   "5. " + waiting + ", durable",
                   {.durable = true, .workers = 0},
                   is_steward,
                   measure_waiting});
    add_numbers(all, extent);
    all.push_back({.name = "old",
                   .title = "9. Calls in the old dialects, 1,024 in flight, 64 workers with one "
                            "job each",
                   .shape = {.workers = 64},
                   .suits = is_any,
                   .measure = measure_old_calls,
                   .is_for_old_dialects = true});
    all.push_back({"idle",
                   "Idle with " + thousands(extent.many_workers) + " workers",
                   {.workers = extent.many_workers},
                   has_many_services,
                   measure_idle});
    return all;
}

void measure_start(const Subject& subject, Tables& tables) {
    const auto start = Clock::now();
    const auto started = subject.start({.workers = 0});
    started->submit({1, 1, 100});
    tables.add(
        "Start to first accepted job", subject.title(false), "ms", seconds_since(start) * 1e3);
}

}  // namespace steward::bench
