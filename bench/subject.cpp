#include "bench/subject.hpp"

#include <cstdio>
#include <cstdlib>
#include <sys/resource.h>
#include <thread>

#include "bench/figures.hpp"
#include "bench/leftovers.hpp"

namespace steward::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kPatienceSeconds = 30;

double own_cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void give_up(const std::string& why) {
    std::fprintf(stderr, "steward-bench: %s\n", why.c_str());
    std::exit(1);
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "steward-bench-XXXXXX");
    require(mkdtemp(pattern.data()) != nullptr, "no temporary folder can be made");
    path = pattern;
    leftovers::add_folder(path);
}

TemporaryFolder::~TemporaryFolder() {
    leftovers::remove_folder(path);
}

double Started::ends_cpu_seconds() const {
    double seconds = own_cpu_seconds();
    for (const auto& worker : workers_) {
        seconds += worker->cpu_seconds();
    }
    return seconds;
}

void Started::wait_until_finished(std::uint64_t jobs) const {
    std::uint64_t last = finished();
    auto moved = Clock::now();
    while (last < jobs) {
        std::this_thread::sleep_for(200us);
        const std::uint64_t now = finished();
        if (now != last) {
            last = now;
            moved = Clock::now();
        }
        require(seconds_since(moved) < kPatienceSeconds,
                std::to_string(jobs - last) + " of " + std::to_string(jobs) + " jobs were lost");
    }
    require(last == jobs, std::to_string(last - jobs) + " jobs were done twice");
}

}  // namespace steward::bench
