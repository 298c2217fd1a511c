// common/posix: what this machine calls itself.
#pragma once

#include <string>

namespace steward::posix {

/// At most 64 bytes; "localhost" when it does not say.
[[nodiscard]] std::string host_name();

}  // namespace steward::posix
