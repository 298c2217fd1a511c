// bench: what is measured, the same for every server.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace steward::bench {

struct Workload {
    std::size_t background_jobs = 200'000;
    std::size_t calls_one_by_one = 3'000;
    std::size_t calls_in_flight = 30'000;
    std::size_t in_flight = 64;
    std::size_t payload_bytes = 100;
};

/// One round with one server.
struct Figures {
    double jobs_per_second = 0;        // background: first submit to last finish
    double server_cpu_us_per_job = 0;  // of the same
    double call_p50_us = 0;
    double call_p99_us = 0;
    double calls_per_second = 0;  // `in_flight` at a time
};

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A server with two workers, started by the constructor, ended by the destructor.
class Subject {
public:
    Subject() = default;
    virtual ~Subject() = default;
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;

    virtual Figures measure(const Workload& workload) = 0;
};

/// The value below which `share` of the sorted values lie.
double percentile(std::vector<double>& values, double share);

/// One row a subject: the median of the rounds and their spread, and the ratio to the first row.
void print_table(const std::vector<std::string>& names,
                 const std::vector<std::vector<Figures>>& rounds);

}  // namespace steward::bench
