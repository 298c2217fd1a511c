// bench: a very long queue of durable or volatile jobs: what it costs to add to it, what memory it
// takes, how soon a broker that was killed serves it again, and how fast it is worked off. The real
// broker on a real disk.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/figures.hpp"
#include "bench/running_broker.hpp"
#include "client/client.hpp"

namespace {

using namespace steward;
using namespace steward::bench;
using namespace std::chrono_literals;

constexpr std::size_t kWindow = 16'384;
const std::string kParams(100, 'p');

const std::string kConfig =
    "[lifecycle]\nenabled = false\n[limits]\njobs_max = 100000000\n"
    "jobs_per_service_max = 100000000\n[[service]]\nname = \"noop\"\n";

// A broker on `folder`, and a client of it.
class Broker {
public:
    explicit Broker(const std::filesystem::path& folder)
        : child_("steward-broker", broker_args(folder, kConfig)), line_(child_.line_with("ready")) {
        client::Options options;
        options.brokers = {"127.0.0.1:" + port_after(line_, "clients ")};
        client_ = std::make_unique<client::Client>(options);
    }

    void submit(std::size_t count, bool durable) {
        model::JobOptions options;
        options.durable = durable;
        run_many(count, kWindow, [&](std::size_t, const auto& done) {
            client_->submit_async(
                "noop", kParams, options, [&done](auto result) { done(went_well(result)); });
        });
    }

    [[nodiscard]] std::uint64_t count(const char* field) {
        return count_of(*client_, "noop", field);
    }

    [[nodiscard]] std::unique_ptr<Child> worker() const {
        return std::make_unique<Child>(
            "steward-bench-worker",
            std::vector<std::string>{
                "--backend-port", port_after(line_, "workers "), "--log-level", "error"});
    }

    [[nodiscard]] Child& process() { return child_; }

private:
    Child child_;
    std::string line_;
    std::unique_ptr<client::Client> client_;
};

double mebibytes(std::uint64_t bytes) {
    return static_cast<double>(bytes) / (1 << 20U);
}

std::uint64_t bytes_in(const std::filesystem::path& folder) {
    std::uint64_t sum = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        std::error_code gone;
        const auto size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
        sum += gone ? 0 : size;
    }
    return sum;
}

void work_off(Broker& broker, std::size_t jobs) {
    const auto begin = Clock::now();
    const std::uint64_t before = broker.count("succeeded");
    while (broker.count("succeeded") < before + jobs) {
        std::this_thread::sleep_for(20ms);
    }
    std::printf("worked off a second              %12.0f\n",
                static_cast<double>(broker.count("succeeded") - before) / seconds_since(begin));
    std::printf("resident memory                  %12.0f MiB\n",
                mebibytes(broker.process().resident_bytes()));
}

void measure(std::size_t jobs, bool durable, const std::filesystem::path& folder) {
    const std::size_t part = std::max<std::size_t>(jobs / 20, 1);
    auto broker = std::make_unique<Broker>(folder);
    const std::uint64_t empty = broker->process().resident_bytes();
    double first_rate = 0;
    double last_rate = 0;
    for (std::size_t done = 0; done < jobs; done += part) {
        const auto start = Clock::now();
        broker->submit(part, durable);
        last_rate = static_cast<double>(part) / seconds_since(start);
        first_rate = first_rate == 0 ? last_rate : first_rate;
    }
    const std::uint64_t full = broker->process().resident_bytes();
    const auto waiting = static_cast<double>(broker->count("ready"));
    std::printf(
        "waiting jobs                     %12.0f %s\n", waiting, durable ? "durable" : "volatile");
    std::printf(
        "submits acknowledged a second    %12.0f at the beginning, %.0f at the end (%.2f)\n",
        first_rate,
        last_rate,
        last_rate / first_rate);
    std::printf(
        "resident memory                  %12.0f MiB, %.0f bytes a job over the empty one\n",
        mebibytes(full),
        static_cast<double>(full - empty) / waiting);
    std::printf("on disk                          %12.0f MiB, %.0f bytes a job\n",
                mebibytes(bytes_in(folder)),
                static_cast<double>(bytes_in(folder)) / waiting);
    std::fflush(stdout);
    if (!durable) {
        const auto worker = broker->worker();
        work_off(*broker, 4 * part);
        return;
    }
    broker->process().kill_now();
    broker.reset();
    const auto start = Clock::now();
    broker = std::make_unique<Broker>(folder);
    const double ready = seconds_since(start);
    broker->submit(1, true);
    const double accepted = seconds_since(start);
    require(broker->count("ready") + broker->count("scheduled") ==
                static_cast<std::uint64_t>(waiting) + 1,
            "jobs are missing after the restart");
    auto worker = broker->worker();
    while (broker->count("succeeded") < 1000) {
        std::this_thread::sleep_for(5ms);
    }
    std::printf(
        "killed and started: ready        %12.2f s, a job accepted %.2f s, a thousand done %.2f "
        "s\n",
        ready,
        accepted,
        seconds_since(start));
    work_off(*broker, 4 * part);
}

}  // namespace

// Arguments: "volatile" for such jobs; how many, 1000000 without; a folder on the disk to measure.
int main(int argc, char** argv) {
    const bool durable = argc < 2 || std::string_view(argv[1]) != "volatile";
    const int first = durable ? 1 : 2;
    const std::size_t jobs = argc > first ? std::strtoull(argv[first], nullptr, 10) : 1'000'000;
    std::string folder = (argc > first + 1 ? std::filesystem::path(argv[first + 1])
                                           : std::filesystem::temp_directory_path()) /
                         "steward-depth-XXXXXX";
    require(jobs > 0 && mkdtemp(folder.data()) != nullptr,
            "usage: steward-bench-depth [volatile] [JOBS [FOLDER]]");
    measure(jobs, durable, folder);
    std::filesystem::remove_all(folder);
    return 0;
}
