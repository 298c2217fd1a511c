// common/base: whether two secrets are the same, without telling by the time it takes how far they
// agree.
#pragma once

#include <string_view>

namespace steward::base {

/// Takes as long as `known` is, wherever the first difference is. Of `known` only the length can be
/// learned, and whether `given` has it.
[[nodiscard]] bool same_secret(std::string_view known, std::string_view given);

}  // namespace steward::base
