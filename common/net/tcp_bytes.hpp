// common/net: what the system counts of a connection over TCP.
#pragma once

#include <cstdint>
#include <optional>

namespace steward::net {

struct TcpBytes {
    std::uint64_t received = 0;   // bytes
    std::uint32_t segments = 0;   // in which they came; begins anew behind the largest number
    std::uint64_t delivered = 0;  // bytes that the other end's system has taken
};

/// Nothing: it is no TCP socket, or none at all by now.
[[nodiscard]] std::optional<TcpBytes> tcp_bytes(int fd);

}  // namespace steward::net
