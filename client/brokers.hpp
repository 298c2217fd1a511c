// client: the addresses of brokers as people write them. Opens nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::client {

inline constexpr std::uint16_t kPortDefault = 5555;
inline constexpr std::size_t kBrokersMax = 64;

/// "host", "host:port", "[v6]:port", "tcp://…", "ipc://…" to an endpoint of ZeroMQ.
/// Errors: Malformed.
[[nodiscard]] base::Expected<std::string> broker_endpoint(std::string_view text,
                                                          std::uint16_t port = kPortDefault);

/// A list with commas, spaces allowed. Errors: Malformed, also when empty or longer than
/// kBrokersMax.
[[nodiscard]] base::Expected<std::vector<std::string>> broker_endpoints(
    std::string_view list, std::uint16_t port = kPortDefault);

/// What is wrong when none of them answers. KeyRefused with the `refusal` of one that turned this
/// client away, else Disconnected with the latest `trouble`; either may be empty.
[[nodiscard]] base::Error no_broker(const std::vector<std::string>& endpoints,
                                    const std::string& refusal,
                                    const std::string& trouble);

}  // namespace steward::client
