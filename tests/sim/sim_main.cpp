// tests/sim: the simulator's command line. One seed, one run; the same seed, the same run.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "tests/sim/world.hpp"

namespace {

using namespace steward;

struct Options {
    std::uint64_t seed = 1;
    std::uint64_t seeds = 1;
    std::uint64_t events = 5000;
    bool trace = false;
    bool trace_hash = false;
    bool verbose = false;
    bool twice = false;
    std::bitset<sim::kFaults> without;
};

// What the handler of SIGABRT tells: where in which run. Written by the main thread before anything
// can abort, read after it has.
struct Present {
    std::uint64_t seed = 0;
    std::uint64_t events = 0;
    const sim::World* world = nullptr;
    const sim::Trace* trace = nullptr;
    std::string faults;
};

Present present;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

extern "C" void tell_and_die(int) {
    if (present.trace != nullptr) {
        std::fprintf(stderr, "last lines of the trace:\n%s", present.trace->last_lines().c_str());
    }
    std::fprintf(
        stderr,
        "failed: sim --seed %llu --events %llu, step %llu\nfaults:%s\n",
        static_cast<unsigned long long>(present.seed),
        static_cast<unsigned long long>(present.events),
        static_cast<unsigned long long>(present.world != nullptr ? present.world->steps() : 0),
        present.faults.c_str());
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

void print_summary(std::uint64_t seed, const sim::Plan& plan, const sim::Tally& tally) {
    std::printf(
        "seed %llu: %llu steps, %llu calls, %llu ended, %llu jobs ended, %llu given out, "
        "%llu kills; lost %llu, late %llu, resends %llu, readopted %llu, recalled %llu;%s\n",
        static_cast<unsigned long long>(seed),
        static_cast<unsigned long long>(tally.steps),
        static_cast<unsigned long long>(tally.calls),
        static_cast<unsigned long long>(tally.calls_ended),
        static_cast<unsigned long long>(tally.jobs_ended),
        static_cast<unsigned long long>(tally.assigned),
        static_cast<unsigned long long>(tally.broker_starts),
        static_cast<unsigned long long>(tally.counters.lost),
        static_cast<unsigned long long>(tally.counters.late_results),
        static_cast<unsigned long long>(tally.counters.resends),
        static_cast<unsigned long long>(tally.counters.readopted),
        static_cast<unsigned long long>(tally.counters.recalled),
        faults_text(plan).c_str());
}

sim::Tally run_seed(const Options& options, std::uint64_t seed, std::uint64_t& hash) {
    sim::SeededChoices choices(seed);
    const sim::Plan plan = sim::draw_plan(choices, options.without);
    sim::Trace trace(options.trace);
    sim::World world(choices, plan, trace);
    present = {seed, options.events, &world, &trace, faults_text(plan)};
    world.run(options.events);
    present = {};
    hash = trace.hash();
    if (options.verbose) {
        print_summary(seed, plan, world.tally());
    }
    if (options.trace_hash) {
        std::printf("seed %llu trace %016llx\n",
                    static_cast<unsigned long long>(seed),
                    static_cast<unsigned long long>(hash));
    }
    return world.tally();
}

int usage(std::string_view wrong) {
    std::fprintf(stderr,
                 "sim: not understood: %s\n"
                 "usage: sim [--seed N] [--seeds COUNT] [--events N] [--trace] [--trace-hash]\n"
                 "           [--twice] [--verbose] [--without FAULT]...\nfaults:",
                 std::string(wrong).c_str());
    for (std::size_t i = 0; i < sim::kFaults; ++i) {
        std::fprintf(stderr, " %s", std::string(sim::name_of(static_cast<sim::Fault>(i))).c_str());
    }
    std::fprintf(stderr, "\n");
    return 2;
}

std::optional<Options> parse(int argc, char** argv, std::string_view& wrong) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        wrong = word;
        const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
        if (word == "--trace") {
            options.trace = true;
        } else if (word == "--trace-hash") {
            options.trace_hash = true;
        } else if (word == "--verbose") {
            options.verbose = true;
        } else if (word == "--twice") {
            options.twice = true;
        } else if (value == nullptr) {
            return std::nullopt;
        } else if (word == "--without") {
            const auto fault = sim::fault_named(value);
            if (!fault) {
                return std::nullopt;
            }
            options.without.set(static_cast<std::size_t>(*fault));
            ++i;
        } else if (word == "--seed" || word == "--seeds" || word == "--events") {
            std::uint64_t& number = word == "--seed"    ? options.seed
                                    : word == "--seeds" ? options.seeds
                                                        : options.events;
            number = std::strtoull(value, nullptr, 0);
            ++i;
        } else {
            return std::nullopt;
        }
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    std::string_view wrong;
    const auto options = parse(argc, argv, wrong);
    if (!options) {
        return usage(wrong);
    }
    std::signal(SIGABRT, tell_and_die);
    sim::Tally sum;
    for (std::uint64_t i = 0; i < options->seeds; ++i) {
        std::uint64_t hash = 0;
        std::uint64_t again = 0;
        const sim::Tally tally = run_seed(*options, options->seed + i, hash);
        if (options->twice) {
            run_seed(*options, options->seed + i, again);
            if (again != hash) {
                std::fprintf(stderr,
                             "seed %llu: two runs, two traces\n",
                             static_cast<unsigned long long>(options->seed + i));
                return 1;
            }
        }
        sum.steps += tally.steps;
        sum.calls += tally.calls;
        sum.jobs_ended += tally.jobs_ended;
    }
    std::printf("%llu seeds, %llu steps, %llu calls, %llu jobs ended: every promise held\n",
                static_cast<unsigned long long>(options->seeds),
                static_cast<unsigned long long>(sum.steps),
                static_cast<unsigned long long>(sum.calls),
                static_cast<unsigned long long>(sum.jobs_ended));
    return 0;
}
