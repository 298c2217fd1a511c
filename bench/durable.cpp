// bench: the parts of a round with durable jobs. Each starts a broker of its own in a new folder of
// the real disk, and counts the jobs that the broker has: a lost one ends the bench.
#include "bench/durable.hpp"

#include <atomic>
#include <chrono>
#include <fcntl.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "bench/figures.hpp"
#include "bench/running_broker.hpp"

namespace steward::bench {
namespace {

using namespace std::chrono_literals;

constexpr bool kBoth[] = {true, false};
constexpr double kPatienceSeconds = 60;

const char* kind(bool durable) {
    return durable ? "durable" : "volatile";
}

client::JobOptions options_of(bool durable) {
    client::JobOptions options;
    options.durable = durable;
    return options;
}

// Of a service that no worker has.
std::uint64_t waiting_jobs(RunningBroker& broker) {
    return broker.count_of("store", "ready") + broker.count_of("store", "scheduled");
}

void submit_many(RunningBroker& broker,
                 const char* service,
                 bool durable,
                 std::size_t count,
                 std::size_t in_flight,
                 const DurableWorkload& workload) {
    const client::Params payload = std::string(workload.payload_bytes, 'x');
    run_many(count, in_flight, [&](std::size_t index, auto done) {
        broker.client(index % broker.clients())
            .submit_async(
                service, payload, options_of(durable), [done](auto id) { done(went_well(id)); });
    });
}

// Microseconds of each, until `is_over`.
template <class IsOver>
std::vector<double> submit_one_by_one(client::Client& client,
                                      bool durable,
                                      const DurableWorkload& workload,
                                      IsOver is_over) {
    const client::Params payload = std::string(workload.payload_bytes, 'x');
    std::vector<double> times;
    while (!is_over(times.size())) {
        const auto begin = Clock::now();
        require(went_well(client.submit("store", payload, options_of(durable))));
        times.push_back(seconds_since(begin) * 1e6);
    }
    return times;
}

void add_percentiles(Series& series,
                     const std::string& what,
                     const std::string& name,
                     std::vector<double> times) {
    require(!times.empty(), "nothing was measured");
    series.add(what + ", p50 us", name, percentile(times, 0.5));
    series.add(what + ", p99 us", name, percentile(times, 0.99));
    series.add(what + ", p99.9 us", name, percentile(times, 0.999));
}

}  // namespace

void measure_bare_disk(const DurableWorkload& workload, Series& series) {
    const TemporaryFolder folder;
    for (const std::size_t group : {1UL, 64UL, 1'000UL, 4'000UL}) {
        const int file =
            ::open((folder.path / "loop").c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
        require(file >= 0, "the bare loop has no file");
        const std::string bytes(workload.payload_bytes * group, 'x');
        std::vector<double> times;
        const auto start = Clock::now();
        for (std::size_t i = 0; i < workload.groups; ++i) {
            const auto begin = Clock::now();
            require(
                ::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
                    ::fdatasync(file) == 0,
                "the bare loop cannot write");
            times.push_back(seconds_since(begin) * 1e6);
        }
        const double records = static_cast<double>(group * workload.groups);
        const std::string name = "append " + std::to_string(group) + " records, fdatasync";
        series.add("bare disk, records/s", name, records / seconds_since(start));
        series.add("bare disk, one group us (median)", name, percentile(times, 0.5));
        ::close(file);
    }
}

void measure_submits(const DurableWorkload& workload, Series& series) {
    for (const std::size_t clients : {1UL, 8UL, 64UL}) {
        for (const bool durable : kBoth) {
            RunningBroker broker({.workers = 0, .clients = clients});
            const double cpu = broker.cpu_seconds();
            const auto start = Clock::now();
            submit_many(broker, "store", durable, workload.submits, workload.in_flight, workload);
            const double took = seconds_since(start);
            const auto jobs = static_cast<double>(workload.submits);
            const std::string name = std::string(kind(durable)) + ", " + std::to_string(clients) +
                                     (clients == 1 ? " client" : " clients");
            series.add("submits acknowledged/s, many in flight", name, jobs / took);
            series.add(
                "the same, broker CPU us/submit", name, (broker.cpu_seconds() - cpu) * 1e6 / jobs);
            require(waiting_jobs(broker) == workload.submits, "a job was lost");
        }
    }
    for (const bool durable : kBoth) {
        RunningBroker broker({.workers = 0});
        add_percentiles(
            series,
            "submit, one at a time",
            kind(durable),
            submit_one_by_one(broker.client(), durable, workload, [&](std::size_t submitted) {
                return submitted == workload.submits_one_by_one;
            }));
        require(waiting_jobs(broker) == workload.submits_one_by_one, "a job was lost");
    }
}

void measure_done(const DurableWorkload& workload, Series& series) {
    for (const std::size_t in_flight : {256UL, 16'384UL}) {
        const std::string what = "submit to done, " + std::to_string(in_flight) + " in flight, ";
        for (const bool durable : kBoth) {
            // Without checkpoints, so that the log has all that was written.
            RunningBroker broker({.checkpoint_bytes_min = "64GiB"});
            const double cpu = broker.cpu_seconds();
            const auto start = Clock::now();
            submit_many(broker, "noop", durable, workload.submits, in_flight, workload);
            while (broker.count_of("noop", "succeeded") < workload.submits) {
                require(seconds_since(start) < kPatienceSeconds, "a job was lost");
                std::this_thread::sleep_for(1ms);
            }
            const auto jobs = static_cast<double>(workload.submits);
            series.add(what + "jobs/s", kind(durable), jobs / seconds_since(start));
            series.add(
                what + "CPU us/job", kind(durable), (broker.cpu_seconds() - cpu) * 1e6 / jobs);
            if (durable) {
                series.add("journal bytes/job",
                           std::to_string(in_flight) + " in flight",
                           static_cast<double>(broker.journal_bytes()) / jobs);
            }
            require(broker.count_of("noop", "succeeded") == workload.submits, "a job ran twice");
        }
    }
}

namespace {

void measure_one_beside(bool with_checkpoints, const DurableWorkload& workload, Series& series) {
    RunningBroker broker(
        {.checkpoint_bytes_min = with_checkpoints ? "64KiB" : "64GiB", .clients = 3});
    submit_many(broker, "store", true, workload.standing_jobs, workload.in_flight, workload);
    const std::uint64_t checkpoint = broker.last_checkpoint();

    const auto start = Clock::now();
    const auto is_over = [&](std::size_t /*submitted*/) {
        return seconds_since(start) >= workload.checkpoint_seconds;
    };
    std::size_t passing = 0;  // jobs that come and go: they write the log that checkpoints shorten
    std::vector<double> durable;
    std::vector<double> kept_in_memory;
    std::thread passing_jobs([&] {
        constexpr std::size_t kAtOnce = 1'000;
        const client::Params payload = std::string(workload.payload_bytes, 'x');
        while (!is_over(0)) {
            run_many(kAtOnce, kAtOnce, [&](std::size_t /*index*/, auto done) {
                client::JobOptions options = options_of(true);
                options.result_ttl = base::Duration::zero();
                broker.client(0).submit_async(
                    "noop", payload, options, [done](auto id) { done(went_well(id)); });
            });
            passing += kAtOnce;
        }
    });
    std::thread durable_submits(
        [&] { durable = submit_one_by_one(broker.client(1), true, workload, is_over); });
    kept_in_memory = submit_one_by_one(broker.client(2), false, workload, is_over);
    durable_submits.join();
    passing_jobs.join();
    while (broker.count_of("noop", "succeeded") < passing) {
        require(seconds_since(start) < kPatienceSeconds, "a job was lost");
        std::this_thread::sleep_for(1ms);
    }
    require(waiting_jobs(broker) == workload.standing_jobs + durable.size() + kept_in_memory.size(),
            "a job was lost");

    const std::uint64_t checkpoints = broker.last_checkpoint() - checkpoint;
    require(with_checkpoints == (checkpoints > 0), "the checkpoints are not as they should be");
    const char* beside = with_checkpoints ? "checkpoints" : "none";
    add_percentiles(series, "durable submit beside load", beside, durable);
    add_percentiles(series, "volatile submit beside load", beside, kept_in_memory);
    series.add("checkpoints/s", beside, static_cast<double>(checkpoints) / seconds_since(start));
    series.add("passing jobs/s beside them",
               beside,
               static_cast<double>(passing) / workload.checkpoint_seconds);
}

}  // namespace

void measure_beside_checkpoints(const DurableWorkload& workload, Series& series) {
    measure_one_beside(false, workload, series);
    measure_one_beside(true, workload, series);
}

}  // namespace steward::bench
