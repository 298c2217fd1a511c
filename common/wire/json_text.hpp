// common/wire: JSON written by hand, for what is written often: strings, numbers, instants.
// It reads nothing but base64; params_json.hpp reads JSON.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "common/wire/growing_buffer.hpp"

namespace steward::wire {

/// Appends `bytes` as a JSON string; bytes that are no UTF-8 as {"base64": "…"}.
void append_json_string(std::string& out, std::string_view bytes);
/// The same into a buffer, in one pass: for what is written for each job.
void append_json_string(GrowingBuffer& out, std::string_view bytes);
/// Appends `bytes` as a member's name; bytes that are no UTF-8 as "base64:…".
void append_json_key(std::string& out, std::string_view bytes);
/// Appends the shortest text that reads back as `value`, always with a point or an exponent.
/// What JSON cannot express (infinities, not a number) becomes null.
void append_json_real(std::string& out, double value);
/// Appends microseconds as seconds with six digits after the point, without a rounding.
void append_json_seconds(std::string& out, base::Duration value);
/// The same at `to`, where there is room for kSecondsBytesMax. Returns where it ends.
char* put_json_seconds(char* to, base::Duration value);
inline constexpr std::size_t kSecondsBytesMax = 32;

/// Writes a number at `to`, where there is room for 20 characters. Returns where it ends.
inline char* put_integer(char* to, std::uint64_t value) {
    if (value < 10) {
        *to = static_cast<char>('0' + value);
        return to + 1;
    }
    return std::to_chars(to, to + 20, value).ptr;
}

template <std::integral Integer>
void append_json_integer(std::string& out, Integer value) {
    char text[24];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

[[nodiscard]] std::string to_base64(std::string_view bytes);
/// The bytes of which to_base64() makes this text; nothing when there are none.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace steward::wire
