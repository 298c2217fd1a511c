// common/net: ZeroMQ's endpoint texts ("tcp://127.0.0.1:5555") made and taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"

namespace steward::net {

/// "tcp://<host>:<port>"; port 0 asks for any free port when bound. An IPv6 address gets its
/// brackets when it has none.
[[nodiscard]] std::string tcp_endpoint(std::string_view host, std::uint16_t port);

/// Whether only this machine reaches the host of a bound address: 127.x.x.x, ::1, localhost.
[[nodiscard]] bool is_loopback(std::string_view host);

/// The port of a tcp endpoint. Errors: Malformed.
[[nodiscard]] base::Expected<std::uint16_t> port_of(std::string_view endpoint);

/// Accepts what people write: "tcp://host:port", "host:port", "ipc:///path", "inproc://name".
/// Errors: Malformed, saying what is allowed.
[[nodiscard]] base::Expected<std::string> parse_endpoint(std::string_view text);

}  // namespace steward::net
