// common/wire: appends msgpack to one growing buffer. It knows the shortest form of each value and
// nothing of commands. Why not the library's packer: docs/decisions/0001.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "common/base/assert.hpp"
#include "common/wire/big_endian.hpp"
#include "common/wire/growing_buffer.hpp"

namespace steward::wire {

/// Values are written in their shortest form, in call order; array() and map() announce how many
/// values (pairs) follow.
///
/// Thread: one.  Bound: none of its own; the caller watches size().
class MsgpackWriter {
public:
    void nil() { byte(0xC0); }

    void boolean(bool value) { byte(value ? 0xC3 : 0xC2); }

    void unsigned_integer(std::uint64_t value) { end_at(put_unsigned(room(9), value)); }

    void integer(std::int64_t value);

    /// Pre: at most 2^32 - 1 bytes, here and below.
    void str(std::string_view text) { end_at(put_str(room(text.size() + 5), text)); }

    void bin(std::string_view bytes) { end_at(put_bin(room(bytes.size() + 5), bytes)); }

    /// str where the bytes are UTF-8, bin where they are not: readers that insist on UTF-8 in
    /// strings never choke.
    void text(std::string_view bytes);

    void array(std::size_t elements) { collection(0x90, 0xDC, elements); }

    void map(std::size_t pairs) { collection(0x80, 0xDE, pairs); }

    /// Bytes that already are msgpack.
    void raw(std::string_view bytes) { end_at(put_raw(room(bytes.size()), bytes)); }

    /// Changes one byte that was written before. Pre: at < size().
    void patch(std::size_t at, std::uint8_t value) { buffer_.patch(at, static_cast<char>(value)); }

    /// Forgets all but the first `bytes`. Pre: bytes <= size().
    void cut(std::size_t bytes) { buffer_.shrink(bytes); }

    [[nodiscard]] std::string_view view() const { return buffer_.view(); }

    [[nodiscard]] std::size_t size() const { return buffer_.size(); }

    // For those who write much: they ask for room once, put values there, and say where they ended.

    /// A place behind what is there, for at least `bytes` bytes. The next call of any other kind
    /// than end_at() may move everything.
    [[nodiscard]] char* room(std::size_t bytes) { return buffer_.room(bytes); }

    /// Pre: `end` lies within the room that was given last.
    void end_at(const char* end) { buffer_.end_at(end); }

    /// Room: 9 bytes.
    static char* put_unsigned(char* to, std::uint64_t value) {
        if (value < 0x80) {
            *to = static_cast<char>(value);
            return to + 1;
        }
        if (value <= UINT8_MAX) {
            return put_head(to, 0xCC, static_cast<std::uint8_t>(value));
        }
        if (value <= UINT16_MAX) {
            return put_head(to, 0xCD, static_cast<std::uint16_t>(value));
        }
        if (value <= UINT32_MAX) {
            return put_head(to, 0xCE, static_cast<std::uint32_t>(value));
        }
        return put_head(to, 0xCF, value);
    }

    /// Room: 5 bytes and the text, here and below.
    static char* put_str(char* to, std::string_view text) {
        if (text.size() < 32) {
            *to = static_cast<char>(0xA0U | text.size());
            return put_raw(to + 1, text);
        }
        return put_raw(put_sized(to, 0xD9, text.size()), text);
    }

    static char* put_bin(char* to, std::string_view bytes) {
        return put_raw(put_sized(to, 0xC4, bytes.size()), bytes);
    }

    /// As text().
    static char* put_text(char* to, std::string_view bytes) {
        return is_utf8(bytes) ? put_str(to, bytes) : put_bin(to, bytes);
    }

    /// Bytes that already are msgpack. Room: as many.
    static char* put_raw(char* to, std::string_view bytes) {
        if (!bytes.empty()) {
            std::memcpy(to, bytes.data(), bytes.size());
        }
        return to + bytes.size();
    }

    /// Forgets the content; keeps the memory unless it is more than `kept_bytes_max`.
    void clear(std::size_t kept_bytes_max) { buffer_.clear(kept_bytes_max); }

private:
    void byte(unsigned value) {
        char* to = room(1);
        *to = static_cast<char>(value);
        end_at(to + 1);
    }

    template <class Integer>
    static char* put_head(char* to, unsigned form, Integer value) {
        to[0] = static_cast<char>(form);
        store_be(to + 1, value);
        return to + 1 + sizeof value;
    }

    template <class Integer>
    void head(unsigned form, Integer value) {
        end_at(put_head(room(1 + sizeof value), form, value));
    }

    // The forms with an 8, 16 and 32-bit length have neighbouring numbers.
    static char* put_sized(char* to, unsigned form, std::size_t size) {
        if (size <= UINT8_MAX) {
            return put_head(to, form, static_cast<std::uint8_t>(size));
        }
        if (size <= UINT16_MAX) {
            return put_head(to, form + 1, static_cast<std::uint16_t>(size));
        }
        STEWARD_ASSERT(size <= UINT32_MAX);
        return put_head(to, form + 2, static_cast<std::uint32_t>(size));
    }

    // Most text is ASCII and short: one look at eight bytes each before the full check.
    static bool is_utf8(std::string_view bytes) {
        return is_ascii(bytes) || is_utf8_beyond_ascii(bytes);
    }

    static bool is_ascii(std::string_view bytes) {
        std::uint64_t seen = 0;
        std::uint64_t eight = 0;
        std::size_t at = 0;
        for (; at + sizeof eight <= bytes.size(); at += sizeof eight) {
            std::memcpy(&eight, bytes.data() + at, sizeof eight);
            seen |= eight;
        }
        for (; at < bytes.size(); ++at) {
            seen |= static_cast<unsigned char>(bytes[at]);
        }
        return (seen & 0x8080808080808080ULL) == 0;
    }

    static bool is_utf8_beyond_ascii(std::string_view bytes);

    void collection(unsigned fix_form, unsigned form, std::size_t size);

    GrowingBuffer buffer_;
};

}  // namespace steward::wire
