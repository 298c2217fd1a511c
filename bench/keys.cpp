// bench: what keys cost: calls over ZeroMQ without and with CURVE, and over local streams beside
// them, a tenth of a round each in turns; with small params and with larger ones, many in flight
// and one at a time.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/figures.hpp"
#include "bench/leftovers.hpp"
#include "bench/running_broker.hpp"
#include "bench/series.hpp"
#include "client/client.hpp"

namespace {

using namespace steward;
using namespace steward::bench;
using Over = RunningSettings::Over;

constexpr std::size_t kInFlight = 64;
constexpr std::size_t kTurns =
    10;  // of each broker in a round: what the machine does hits all alike

struct Size {
    std::size_t bytes;
    const char* text;
};

constexpr std::array<Size, 2> kSizes = {{{100, "100 bytes"}, {16'384, "16 KiB"}}};

struct Subject {
    Over over;
    const char* name;
};

// The first is what the others are compared with.
constexpr std::array<Subject, 3> kSubjects = {{{Over::ZeroMq, "ZeroMQ"},
                                               {Over::ZeroMqWithKeys, "ZeroMQ with keys"},
                                               {Over::LocalStreams, "local streams"}}};

/// What one turn of one broker has shown, by title.
using Shown = std::vector<std::pair<std::string, double>>;

Shown take_turn(RunningBroker& broker, std::size_t calls) {
    Shown shown;
    const auto count = static_cast<double>(calls);
    for (const Size& size : kSizes) {
        const nlohmann::json params(std::string(size.bytes, 'p'));
        const double cpu = broker.cpu_seconds();
        const auto start = Clock::now();
        run_many(calls, kInFlight, [&](std::size_t, const auto& done) {
            broker.client().call_async(
                "noop", params, {}, [&done](const auto& answer) { done(went_well(answer)); });
        });
        shown.emplace_back(std::string("calls/s, 64 in flight, ") + size.text,
                           count / seconds_since(start));
        shown.emplace_back(std::string("broker's processor time a call, us, ") + size.text,
                           (broker.cpu_seconds() - cpu) * 1e6 / count);
    }
    std::vector<double> latencies;
    for (std::size_t i = 0; i < std::max<std::size_t>(calls / 20, 1); ++i) {
        const auto start = Clock::now();
        require(went_well(broker.client().call("noop", nlohmann::json("p"))));
        latencies.push_back(seconds_since(start) * 1e6);
    }
    shown.emplace_back("one call at a time, median, us", percentile(latencies, 0.5));
    return shown;
}

/// All brokers stand side by side and take turns, each time another first.
void play_round(std::size_t calls, Series& figures, Series& ratios) {
    std::vector<std::unique_ptr<RunningBroker>> brokers;
    for (const Subject& subject : kSubjects) {
        brokers.push_back(std::make_unique<RunningBroker>(RunningSettings{.over = subject.over}));
    }
    for (std::size_t turn = 0; turn < kTurns; ++turn) {
        std::array<Shown, kSubjects.size()> shown;
        for (std::size_t i = 0; i < kSubjects.size(); ++i) {
            const std::size_t next = (turn + i) % kSubjects.size();
            shown[next] = take_turn(*brokers[next], calls / kTurns);
        }
        for (std::size_t i = 0; i < kSubjects.size(); ++i) {
            for (std::size_t n = 0; n < shown[i].size(); ++n) {
                const auto& [title, value] = shown[i][n];
                figures.add(title, kSubjects[i].name, value);
                if (i > 0) {
                    ratios.add(std::string(kSubjects[i].name) + " to ZeroMQ in the same turn",
                               title,
                               value / shown.front()[n].second);
                }
            }
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    leftovers::remove_on_signals();
    const std::size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 5;
    const std::size_t calls = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 40'000;
    Series figures;
    Series ratios;
    for (std::size_t round = 0; round < rounds; ++round) {
        play_round(calls, figures, ratios);
        std::fprintf(stderr, "round %zu of %zu\n", round + 1, rounds);
    }
    figures.print();
    ratios.print(Series::Rows::Apart);
    return 0;
}
