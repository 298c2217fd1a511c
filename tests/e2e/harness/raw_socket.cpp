// tests/e2e: see raw_socket.hpp.
#include "tests/e2e/harness/raw_socket.hpp"

#include <array>

#include <doctest/doctest.h>

namespace steward::e2e {

std::string shown(const RawFrames& frames) {
    static constexpr std::array<char, 16> kDigits = {
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    std::string text;
    for (const std::string& frame : frames) {
        text += '[';
        for (const char c : frame.substr(0, 200)) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte >= 0x20 && byte < 0x7F) {
                text += c;
            } else {
                text += "\\x";
                text += kDigits.at(byte >> 4U);
                text += kDigits.at(byte & 0xFU);
            }
        }
        text += frame.size() > 200 ? "…]" : "]";
    }
    return text;
}

RawSocket::RawSocket(zmq::socket_type type,
                     const std::string& endpoint,
                     const std::string& routing_id,
                     const RawKeys& keys)
    : socket_(context_, type) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::sndhwm, 0);
    socket_.set(zmq::sockopt::rcvhwm, 0);
    socket_.set(zmq::sockopt::reconnect_ivl, 50);
    socket_.set(zmq::sockopt::sndtimeo, static_cast<int>(kPatience.count() * 1000));
    if (!routing_id.empty()) {
        socket_.set(zmq::sockopt::routing_id, routing_id);
    }
    if (!keys.server_key.empty()) {
        socket_.set(zmq::sockopt::curve_secretkey, keys.secret_key);
        socket_.set(zmq::sockopt::curve_publickey, keys.public_key);
        socket_.set(zmq::sockopt::curve_serverkey, keys.server_key);
    }
    socket_.connect(endpoint);
}

void RawSocket::send(const RawFrames& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const auto flags = i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none;
        REQUIRE(socket_.send(zmq::buffer(frames[i]), flags).has_value());
    }
}

std::optional<RawFrames> RawSocket::receive(std::chrono::milliseconds patience) {
    zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
    if (zmq::poll(&item, 1, patience) == 0) {
        return std::nullopt;
    }
    RawFrames frames;
    zmq::message_t frame;
    do {
        REQUIRE(socket_.recv(frame, zmq::recv_flags::dontwait).has_value());
        frames.push_back(frame.to_string());
    } while (frame.more());
    return frames;
}

void RawSocket::subscribe(const std::string& prefix) {
    socket_.set(zmq::sockopt::subscribe, prefix);
}

}  // namespace steward::e2e
