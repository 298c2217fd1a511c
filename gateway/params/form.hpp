// gateway/params: names and values as queries and forms have them (application/
// x-www-form-urlencoded, as the URL standard of WHATWG writes it). Boost.URL holds queries to the
// letter of RFC 3986, where the brackets of "name[]=1" and the bytes that people type are refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"

namespace steward::gateway {

struct Pair {
    std::string name;
    std::string value;

    bool operator==(const Pair&) const = default;
};

using Pairs = std::vector<Pair>;

/// "to=ann&copies=2" in its order. "+" is a space, %XX a byte; nothing between two "&" is nothing,
/// a name without "=" has an empty value. `what` ("query", "form") names it in errors.
/// Errors: BadParams, at which byte: a "%" that begins no escape, a name or value that is no UTF-8;
///         TooLarge for more than kPairsMax.
[[nodiscard]] base::Expected<Pairs> parse_pairs(std::string_view text, std::string_view what);

}  // namespace steward::gateway
