// bench: the real broker with two real worker processes, driven through the client library.
#include <chrono>
#include <thread>
#include <vector>

#include "bench/running_broker.hpp"
#include "bench/subjects.hpp"

namespace steward::bench {
namespace {

using namespace std::chrono_literals;

class Broker : public Subject {
public:
    explicit Broker(const BrokerSettings& settings)
        : settings_(settings), broker_({.lifecycle = settings.lifecycle}) {}

    Figures measure(const Workload& workload) override {
        const client::Params payload = std::string(workload.payload_bytes, 'x');
        Figures figures;
        const std::uint64_t before = broker_.count_of("noop", "succeeded");
        const double cpu = broker_.cpu_seconds();
        const auto start = Clock::now();
        submit(workload.background_jobs, payload);
        while (broker_.count_of("noop", "succeeded") < before + workload.background_jobs) {
            std::this_thread::sleep_for(1ms);
        }
        const auto jobs = static_cast<double>(workload.background_jobs);
        figures.jobs_per_second = jobs / seconds_since(start);
        figures.server_cpu_us_per_job = (broker_.cpu_seconds() - cpu) * 1e6 / jobs;

        std::vector<double> times;
        for (std::size_t i = 0; i < workload.calls_one_by_one; ++i) {
            const auto begin = Clock::now();
            require(broker_.client().call("noop", payload).has_value());
            times.push_back(seconds_since(begin) * 1e6);
        }
        figures.call_p50_us = percentile(times, 0.5);
        figures.call_p99_us = percentile(times, 0.99);

        const auto flight = Clock::now();
        call(workload.calls_in_flight, workload.in_flight, payload);
        figures.calls_per_second =
            static_cast<double>(workload.calls_in_flight) / seconds_since(flight);
        return figures;
    }

private:
    void submit(std::size_t count, const client::Params& payload) {
        model::JobOptions options;
        options.durable = settings_.durable;
        run_many(count, 16'384, [&](std::size_t /*index*/, auto done) {
            broker_.client().submit_async(
                "noop", payload, options, [done](auto result) { done(went_well(result)); });
        });
    }

    void call(std::size_t count, std::size_t window, const client::Params& payload) {
        run_many(count, window, [&](std::size_t /*index*/, auto done) {
            broker_.client().call_async(
                "noop", payload, {}, [done](auto result) { done(went_well(result)); });
        });
    }

    BrokerSettings settings_;
    RunningBroker broker_;
};

}  // namespace

std::unique_ptr<Subject> steward_broker(const BrokerSettings& settings) {
    return std::make_unique<Broker>(settings);
}

}  // namespace steward::bench
