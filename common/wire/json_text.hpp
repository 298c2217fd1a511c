// common/wire: JSON written by hand, for what is written often: strings, numbers, instants.
// It reads nothing but base64; params_json.hpp reads JSON.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.hpp"

namespace steward::wire {

/// Appends `bytes` as a JSON string; bytes that are no UTF-8 as {"base64": "…"}.
void append_json_string(std::string& out, std::string_view bytes);
/// Appends `bytes` as a member's name; bytes that are no UTF-8 as "base64:…".
void append_json_key(std::string& out, std::string_view bytes);
/// Appends the shortest text that reads back as `value`, always with a point or an exponent.
/// What JSON cannot express (infinities, not a number) becomes null.
void append_json_real(std::string& out, double value);
/// Appends microseconds as seconds with six digits after the point, without a rounding.
void append_json_seconds(std::string& out, base::Duration value);

template <std::integral Integer>
void append_json_integer(std::string& out, Integer value) {
    char text[24];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

[[nodiscard]] std::string to_base64(std::string_view bytes);
/// The bytes of which to_base64() makes this text; nothing when there are none.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace steward::wire
