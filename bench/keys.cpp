// bench: what keys cost: calls over ZeroMQ without and with CURVE in the same round, and over local
// streams beside them; with small params and with larger ones, many in flight and one at a time.
#include <cstdio>
#include <cstdlib>
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

void measure(RunningBroker& broker, const std::string& name, std::size_t calls, Series& series) {
    for (const auto& [size, what] : {std::pair<std::size_t, std::string>{100, "100 bytes"},
                                     std::pair<std::size_t, std::string>{16'384, "16 KiB"}}) {
        const nlohmann::json params(std::string(size, 'p'));
        const double cpu = broker.cpu_seconds();
        const auto start = Clock::now();
        run_many(calls, kInFlight, [&](std::size_t, const auto& done) {
            broker.client().call_async(
                "noop", params, {}, [&done](const auto& answer) { done(went_well(answer)); });
        });
        const auto count = static_cast<double>(calls);
        series.add("calls/s, 64 in flight, " + what, name, count / seconds_since(start));
        series.add("broker's processor time a call, us, " + what,
                   name,
                   (broker.cpu_seconds() - cpu) * 1e6 / count);
    }
    std::vector<double> latencies;
    for (std::size_t i = 0; i < calls / 20; ++i) {
        const auto start = Clock::now();
        require(went_well(broker.client().call("noop", nlohmann::json("p"))));
        latencies.push_back(seconds_since(start) * 1e6);
    }
    series.add("one call at a time, median, us", name, percentile(latencies, 0.5));
}

}  // namespace

int main(int argc, char** argv) {
    leftovers::remove_on_signals();
    const std::size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 5;
    const std::size_t calls = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 40'000;
    Series series;
    for (std::size_t round = 0; round < rounds; ++round) {
        for (const auto& [over, name] :
             {std::pair<Over, std::string>{Over::ZeroMq, "ZeroMQ"},
              std::pair<Over, std::string>{Over::ZeroMqWithKeys, "ZeroMQ with keys"},
              std::pair<Over, std::string>{Over::LocalStreams, "local streams"}}) {
            RunningBroker broker({.over = over});
            measure(broker, name, calls, series);
        }
        std::fprintf(stderr, "round %zu of %zu\n", round + 1, rounds);
    }
    series.print();
    return 0;
}
