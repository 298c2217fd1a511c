// bench: the real broker with two real worker processes, driven through the client library.
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/child.hpp"
#include "bench/subjects.hpp"
#include "client/client.hpp"

namespace steward::bench {
namespace {

using namespace std::chrono_literals;

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "steward-bench-XXXXXX");
        if (mkdtemp(pattern.data()) == nullptr) {
            std::perror("steward-bench: no temporary folder");
            std::exit(1);
        }
        path = pattern;
    }

    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    std::filesystem::path path;
};

std::string port_after(const std::string& line, const std::string& key) {
    const std::size_t at = line.find(key);
    const std::size_t colon = line.find(':', line.find("//", at));
    return line.substr(colon + 1, line.find(' ', colon) - colon - 1);
}

class Broker : public Subject {
public:
    explicit Broker(const BrokerSettings& settings)
        : settings_(settings), broker_("steward-broker", broker_args()) {
        const std::string line = broker_.line_with("ready");
        const std::string backend = port_after(line, "workers ");
        for (auto& worker : workers_) {
            worker = std::make_unique<Child>("steward-bench-worker",
                                             std::vector<std::string>{"--backend-port", backend});
        }
        client::Options options;
        options.brokers = {"127.0.0.1:" + port_after(line, "clients ")};
        client_ = std::make_unique<client::Client>(options);
        while (worker_count() < workers_.size()) {
            std::this_thread::sleep_for(5ms);
        }
    }

    Figures measure(const Workload& workload) override {
        const client::Params payload = std::string(workload.payload_bytes, 'x');
        Figures figures;
        const std::uint64_t before = succeeded();
        const double cpu = broker_.cpu_seconds();
        const auto start = Clock::now();
        submit(workload.background_jobs, payload);
        while (succeeded() < before + workload.background_jobs) {
            std::this_thread::sleep_for(1ms);
        }
        const auto jobs = static_cast<double>(workload.background_jobs);
        figures.jobs_per_second = jobs / seconds_since(start);
        figures.server_cpu_us_per_job = (broker_.cpu_seconds() - cpu) * 1e6 / jobs;

        std::vector<double> times;
        for (std::size_t i = 0; i < workload.calls_one_by_one; ++i) {
            const auto begin = Clock::now();
            require(client_->call("noop", payload).has_value());
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
    std::vector<std::string> broker_args() {
        const auto config = folder_.path / "bench.toml";
        std::ofstream(config) << "[lifecycle]\nenabled = "
                              << (settings_.lifecycle ? "true" : "false") << "\n";
        return {"--config",
                config.string(),
                "--client-port",
                "0",
                "--worker-port",
                "0",
                "--news-port",
                "0",
                "--data-dir",
                folder_.path.string(),
                "--log-level",
                "error"};
    }

    static void require(bool ok) {
        if (!ok) {
            std::fprintf(stderr, "steward-bench: a job was refused or failed\n");
            std::exit(1);
        }
    }

    std::size_t worker_count() {
        const auto workers = client_->query("workers");
        return workers ? workers->size() : 0;
    }

    std::uint64_t succeeded() {
        const auto services = client_->query("services", "noop");
        require(services.has_value());
        return services->empty() ? 0 : services->front().at("succeeded").get<std::uint64_t>();
    }

    void submit(std::size_t count, const client::Params& payload) {
        model::JobOptions options;
        options.durable = settings_.durable;
        run_many(count, 16'384, [&](auto done) {
            client_->submit_async(
                "noop", payload, options, [done](auto result) { done(result.has_value()); });
        });
    }

    void call(std::size_t count, std::size_t window, const client::Params& payload) {
        run_many(count, window, [&](auto done) {
            client_->call_async(
                "noop", payload, {}, [done](auto result) { done(result.has_value()); });
        });
    }

    // Starts `count` requests, at most `window` of them open, and waits for all.
    template <class Start>
    void run_many(std::size_t count, std::size_t window, Start start) {
        std::mutex mutex;
        std::condition_variable changed;
        std::size_t open = 0;
        bool all_well = true;
        const auto done = [&](bool ok) {
            const std::lock_guard lock(mutex);
            all_well = all_well && ok;
            if (--open == window - 1 || open == 0) {
                changed.notify_one();
            }
        };
        for (std::size_t i = 0; i < count; ++i) {
            {
                std::unique_lock lock(mutex);
                changed.wait(lock, [&] { return open < window; });
                ++open;
            }
            start(done);
        }
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return open == 0; });
        require(all_well);
    }

    BrokerSettings settings_;
    TemporaryFolder folder_;
    Child broker_;
    std::array<std::unique_ptr<Child>, 2> workers_;
    std::unique_ptr<client::Client> client_;
};

}  // namespace

std::unique_ptr<Subject> steward_broker(const BrokerSettings& settings) {
    return std::make_unique<Broker>(settings);
}

}  // namespace steward::bench
