#include "tests/e2e/harness/native_peer.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <doctest/doctest.h>

namespace steward::e2e {
namespace {

using namespace std::chrono_literals;
using namespace native;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int kHeartbeatMicroseconds = 60'000'000;  // longer than a case lasts
constexpr int kSmallBuffer = 4096;

}  // namespace

json binary(std::string_view bytes) {
    return json::binary({bytes.begin(), bytes.end()});
}

std::string batch_of(const std::vector<json>& commands) {
    std::string frame = "STW\x01";
    for (const json& command : commands) {
        const std::vector<std::uint8_t> bytes = json::to_msgpack(command);
        frame.append(bytes.begin(), bytes.end());
    }
    return frame;
}

void shut_ears(zmq::socket_t& socket) {
    socket.set(zmq::sockopt::rcvhwm, 1);
    socket.set(zmq::sockopt::rcvbuf, kSmallBuffer);
}

NativePeer::NativePeer(const std::string& endpoint, Ears ears)
    : socket_(context_, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::sndhwm, 0);
    if (ears == Ears::Open) {
        socket_.set(zmq::sockopt::rcvhwm, 0);
    } else {
        shut_ears(socket_);
    }
    socket_.set(zmq::sockopt::sndtimeo, 30'000);
    socket_.connect(endpoint);
}

void NativePeer::send(const std::vector<json>& commands) {
    REQUIRE(socket_.send(zmq::buffer(batch_of(commands)), zmq::send_flags::none).has_value());
}

void NativePeer::hello() {
    send({json::array({kClientHello, 1, "raw", kHeartbeatMicroseconds})});
}

void NativePeer::ready(const std::vector<std::string>& services) {
    send({json::array({kWorkerReady,
                       1,
                       "raw",
                       kHeartbeatMicroseconds,
                       1,
                       1,
                       services,
                       json::array(),
                       json::array()})});
}

void NativePeer::submit(std::uint64_t number, const std::string& service, bool sync) {
    send({json::array({kSession, 4711, 1}), submission(number, service, sync)});
}

json NativePeer::submission(std::uint64_t number,
                            const std::string& service,
                            bool sync,
                            std::string_view params) {
    return json::array({kSubmit, number, false, sync, service, kOpaque, binary(params), nullptr});
}

json NativePeer::finish(const json& job, std::uint64_t attempt, std::string_view result) {
    return json::array({kFinish, job, attempt, 0, "", kOpaque, binary(result), 0});
}

json NativePeer::next(int type, std::chrono::milliseconds patience) {
    const Clock::time_point end = Clock::now() + patience;
    while (true) {
        while (!heard_.empty()) {
            json command = std::move(heard_.front());
            heard_.erase(heard_.begin());
            passed_.insert(command.at(0).get<int>());
            if (command.at(0) == type) {
                return command;
            }
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        if (!listen(std::max(left, 0ms))) {
            return nullptr;
        }
    }
}

bool NativePeer::listen(std::chrono::milliseconds patience) {
    zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
    if (zmq::poll(&item, 1, patience) == 0) {
        return false;
    }
    zmq::message_t frame;
    REQUIRE(socket_.recv(frame, zmq::recv_flags::dontwait).has_value());
    std::istringstream commands(frame.to_string().substr(4));
    while (frame.more()) {
        REQUIRE(socket_.recv(frame, zmq::recv_flags::dontwait).has_value());
    }
    while (commands.peek() != std::istringstream::traits_type::eof()) {
        heard_.push_back(json::from_msgpack(commands, false));
    }
    return true;
}

json figures(const Broker& broker) {
    NativePeer asker(broker.endpoints().frontend);
    asker.hello();
    asker.send({json::array({kQuery, 1, "broker", "", nullptr})});
    const json report = asker.next(kReport);
    REQUIRE(report.is_array());
    const json& payload = report.at(2);
    if (payload.is_string()) {
        return json::parse(payload.get<std::string>());
    }
    const auto& bytes = payload.get_binary();
    return json::parse(bytes.begin(), bytes.end());
}

std::size_t resident_mib(Broker& broker) {
    std::ifstream statm("/proc/" + std::to_string(broker.process().pid()) + "/statm");
    std::size_t size = 0;
    std::size_t resident = 0;
    REQUIRE((statm >> size >> resident));
    return (resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) >> 20U;
}

}  // namespace steward::e2e
