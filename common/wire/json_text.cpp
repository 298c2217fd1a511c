// common/wire: see json_text.hpp. Clean stretches are copied whole, so that a plain string costs a
// look at each byte and one append.
#include "common/wire/json_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "common/base/bytes.hpp"

namespace steward::wire {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// What stands after the backslash; 'u' for the long form, 0 where nothing is needed.
constexpr std::array<char, 256> make_escapes() {
    std::array<char, 256> escapes{};
    for (std::size_t i = 0; i < 0x20; ++i) {
        escapes[i] = 'u';
    }
    escapes['\b'] = 'b';
    escapes['\f'] = 'f';
    escapes['\n'] = 'n';
    escapes['\r'] = 'r';
    escapes['\t'] = 't';
    escapes['"'] = '"';
    escapes['\\'] = '\\';
    return escapes;
}

constexpr std::array<char, 256> kEscapes = make_escapes();

bool is_ascii(std::string_view bytes) {
    unsigned char seen = 0;
    for (const char c : bytes) {
        seen = static_cast<unsigned char>(seen | static_cast<unsigned char>(c));
    }
    return seen < 0x80;
}

void append_quoted(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t clean_from = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const char escape = kEscapes[byte];
        if (escape == 0) [[likely]] {
            continue;
        }
        out.append(text, clean_from, i - clean_from);
        clean_from = i + 1;
        out.push_back('\\');
        out.push_back(escape);
        if (escape == 'u') {
            out += "00";
            out.push_back(kHex[byte >> 4U]);
            out.push_back(kHex[byte & 0xFU]);
        }
    }
    out.append(text, clean_from);
    out.push_back('"');
}

// Bytes of a part that is escaped at once: each may become six.
constexpr std::size_t kPartBytes = 4096;

std::uint64_t each(std::uint64_t byte) {
    return byte * 0x0101010101010101ULL;
}

// The high bits of the bytes that cannot be copied as they are; the lowest bit set is exact, those
// above it may not be. `not_clean`: 0x80 in each byte, or 0 where bytes above 0x7F are clean.
std::uint64_t unclean_of(std::uint64_t eight, std::uint64_t not_clean) {
    const std::uint64_t controls = eight - each(0x20);
    const std::uint64_t quotes = (eight ^ each('"')) - each(1);
    const std::uint64_t backslashes = (eight ^ each('\\')) - each(1);
    return (((controls | quotes | backslashes) & ~eight) | (eight & not_clean)) & each(0x80);
}

// Copies to the first byte that cannot be copied as it is, or to `end`, and moves both places on.
// There is room for eight bytes more than [from, end) behind `to`.
void copy_clean(const char*& from, const char* end, char*& to, std::uint64_t not_clean) {
    while (end - from >= 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, from, sizeof eight);
        std::memcpy(to, &eight, sizeof eight);
        if (const std::uint64_t unclean = unclean_of(eight, not_clean); unclean != 0) {
            const int clean = std::endian::native == std::endian::little
                                  ? std::countr_zero(unclean) / 8
                                  : 0;  // there the eight are looked at one by one
            from += clean;
            to += clean;
            break;
        }
        from += 8;
        to += 8;
    }
    for (; from != end; ++from) {
        const auto byte = static_cast<unsigned char>(*from);
        if (kEscapes[byte] != 0 || (byte & not_clean) != 0) {
            return;
        }
        *to++ = *from;
    }
}

char* put_escape(char* to, unsigned char byte) {
    const char escape = kEscapes[byte];
    *to++ = '\\';
    *to++ = escape;
    if (escape == 'u') {
        *to++ = '0';
        *to++ = '0';
        *to++ = kHex[byte >> 4U];
        *to++ = kHex[byte & 0xFU];
    }
    return to;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t taken = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            bits = bits << 8U | (k < taken ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            out.push_back(k <= taken ? kBase64[bits >> (18 - 6 * k) & 63U] : '=');
        }
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < text.size() && text[i] != '='; ++i) {
        const std::size_t value = kBase64.find(text[i]);
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        if (i % 4 != 0) {
            out.push_back(static_cast<char>(bits >> (6 - 2 * (i % 4)) & 0xFFU));
        }
    }
    // Wrong padding and bits that stand for nothing show when it is written again.
    return to_base64(out) == text ? std::optional(std::move(out)) : std::nullopt;
}

void append_json_string(std::string& out, std::string_view bytes) {
    if (is_ascii(bytes) || base::is_utf8(bytes)) {
        append_quoted(out, bytes);
        return;
    }
    out += "{\"base64\":\"";
    out += to_base64(bytes);
    out += "\"}";
}

void append_json_string(GrowingBuffer& out, std::string_view bytes) {
    const std::size_t start = out.size();
    std::uint64_t not_clean = each(0x80);
    char* to = out.room(1);
    *to++ = '"';
    const char* from = bytes.data();
    const char* const end = from + bytes.size();
    while (from != end) {
        out.end_at(to);
        const char* part_end = from + std::min<std::ptrdiff_t>(end - from, kPartBytes);
        to = out.room(6 * static_cast<std::size_t>(part_end - from) + 8);
        for (copy_clean(from, part_end, to, not_clean); from != part_end;
             copy_clean(from, part_end, to, not_clean)) {
            const auto byte = static_cast<unsigned char>(*from);
            if (byte < 0x80) {
                to = put_escape(to, byte);
                ++from;
            } else if (base::is_utf8({from, static_cast<std::size_t>(end - from)})) {
                not_clean = 0;
            } else {
                out.shrink(start);
                out.append("{\"base64\":\"");
                out.append(to_base64(bytes));
                out.append("\"}");
                return;
            }
        }
    }
    out.end_at(to);
    out.append("\"");
}

void append_json_key(std::string& out, std::string_view bytes) {
    if (is_ascii(bytes) || base::is_utf8(bytes)) {
        append_quoted(out, bytes);
    } else {
        append_quoted(out, "base64:" + to_base64(bytes));
    }
}

void append_json_real(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    char text[32];
    const std::string_view written(text, std::to_chars(text, text + sizeof text, value).ptr);
    out += written;
    if (written.find_first_of(".e") == std::string_view::npos) {
        out += ".0";
    }
}

char* put_json_seconds(char* to, base::Duration value) {
    // Through unsigned: the most negative count has no positive counterpart.
    auto micros = static_cast<std::uint64_t>(value.count());
    if (value.count() < 0) {
        *to++ = '-';
        micros = 0 - micros;
    }
    to = put_integer(to, micros / 1'000'000);
    constexpr std::string_view kNone = ".000000";
    to = std::ranges::copy(kNone, to).out;
    char* digit = to;
    for (std::uint64_t rest = micros % 1'000'000; rest != 0; rest /= 10) {
        *--digit = static_cast<char>('0' + rest % 10);
    }
    return to;
}

void append_json_seconds(std::string& out, base::Duration value) {
    char text[kSecondsBytesMax];
    out.append(text, put_json_seconds(text, value));
}

}  // namespace steward::wire
