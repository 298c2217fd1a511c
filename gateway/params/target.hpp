// gateway/params: the path of a request, taken apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::gateway {

/// "/v1/services/a%2Fb" is {"v1", "services", "a/b"}; "/" is none, "/a/" is {"a", ""}. "+" is a
/// plus. Bytes are not held to UTF-8 here: whoever takes a name checks it as that.
/// Errors: BadParams, at which byte; TooLarge for more than kSegmentsMax.
[[nodiscard]] base::Expected<std::vector<std::string>> segments_of(std::string_view path);

}  // namespace steward::gateway
