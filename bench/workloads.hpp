// bench: what is measured, the same for every subject.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/subject.hpp"
#include "bench/tables.hpp"

namespace steward::bench {

struct Extent {
    double seconds = 1;                    // that one measurement is to last, about
    std::size_t jobs_waiting = 1'000'000;  // of a long queue
    std::size_t many_workers = 1'000;
    std::size_t many_services = 10'000;
    std::size_t many_clients = 1'000;
};

/// One subject in one round, with its figures' destination.
struct Run {
    const Subject& subject;
    Started& started;
    const Shape& shape;
    const Extent& extent;
    Tables& tables;
    std::map<std::string, std::size_t>& jobs_of;  // how many fill the time, by what and whom
    std::uint64_t given = 0;                      // jobs that the workers are to finish in all
};

struct Workload {
    std::string name;   // of --workload
    std::string title;  // of its table
    Shape shape;        // those of equal shape share a server
    bool (*suits)(const Subject& subject) = nullptr;
    void (*measure)(const Workload& workload, Run& run) = nullptr;
    std::size_t payload_bytes = 100;
    bool is_for_old_dialects = false;
    double lengths = 1;  // it lasts as many times Extent::seconds, with as much before to warm up
};

/// In the order of their tables.
[[nodiscard]] std::vector<Workload> workloads(const Extent& extent);

/// How soon a subject that was just started accepts a job: in a table of its own.
void measure_start(const Subject& subject, Tables& tables);

}  // namespace steward::bench
