// common/posix: chance from the system, asked once at the start of a program.
#pragma once

#include <cstdint>

#include "common/base/expected.hpp"

namespace steward::posix {

/// 64 random bits from the kernel. Errors: Io.
[[nodiscard]] base::Expected<std::uint64_t> random_seed();

}  // namespace steward::posix
