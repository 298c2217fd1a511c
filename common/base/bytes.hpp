// common/base: small helpers over byte strings: hex, little-endian integers, printable excerpts.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace steward::base {

/// Lower-case hex of any bytes.
[[nodiscard]] std::string to_hex(std::string_view bytes);
/// The bytes of an even-length hex string, either case; nothing otherwise.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view hex);
/// `text` for a message to people: control and non-ASCII bytes as \xNN, cut at `bytes_max` with
/// "…".
[[nodiscard]] std::string printable(std::string_view text, std::size_t bytes_max = 80);
/// True when the bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
[[nodiscard]] bool is_utf8(std::string_view bytes);

/// Appends the integer in little-endian order, whatever the machine's.
template <class Integer>
void put_le(std::string& out, Integer value) {
    char bytes[sizeof value];
    for (std::size_t i = 0; i < sizeof value; ++i) {
        bytes[i] = static_cast<char>((static_cast<std::uint64_t>(value) >> (8 * i)) & 0xFFU);
    }
    out.append(bytes, sizeof value);
}

/// Takes an integer off the front of `in`; false, and `in` unchanged, when too short.
template <class Integer>
[[nodiscard]] bool get_le(std::string_view& in, Integer& value) {
    if (in.size() < sizeof value) {
        return false;
    }
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
        bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(in[i])) << (8 * i);
    }
    value = static_cast<Integer>(bits);
    in.remove_prefix(sizeof value);
    return true;
}

}  // namespace steward::base
