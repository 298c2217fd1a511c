// common/net: where streams are: the local socket that goes with a broker's port.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::net {

/// The local socket of the broker that listens on a ZeroMQ endpoint of this machine, such as
/// "steward/127.0.0.1:5555": a name in Linux's abstract namespace, which is as wide as the loopback
/// interface and, like a port, is free again when its owner ends. Nothing for an endpoint that may
/// be on another machine.
[[nodiscard]] std::optional<std::string> local_name_of(std::string_view endpoint);

/// Errors: Io, naming the address.
[[nodiscard]] base::Expected<posix::UniqueFd> listen_locally(const std::string& name);
/// Nothing when nobody listens there, or too many wait to be accepted.
[[nodiscard]] std::optional<posix::UniqueFd> connect_locally(const std::string& name);

}  // namespace steward::net
