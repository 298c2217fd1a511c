// common/posix: what errno says, as an error value.
#pragma once

#include <string>
#include <string_view>

#include "common/base/expected.hpp"

namespace steward::posix {

/// "No such file or directory" and the like; safe in any thread.
[[nodiscard]] std::string errno_text(int number);

/// Errc::Io with "<doing>: <text of number>".
[[nodiscard]] base::Unexpected io_error(std::string_view doing, int number);

}  // namespace steward::posix
