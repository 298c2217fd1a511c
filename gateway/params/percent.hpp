// gateway/params: percent-encoding (RFC 3986, 2.1) undone. Strict: what is no escape is a mistake
// and is told with its place, instead of being handed on as something else than was meant.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"

namespace steward::gateway {

enum class Plus { IsPlus, IsSpace };  // "+" in a path, and in a query or form

/// Errors: BadParams, as in `the query cannot be read at byte 12: "%zz" is no escape`; `what` names
/// the whole, `at` is where in it `text` begins.
[[nodiscard]] base::Expected<std::string> percent_decoded(std::string_view text,
                                                          Plus plus,
                                                          std::string_view what,
                                                          std::size_t at);

/// "the form cannot be read at byte 12: why". Bytes are counted from 0.
[[nodiscard]] base::Unexpected unreadable(std::string_view what,
                                          std::size_t byte,
                                          const std::string& why);

}  // namespace steward::gateway
