// common/wire: appends msgpack to one growing buffer. It knows the shortest form of each value and
// nothing of commands. Why not the library's packer: docs/decisions/0001.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "common/base/assert.hpp"
#include "common/wire/big_endian.hpp"

namespace steward::wire {

/// Values are written in their shortest form, in call order; array() and map() announce how many
/// values (pairs) follow.
///
/// Thread: one.  Bound: none of its own; the caller watches size().
class MsgpackWriter {
public:
    void nil() { byte(0xC0); }

    void boolean(bool value) { byte(value ? 0xC3 : 0xC2); }

    void unsigned_integer(std::uint64_t value) {
        char* to = room(9);
        if (value < 0x80) {
            to[0] = static_cast<char>(value);
            used_ += 1;
        } else if (value <= UINT8_MAX) {
            head(to, 0xCC, static_cast<std::uint8_t>(value));
        } else if (value <= UINT16_MAX) {
            head(to, 0xCD, static_cast<std::uint16_t>(value));
        } else if (value <= UINT32_MAX) {
            head(to, 0xCE, static_cast<std::uint32_t>(value));
        } else {
            head(to, 0xCF, value);
        }
    }

    void integer(std::int64_t value);

    /// Pre: at most 2^32 - 1 bytes, here and below.
    void str(std::string_view text) {
        const std::size_t size = text.size();
        char* to = room(size + 5);
        if (size < 32) {
            to[0] = static_cast<char>(0xA0U | size);
            used_ += 1;
        } else {
            head_sized(to, 0xD9, size);
        }
        append(text);
    }

    void bin(std::string_view bytes) {
        head_sized(room(bytes.size() + 5), 0xC4, bytes.size());
        append(bytes);
    }

    /// str where the bytes are UTF-8, bin where they are not: readers that insist on UTF-8 in
    /// strings never choke.
    void text(std::string_view bytes);

    void array(std::size_t elements) { collection(0x90, 0xDC, elements); }

    void map(std::size_t pairs) { collection(0x80, 0xDE, pairs); }

    /// Bytes that already are msgpack.
    void raw(std::string_view bytes) {
        room(bytes.size());
        append(bytes);
    }

    /// Changes one byte that was written before. Pre: at < size().
    void patch(std::size_t at, std::uint8_t value) {
        STEWARD_ASSERT(at < used_);
        buffer_[at] = static_cast<char>(value);
    }

    /// Forgets all but the first `bytes`. Pre: bytes <= size().
    void cut(std::size_t bytes) {
        STEWARD_ASSERT(bytes <= used_);
        used_ = bytes;
    }

    [[nodiscard]] std::string_view view() const { return {buffer_.data(), used_}; }

    [[nodiscard]] std::size_t size() const { return used_; }

    /// Forgets the content; keeps the memory unless it is more than `kept_bytes_max`.
    void clear(std::size_t kept_bytes_max);
    /// Hands over the memory; it may be longer than size() was.
    [[nodiscard]] std::string release();

private:
    // A place for `bytes` more; counted as used only by those who write there.
    char* room(std::size_t bytes) {
        if (buffer_.size() - used_ < bytes) [[unlikely]] {
            grow(bytes);
        }
        return buffer_.data() + used_;
    }

    void grow(std::size_t bytes);

    void byte(unsigned value) {
        *room(1) = static_cast<char>(value);
        ++used_;
    }

    template <class Integer>
    void head(char* to, unsigned form, Integer value) {
        to[0] = static_cast<char>(form);
        store_be(to + 1, value);
        used_ += 1 + sizeof value;
    }

    // The forms with an 8, 16 and 32-bit length have neighbouring numbers.
    void head_sized(char* to, unsigned form, std::size_t size) {
        if (size <= UINT8_MAX) {
            head(to, form, static_cast<std::uint8_t>(size));
        } else if (size <= UINT16_MAX) {
            head(to, form + 1, static_cast<std::uint16_t>(size));
        } else {
            STEWARD_ASSERT(size <= UINT32_MAX);
            head(to, form + 2, static_cast<std::uint32_t>(size));
        }
    }

    void collection(unsigned fix_form, unsigned form, std::size_t size);

    // Pre: room() was made.
    void append(std::string_view bytes) {
        if (!bytes.empty()) {
            std::memcpy(buffer_.data() + used_, bytes.data(), bytes.size());
            used_ += bytes.size();
        }
    }

    std::string buffer_;  // its size is the room there is
    std::size_t used_ = 0;
};

}  // namespace steward::wire
