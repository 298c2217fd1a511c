// gateway/access: SHA-256, by the TLS library. It is asked for nothing else here, and a hash is as
// pure as a sum: no clock, chance or file is behind it.
#pragma once

#include <array>
#include <string_view>

namespace steward::gateway {

using Digest = std::array<unsigned char, 32>;

[[nodiscard]] Digest sha256_of(std::string_view bytes);

/// In the same time whether they differ early, late or not at all.
[[nodiscard]] bool same_digest(const Digest& one, const Digest& other);

}  // namespace steward::gateway
