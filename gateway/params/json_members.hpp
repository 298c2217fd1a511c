// gateway/params: the members of a JSON object as the stretches of text they are, so that what is
// put together from several sources is copied, not read and written anew.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::gateway {

struct JsonMember {
    std::string name;
    std::string_view value;  // JSON, without the space around it
};

/// Checks the whole text (common/wire: form, depth, number of values, UTF-8) and gives the members
/// in their order, equal names as often as they come. Views point into `text`.
/// Errors: BadParams, also when it is JSON but no object.
[[nodiscard]] base::Expected<std::vector<JsonMember>> json_members(std::string_view text);

/// Whether the first byte that is no space is `first`; a byte order mark counts as space.
[[nodiscard]] bool json_begins_with(std::string_view text, char first);

/// The text without a byte order mark (RFC 8259, 8.1: it may be ignored, and must not be sent).
[[nodiscard]] std::string_view without_mark(std::string_view text);

}  // namespace steward::gateway
