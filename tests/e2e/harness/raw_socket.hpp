// tests/e2e: a ZeroMQ socket as a stranger would hold it: frames of plain bytes, nothing of ours.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "tests/e2e/harness/process.hpp"

namespace steward::e2e {

using RawFrames = std::vector<std::string>;

/// For messages of assertions: frames in brackets, other bytes as \xNN.
[[nodiscard]] std::string shown(const RawFrames& frames);

/// What a socket shows of itself and wants to see of the broker: Z85. Empty: nothing.
struct RawKeys {
    std::string secret_key;
    std::string public_key;
    std::string server_key;
};

class RawSocket {
public:
    /// `routing_id` empty: ZeroMQ's own.
    RawSocket(zmq::socket_type type,
              const std::string& endpoint,
              const std::string& routing_id = {},
              const RawKeys& keys = {});

    void send(const RawFrames& frames);
    /// The next message; nothing when none comes within `patience`.
    [[nodiscard]] std::optional<RawFrames> receive(std::chrono::milliseconds patience = kPatience);
    void subscribe(const std::string& prefix);

private:
    zmq::context_t context_;
    zmq::socket_t socket_;
};

}  // namespace steward::e2e
