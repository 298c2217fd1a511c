// common/config: guesses which word was meant, for error messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace steward::config {

/// The word of `known` that `word` is a likely slip of (few letters differ), or an empty text.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace steward::config
