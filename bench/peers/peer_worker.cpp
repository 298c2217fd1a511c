// bench: the workers of every peer: so many connections in one process, which finish each job at
// once. `steward-bench-peer-worker PEER PORT TALLY SLOT CONNECTIONS SERVICES`.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/peers/lines.hpp"
#include "bench/peers/peer.hpp"
#include "bench/tally.hpp"

int main(int argc, char** argv) {
    using namespace steward::bench;
    std::unique_ptr<Peer> chosen;
    for (auto& peer : peers()) {
        if (argc == 7 && peer->name() == argv[1]) {
            chosen = std::move(peer);
        }
    }
    if (!chosen) {
        std::fprintf(
            stderr, "usage: steward-bench-peer-worker PEER PORT TALLY SLOT CONNECTIONS SERVICES\n");
        return 2;
    }
    Tally tally(argv[3]);
    const std::size_t slot = std::strtoull(argv[4], nullptr, 10);
    const std::size_t connections = std::strtoull(argv[5], nullptr, 10);
    const Shape shape{.services = std::strtoull(argv[6], nullptr, 10)};
    Lines lines;
    for (std::size_t i = 0; i < connections; ++i) {
        lines.add(static_cast<std::uint16_t>(std::atoi(argv[2])), chosen->worker(shape));
    }
    lines.wait_until_open();
    std::printf("ready\n");
    std::fflush(stdout);
    std::uint64_t counted = 0;
    for (;;) {
        lines.step();
        const std::uint64_t done = lines.done();
        tally.add(slot, done - counted);
        counted = done;
    }
}
