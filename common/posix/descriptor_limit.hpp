// common/posix: how many descriptors this process may have. Each peer of a broker takes one.
#pragma once

#include <cstdint>

namespace steward::posix {

/// Raises the soft limit of open descriptors to the hard one and returns what it now is; 0 when it
/// cannot be told.
std::uint64_t raise_descriptor_limit() noexcept;

}  // namespace steward::posix
