// broker/core: words in what is told to people: refusals and reasons.
#pragma once

#include <string>
#include <string_view>

namespace steward::core {

/// A name in its quotes. The rules of names leave nothing in it to escape.
[[nodiscard]] inline std::string quoted(std::string_view name) {
    std::string text = "\"";
    text += name;
    text += '"';
    return text;
}

}  // namespace steward::core
