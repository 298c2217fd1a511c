// tests/sim: reading the command line.
#include "tests/sim/sim_options.hpp"

#include <cstdio>
#include <string_view>

#include "common/base/whole_number.hpp"

namespace steward::sim {
namespace {

void tell_usage(std::string_view wrong) {
    std::fprintf(
        stderr,
        "sim: not understood: %s\n"
        "usage: sim [--seed N] [--seeds COUNT] [--events N] [--without FAULT]...\n"
        "           [--trace] [--trace-hash] [--twice] [--verbose] [--shrink]\n"
        "  --trace       every message and event as it happens\n"
        "  --trace-hash  a hash over all bytes that were sent\n"
        "  --twice       runs each seed twice and compares the hashes\n"
        "  --verbose     a line about each world\n"
        "  --shrink      looks for fewer faults and events with which the seed still fails\n"
        "faults:",
        std::string(wrong).c_str());
    for (std::size_t i = 0; i < kFaults; ++i) {
        std::fprintf(stderr, " %s", std::string(name_of(static_cast<Fault>(i))).c_str());
    }
    std::fprintf(stderr, "\n");
}

bool parse_flag(std::string_view word, Options& options) {
    bool* flag = word == "--trace"        ? &options.trace
                 : word == "--trace-hash" ? &options.trace_hash
                 : word == "--twice"      ? &options.twice
                 : word == "--verbose"    ? &options.verbose
                 : word == "--shrink"     ? &options.shrink
                                          : nullptr;
    if (flag != nullptr) {
        *flag = true;
    }
    return flag != nullptr;
}

bool parse_value(std::string_view word, std::string_view value, Options& options) {
    if (word == "--without") {
        const auto fault = fault_named(value);
        if (fault) {
            options.first.without.set(static_cast<std::size_t>(*fault));
        }
        return fault.has_value();
    }
    std::uint64_t* number = word == "--seed"     ? &options.first.seed
                            : word == "--seeds"  ? &options.seeds
                            : word == "--events" ? &options.first.events
                                                 : nullptr;
    const auto given = base::parse_whole<std::uint64_t>(value);
    if (number == nullptr || !given) {
        return false;
    }
    *number = *given;
    return true;
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        if (parse_flag(argv[i], options)) {
            continue;
        }
        if (i + 1 == argc || !parse_value(argv[i], argv[i + 1], options)) {
            tell_usage(argv[i]);
            return std::nullopt;
        }
        ++i;
    }
    return options;
}

std::string command_line(const RunSpec& spec) {
    std::string out =
        "sim --seed " + std::to_string(spec.seed) + " --events " + std::to_string(spec.events);
    for (std::size_t i = 0; i < kFaults; ++i) {
        if (spec.without.test(i)) {
            out.append(" --without ").append(name_of(static_cast<Fault>(i)));
        }
    }
    return out;
}

}  // namespace steward::sim
