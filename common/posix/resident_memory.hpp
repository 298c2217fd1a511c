// common/posix: how much memory this process holds.
#pragma once

#include <cstdint>

#include "common/base/expected.hpp"

namespace steward::posix {

/// Bytes of this process that are in memory, shared libraries included; what is swapped out is not.
/// Takes some microseconds. Errors: Io, as without /proc.
[[nodiscard]] base::Expected<std::uint64_t> resident_bytes();

}  // namespace steward::posix
