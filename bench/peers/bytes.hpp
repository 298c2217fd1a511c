// bench: numbers in network order, and text lines.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace steward::bench {

template <class Number>
void put(std::string& out, Number number) {
    for (int shift = static_cast<int>(sizeof number - 1) * 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> shift & 0xFFU));
    }
}

/// Pre: `in` has as many bytes.
template <class Number>
Number get(std::string_view in) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i) {
        number = number << 8U | static_cast<unsigned char>(in[i]);
    }
    return static_cast<Number>(number);
}

/// The number that a text begins with; 0 where there is none.
inline std::size_t number_in(std::string_view text) {
    std::size_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// Cuts the first word off a line.
inline std::string_view next_word(std::string_view& line) {
    const std::size_t end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return word;
}

}  // namespace steward::bench
