// common/base: whole numbers as text: all of the text, or none.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace steward::base {

/// The number that `text` is: digits of `radix`, in front of them a minus if Number has a sign.
/// Nothing for any other text (empty, with a plus, a space or 0x), and when it does not fit in a
/// Number.
template <class Number>
[[nodiscard]] std::optional<Number> parse_whole(std::string_view text, int radix = 10) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number, radix);
    return read.ec == std::errc{} && read.ptr == end ? std::optional(number) : std::nullopt;
}

}  // namespace steward::base
