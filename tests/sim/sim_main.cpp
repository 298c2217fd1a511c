// tests/sim: the simulator's program. One seed, one run; the same seed, the same run.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/sim/sim_options.hpp"
#include "tests/sim/world.hpp"

namespace {

using namespace steward;

// What the handler of SIGABRT tells: where in which run. Written by the main thread before anything
// can abort, read after it has.
struct Present {
    sim::RunSpec spec;
    const sim::World* world = nullptr;
    const sim::Trace* trace = nullptr;
    std::string faults;
};

Present present;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

extern "C" void tell_and_die(int) {
    if (present.world != nullptr && present.trace != nullptr) {
        std::fprintf(stderr,
                     "last lines of the trace:\n%sfailed: %s, at step %s\nfaults:%s\n",
                     present.trace->last_lines().c_str(),
                     sim::command_line(present.spec).c_str(),
                     std::to_string(present.world->steps()).c_str(),
                     present.faults.c_str());
    }
    std::signal(SIGABRT, SIG_DFL);
    std::abort();
}

std::string faults_text(const sim::Plan& plan) {
    std::string out;
    for (std::size_t i = 0; i < sim::kFaults; ++i) {
        if (plan.faults.test(i)) {
            out.append(" ").append(sim::name_of(static_cast<sim::Fault>(i)));
        }
    }
    return out.empty() ? " none" : out;
}

struct Ran {
    sim::Tally tally;
    std::uint64_t hash = 0;
    std::string faults;
};

Ran run_world(const sim::RunSpec& spec, bool print_trace) {
    sim::SeededChoices choices(spec.seed);
    const sim::Plan plan = sim::draw_plan(choices, spec.without);
    sim::Trace trace(print_trace);
    sim::World world(choices, plan, trace);
    present = {spec, &world, &trace, faults_text(plan)};
    world.run(spec.events);
    present = {};
    return {world.tally(), trace.hash(), faults_text(plan)};
}

bool run_seeds(const sim::Options& options) {
    sim::Tally sum;
    sim::RunSpec spec = options.first;
    for (std::uint64_t i = 0; i < options.seeds; ++i, ++spec.seed) {
        const Ran ran = run_world(spec, options.trace);
        const std::string seed = std::to_string(spec.seed);
        if (options.twice && run_world(spec, false).hash != ran.hash) {
            std::fprintf(stderr, "seed %s: two runs, two histories\n", seed.c_str());
            return false;
        }
        if (options.verbose) {
            std::printf(
                "seed %s: %s;%s\n", seed.c_str(), ran.tally.text().c_str(), ran.faults.c_str());
        }
        if (options.trace_hash) {
            std::printf(
                "seed %s trace %016llx\n", seed.c_str(), static_cast<unsigned long long>(ran.hash));
        }
        sum.add(ran.tally);
    }
    std::printf("%s worlds: %s\n", std::to_string(options.seeds).c_str(), sum.text().c_str());
    if (const std::string unseen = sum.unseen(); options.seeds >= 100 && !unseen.empty()) {
        std::fprintf(stderr, "the simulator is asleep: no world had %s\n", unseen.c_str());
        return false;
    }
    std::printf("every promise held\n");
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = sim::parse_options(argc, argv);
    if (!options) {
        return 2;
    }
    if (options->shrink) {
        const sim::RunSpec smallest = sim::shrink(
            options->first, [](const sim::RunSpec& spec) { (void)run_world(spec, false); });
        std::printf("%s\n", sim::command_line(smallest).c_str());
        return 0;
    }
    std::signal(SIGABRT, tell_and_die);
    return run_seeds(*options) ? 0 : 1;
}
