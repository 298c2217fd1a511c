// bench: the ZeroMQ limit to compare with: a ROUTER–ROUTER forwarder that keeps nothing, one job a
// message, and its echoing worker. `steward-bench-bare forwarder` prints its two ports;
// `steward-bench-bare worker PORT` serves one of them.
#include <array>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <zmq.hpp>

namespace {

using Message = std::vector<zmq::message_t>;

bool receive(zmq::socket_t& socket, Message& message) {
    message.clear();
    do {
        zmq::message_t frame;
        if (!socket.recv(frame, zmq::recv_flags::dontwait)) {
            return false;
        }
        message.push_back(std::move(frame));
    } while (message.back().more());
    return true;
}

void send(zmq::socket_t& socket, Message& message) {
    for (std::size_t i = 0; i < message.size(); ++i) {
        const auto more = i + 1 < message.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
        if (!socket.send(message[i], more)) {
            return;
        }
    }
}

std::string port_of(zmq::socket_t& socket) {
    const std::string endpoint = socket.get(zmq::sockopt::last_endpoint);
    return endpoint.substr(endpoint.rfind(':') + 1);
}

// Worker messages: "R" announces; (client, payload) is an answer. Jobs go round the workers.
int forward() {
    zmq::context_t context;
    zmq::socket_t front(context, zmq::socket_type::router);
    zmq::socket_t back(context, zmq::socket_type::router);
    for (zmq::socket_t* socket : {&front, &back}) {
        socket->set(zmq::sockopt::sndhwm, 0);
        socket->set(zmq::sockopt::rcvhwm, 0);
        socket->set(zmq::sockopt::linger, 0);
        socket->bind("tcp://127.0.0.1:*");
    }
    std::printf("ready %s %s\n", port_of(front).c_str(), port_of(back).c_str());
    std::fflush(stdout);

    std::vector<std::string> workers;
    std::size_t turn = 0;
    Message message;
    std::array<zmq::pollitem_t, 2> items = {zmq::pollitem_t{front, 0, ZMQ_POLLIN, 0},
                                            zmq::pollitem_t{back, 0, ZMQ_POLLIN, 0}};
    for (;;) {
        zmq::poll(items, std::chrono::milliseconds{-1});
        bool any = true;
        while (any) {
            any = false;
            for (int i = 0; i < 256 && receive(back, message); ++i) {
                any = true;
                if (message.size() == 2) {
                    workers.push_back(message[0].to_string());
                } else if (message.size() == 3) {
                    message.erase(message.begin());
                    send(front, message);
                }
            }
            for (int i = 0; i < 256 && !workers.empty() && receive(front, message); ++i) {
                any = true;
                turn = (turn + 1) % workers.size();
                message.insert(message.begin(), zmq::message_t(workers[turn]));
                send(back, message);
            }
        }
    }
}

int work(const std::string& port) {
    zmq::context_t context;
    zmq::socket_t socket(context, zmq::socket_type::dealer);
    socket.set(zmq::sockopt::sndhwm, 0);
    socket.set(zmq::sockopt::rcvhwm, 0);
    socket.connect("tcp://127.0.0.1:" + port);
    socket.send(zmq::str_buffer("R"), zmq::send_flags::none);
    Message message;
    std::array<zmq::pollitem_t, 1> items = {zmq::pollitem_t{socket, 0, ZMQ_POLLIN, 0}};
    for (;;) {
        zmq::poll(items, std::chrono::milliseconds{-1});
        while (receive(socket, message)) {
            send(socket, message);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::strcmp(argv[1], "forwarder") == 0) {
        return forward();
    }
    if (argc == 3 && std::strcmp(argv[1], "worker") == 0) {
        return work(argv[2]);
    }
    std::fprintf(stderr, "usage: steward-bench-bare forwarder | worker PORT\n");
    return 2;
}
