// bench: workers that speak a dialect of raw frames: so many sockets in one process, which finish
// each job at once. `steward-bench-frames-worker DIALECT PORT TALLY SLOT CONNECTIONS`.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "bench/figures.hpp"
#include "bench/frames/dialect.hpp"
#include "bench/tally.hpp"

namespace {

using namespace steward::bench;
using namespace std::chrono_literals;

constexpr double kBeatSeconds = 1;

void beat(const FrameDialect& dialect, std::vector<zmq::socket_t>& sockets) {
    for (zmq::socket_t& socket : sockets) {
        Frames frames = dialect.heartbeat();
        send(socket, frames);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const auto dialect = argc == 6 ? frame_dialect(argv[1]) : nullptr;
    if (!dialect) {
        std::fprintf(stderr,
                     "usage: steward-bench-frames-worker DIALECT PORT TALLY SLOT CONNECTIONS\n");
        return 2;
    }
    Tally tally(argv[3]);
    const std::size_t slot = std::strtoull(argv[4], nullptr, 10);
    zmq::context_t context;
    std::vector<zmq::socket_t> sockets;
    std::vector<zmq::pollitem_t> items;
    for (std::size_t i = std::strtoull(argv[5], nullptr, 10); i > 0; --i) {
        sockets.push_back(socket_of(context, zmq::socket_type::dealer));
        sockets.back().connect(std::string("tcp://127.0.0.1:") + argv[2]);
        Frames ready = dialect->ready();
        send(sockets.back(), ready);
        items.push_back({sockets.back(), 0, ZMQ_POLLIN, 0});
    }
    Frames message;
    auto beaten = Clock::now();
    for (;;) {
        zmq::poll(items, 500ms);
        std::uint64_t finished = 0;
        for (std::size_t i = 0; i < items.size(); ++i) {
            while ((items[i].revents & ZMQ_POLLIN) != 0 && receive(sockets[i], message)) {
                if (dialect->finish(message)) {
                    send(sockets[i], message);
                    ++finished;
                }
            }
        }
        tally.add(slot, finished);
        if (seconds_since(beaten) > kBeatSeconds) {
            beat(*dialect, sockets);
            beaten = Clock::now();
        }
    }
}
