// bench: durable jobs beside volatile ones and beside the bare disk, round by round in turns.
// Prints medians with their spread; machines and disks differ, the ratios count.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "bench/durable.hpp"

namespace {

using namespace steward::bench;

struct Part {
    std::string_view name;
    void (*measure)(const DurableWorkload& workload, Series& series);
};

constexpr Part kParts[] = {
    {"disk", &measure_bare_disk},
    {"submits", &measure_submits},
    {"done", &measure_done},
    {"checkpoints", &measure_beside_checkpoints},
};

}  // namespace

int main(int argc, char** argv) {
    const int rounds = argc > 1 ? std::atoi(argv[1]) : 3;
    const std::string_view only = argc > 2 ? argv[2] : "";
    const bool is_part = std::ranges::find(kParts, only, &Part::name) != std::end(kParts);
    if (argc > 4 || rounds < 1 || rounds > 100 || (!only.empty() && !is_part)) {
        std::fprintf(stderr,
                     "usage: steward-bench-durable [ROUNDS, 1 to 100; default 3 "
                     "[disk | submits | done | checkpoints [PAYLOAD_BYTES]]]\n");
        return 2;
    }
    DurableWorkload workload;
    if (argc > 3) {
        workload.payload_bytes =
            static_cast<std::size_t>(std::clamp(std::atoi(argv[3]), 1, 1 << 20));
    }
    Series series;
    for (int round = 0; round < rounds; ++round) {
        for (const Part& part : kParts) {
            if (only.empty() || only == part.name) {
                part.measure(workload, series);
            }
        }
        std::fprintf(stderr, "round %d of %d\n", round + 1, rounds);
    }
    std::printf("%zu-byte payload, %zu submits in flight, %zu one at a time, %d rounds\n",
                workload.payload_bytes,
                workload.submits,
                workload.submits_one_by_one,
                rounds);
    series.print();
    return 0;
}
