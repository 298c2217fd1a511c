// bench: the table.

#include <algorithm>
#include <cstdio>

#include "bench/workload.hpp"

namespace steward::bench {
namespace {

struct Column {
    const char* title;
    double Figures::*value;
};

constexpr Column kColumns[] = {
    {"background jobs/s", &Figures::jobs_per_second},
    {"server CPU us/job", &Figures::server_cpu_us_per_job},
    {"call p50 us", &Figures::call_p50_us},
    {"call p99 us", &Figures::call_p99_us},
    {"calls/s, 64 in flight", &Figures::calls_per_second},
};

std::vector<double> values_of(const std::vector<Figures>& rounds, double Figures::*value) {
    std::vector<double> values;
    for (const Figures& figures : rounds) {
        values.push_back(figures.*value);
    }
    return values;
}

}  // namespace

double percentile(std::vector<double>& values, double share) {
    std::ranges::sort(values);
    const auto last = static_cast<double>(values.size() - 1);
    return values[static_cast<std::size_t>(last * share)];
}

void print_table(const std::vector<std::string>& names,
                 const std::vector<std::vector<Figures>>& rounds) {
    for (const Column& column : kColumns) {
        std::printf(
            "\n%-28s %12s %25s %10s\n", column.title, "median", "lowest .. highest", "ratio");
        double first = 0;
        for (std::size_t i = 0; i < names.size(); ++i) {
            std::vector<double> values = values_of(rounds[i], column.value);
            const double median = percentile(values, 0.5);
            first = i == 0 ? median : first;
            std::printf("  %-26s %12.1f %12.1f .. %9.1f %9.2f\n",
                        names[i].c_str(),
                        median,
                        values.front(),
                        values.back(),
                        first > 0 ? median / first : 0);
        }
    }
}

}  // namespace steward::bench
