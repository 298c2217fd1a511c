// bench: Steward beside a bare ROUTER–ROUTER forwarder, the same work in the same run, round by
// round in turns. Prints medians with their spread; machines differ, the ratios count.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/subjects.hpp"

int main(int argc, char** argv) {
    using namespace steward::bench;
    const int rounds_wanted = argc > 1 ? std::atoi(argv[1]) : 5;
    if (argc > 2 || rounds_wanted < 1 || rounds_wanted > 100) {
        std::fprintf(stderr, "usage: steward-bench [ROUNDS, 1 to 100; default 5]\n");
        return 2;
    }
    const Workload workload;
    const std::vector<std::string> names = {
        "bare forwarder", "steward", "steward, lifecycle log", "steward, durable path"};
    std::vector<std::unique_ptr<Subject>> subjects;
    subjects.push_back(bare_forwarder());
    subjects.push_back(steward_broker({.lifecycle = false, .durable = false}));
    subjects.push_back(steward_broker({.lifecycle = true, .durable = false}));
    subjects.push_back(steward_broker({.lifecycle = false, .durable = true}));
    std::vector<std::vector<Figures>> rounds(subjects.size());
    for (int round = 0; round < rounds_wanted; ++round) {
        for (std::size_t i = 0; i < subjects.size(); ++i) {
            rounds[i].push_back(subjects[i]->measure(workload));
        }
        std::fprintf(stderr, "round %d of %d\n", round + 1, rounds_wanted);
    }
    std::printf(
        "%zu background jobs, %zu calls one by one, %zu calls %zu in flight, %zu-byte "
        "payload, 2 worker processes, %d rounds\n",
        workload.background_jobs,
        workload.calls_one_by_one,
        workload.calls_in_flight,
        workload.in_flight,
        workload.payload_bytes,
        rounds_wanted);
    print_table(names, rounds);
    return 0;
}
