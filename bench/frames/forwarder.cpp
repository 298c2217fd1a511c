// bench: the ZeroMQ limit to compare with: a ROUTER–ROUTER forwarder that keeps nothing, one job a
// message, its sockets drained before it polls. `steward-bench-forwarder [one]` prints its two
// ports; with `one` a worker has one job at a time, else jobs go round the workers.
#include <array>
#include <cstdio>
#include <deque>
#include <string>
#include <string_view>

#include <zmq.hpp>

#include "bench/frames/dialect.hpp"

namespace {

using namespace steward::bench;

std::string port_of(zmq::socket_t& socket) {
    const std::string endpoint = socket.get(zmq::sockopt::last_endpoint);
    return endpoint.substr(endpoint.rfind(':') + 1);
}

class Forwarder {
public:
    explicit Forwarder(bool one_at_a_time) : one_at_a_time_(one_at_a_time) {
        front_.bind("tcp://127.0.0.1:*");
        back_.bind("tcp://127.0.0.1:*");
        std::printf("ready %s %s\n", port_of(front_).c_str(), port_of(back_).c_str());
        std::fflush(stdout);
    }

    [[noreturn]] void run() {
        std::array<zmq::pollitem_t, 2> items = {
            zmq::pollitem_t{back_, 0, ZMQ_POLLIN, 0},
            zmq::pollitem_t{front_, 0, ZMQ_POLLIN, 0},
        };
        for (;;) {
            // Without a worker what clients say is left where it is.
            zmq::poll(items.data(), free_.empty() ? 1 : 2, std::chrono::milliseconds{-1});
            while (drain_back() | drain_front()) {
            }
        }
    }

private:
    static constexpr int kTurn = 256;

    bool drain_back() {
        int count = 0;
        for (; count < kTurn && receive(back_, message_); ++count) {
            if (message_.size() == 2) {
                free_.push_back(message_[0].to_string());
            } else if (message_.size() > 2) {
                if (one_at_a_time_) {
                    free_.push_back(message_[0].to_string());
                }
                message_.erase(message_.begin());
                send(front_, message_);
            }
        }
        return count > 0;
    }

    bool drain_front() {
        int count = 0;
        for (; count < kTurn && !free_.empty() && receive(front_, message_); ++count) {
            const std::string worker = free_.front();
            free_.pop_front();
            message_.insert(message_.begin(), zmq::message_t(worker));
            send(back_, message_);
            if (!one_at_a_time_) {
                free_.push_back(worker);
            }
        }
        return count > 0;
    }

    bool one_at_a_time_;
    zmq::context_t context_;
    zmq::socket_t front_ = socket_of(context_, zmq::socket_type::router);
    zmq::socket_t back_ = socket_of(context_, zmq::socket_type::router);
    std::deque<std::string> free_;  // workers that may have a job, the next first
    Frames message_;
};

}  // namespace

int main(int argc, char** argv) {
    const bool one = argc == 2 && std::string_view(argv[1]) == "one";
    if (argc > 2 || (argc == 2 && !one)) {
        std::fprintf(stderr, "usage: steward-bench-forwarder [one]\n");
        return 2;
    }
    Forwarder(one).run();
}
