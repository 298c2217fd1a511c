// tests/e2e: one connection of ZeroMQ's protocol (ZMTP 3.0, no keys), frame by frame, for what no
// library would send.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tests/e2e/harness/tcp_peer.hpp"

namespace steward::e2e {

class ZmtpPeer {
public:
    enum class More : bool { No, Yes };

    /// Connects to "tcp://127.0.0.1:PORT" and shakes hands as a socket of this type.
    explicit ZmtpPeer(const std::string& endpoint, std::string_view type = "DEALER");
    /// Waits until the system has taken the frame; false when the other end has closed.
    [[nodiscard]] bool send(std::string_view frame, More more);
    /// Frames of `size` bytes that are not the last, until all have `bytes`, or the end.
    [[nodiscard]] bool begin(std::size_t bytes, std::size_t size = 64UL << 10U);
    /// The same whole frame again and again, in one piece.
    [[nodiscard]] bool repeat(std::string_view frame, std::size_t times, More more);
    /// The header of a frame of so many bytes, and then only `frame` of it.
    [[nodiscard]] bool announce(std::size_t bytes, std::string_view frame);
    /// Each send() is a packet of its own.
    void send_at_once();
    /// Whether the other end has closed; waits for it.
    [[nodiscard]] bool is_closed() const;

private:
    TcpPeer connection_;
};

}  // namespace steward::e2e
