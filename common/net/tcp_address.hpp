// common/net: TCP sockets by ZeroMQ's endpoint texts, for who serves them without ZeroMQ.
#pragma once

#include <string>

#include "common/base/expected.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::net {

struct TcpListening {
    posix::UniqueFd fd;    // does not block; what it accepts has its options
    std::string endpoint;  // really bound: with the port that "*" was given
};

/// Listens on "tcp://HOST:PORT": an address, an interface of this machine, "localhost" or "*".
/// `backlog`: connections that the system queues. Errors: Io, naming the endpoint.
[[nodiscard]] base::Expected<TcpListening> listen_over_tcp(const std::string& endpoint,
                                                           int backlog);

/// "ADDRESS port PORT" of a connection's other end.
[[nodiscard]] std::string tcp_peer_of(int fd);

}  // namespace steward::net
