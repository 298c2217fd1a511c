// tests/sim: the search for a smaller failure. Greedy: one pass over the faults, then over the
// length.
#include "tests/sim/shrink.hpp"

#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace steward::sim {
namespace {

bool fails(const RunSpec& spec, const std::function<void(const RunSpec&)>& run) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        const bool quiet = std::freopen("/dev/null", "w", stdout) != nullptr &&
                           std::freopen("/dev/null", "w", stderr) != nullptr;
        if (quiet) {
            run(spec);
        }
        std::_Exit(0);
    }
    int status = 0;
    return child > 0 && ::waitpid(child, &status, 0) == child &&
           !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace

RunSpec shrink(RunSpec spec, const std::function<void(const RunSpec&)>& run) {
    if (!fails(spec, run)) {
        return spec;
    }
    SeededChoices choices(spec.seed);
    const Plan plan = draw_plan(choices, spec.without);
    for (std::size_t fault = 0; fault < kFaults; ++fault) {
        RunSpec smaller = spec;
        smaller.without.set(fault);
        if (plan.faults.test(fault) && fails(smaller, run)) {
            spec = smaller;
        }
    }
    for (std::uint64_t cut = spec.events / 2; cut > 0; cut /= 2) {
        RunSpec shorter = spec;
        shorter.events -= cut;
        if (fails(shorter, run)) {
            spec = shorter;
        }
    }
    return spec;
}

}  // namespace steward::sim
