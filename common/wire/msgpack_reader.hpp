// common/wire: takes msgpack values off the front of a byte string, one by one. No heap, no
// recursion, no object tree; it knows nothing of commands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace steward::wire {

/// Why a reader stopped.
enum class MsgpackFault : std::uint8_t {
    None,
    Truncated,   // the bytes end within a value, or a length goes past them
    WrongType,   // another type than the one asked for
    OutOfRange,  // a value that does not fit what was asked for
    TooLong,     // more bytes or elements than allowed
    Reserved,    // 0xC1, which msgpack never uses
    Missing,     // fewer elements than the caller needs
};

/// A pull reader whose first fault sticks: afterwards each call gives zero or nothing, so that a
/// caller reads all it wants and asks failed() once. Total on any bytes. Every valid form of a
/// value is taken, not only the shortest. A length is compared with the bytes that are left before
/// it is believed, so what array(), map() and bytes() give can be used to allocate.
///
/// Thread: one.  Views point into the bytes given, which must outlive them.
class MsgpackReader {
public:
    explicit MsgpackReader(std::string_view bytes) : begin_(bytes.data()), rest_(bytes) {}

    [[nodiscard]] bool failed() const { return fault_ != MsgpackFault::None; }

    [[nodiscard]] MsgpackFault fault() const { return fault_; }

    /// Bytes taken so far; where the faulty value begins once failed.
    [[nodiscard]] std::size_t position() const {
        return static_cast<std::size_t>(rest_.data() - begin_);
    }

    [[nodiscard]] std::string_view rest() const { return rest_; }

    /// For a rule of the caller's own: sticks like the others, unless one has come before.
    void fail(MsgpackFault fault) {
        if (!failed()) {
            fault_ = fault;
        }
    }

    /// Any non-negative integer up to `most`.
    std::uint64_t unsigned_integer(std::uint64_t most = UINT64_MAX) {
        if (!rest_.empty() && lead() < 0x80 && lead() <= most && !failed()) [[likely]] {
            const std::uint64_t value = lead();
            rest_.remove_prefix(1);
            return value;
        }
        return long_unsigned_integer(most);
    }

    /// Any integer from `least` to `most`. Pre: least <= 0 <= most.
    std::int64_t integer(std::int64_t least = INT64_MIN, std::int64_t most = INT64_MAX);

    bool boolean() {
        if (!has_lead()) {
            return false;
        }
        const unsigned form = lead();
        if (form != 0xC2 && form != 0xC3) {
            fail(MsgpackFault::WrongType);
            return false;
        }
        rest_.remove_prefix(1);
        return form == 0xC3;
    }

    /// str or bin of at most `bytes_max` bytes.
    std::string_view bytes(std::size_t bytes_max) {
        if (!failed() && rest_.size() >= 2) [[likely]] {
            const unsigned form = lead();
            std::size_t head = 0;
            std::size_t size = 0;
            if (form == 0xC4) {  // bin with one byte of length
                head = 2;
                size = static_cast<unsigned char>(rest_[1]);
            } else if ((form & 0xE0U) == 0xA0) {  // str with its length in the lead
                head = 1;
                size = form & 0x1FU;
            }
            if (head != 0 && size <= bytes_max && size <= rest_.size() - head) [[likely]] {
                const std::string_view value(rest_.data() + head, size);
                rest_.remove_prefix(head + size);
                return value;
            }
        }
        return long_bytes(bytes_max);
    }

    /// The number of elements (pairs) that follow, at most `most`; there is at least a byte left
    /// for each of them.
    std::size_t array(std::size_t most = SIZE_MAX) {
        if (!failed() && !rest_.empty() && (lead() & 0xF0U) == 0x90) [[likely]] {
            const std::size_t size = lead() & 0xFU;
            if (size <= most && size < rest_.size()) [[likely]] {
                rest_.remove_prefix(1);
                return size;
            }
        }
        return long_array(most);
    }

    std::size_t map(std::size_t most = SIZE_MAX);

    /// Takes a nil and says so; anything else stays.
    bool nil() {
        if (failed() || rest_.empty() || lead() != 0xC0) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    [[nodiscard]] bool next_is_bytes() const {
        return !failed() && !rest_.empty() && is_bytes(lead());
    }

    /// Takes one value of any type, with all it contains, however deep.
    void skip();

    /// Takes bytes that the caller knows to be whole values. Pre: so many are left.
    void pass(std::size_t bytes) { rest_.remove_prefix(bytes); }

private:
    [[nodiscard]] unsigned lead() const { return static_cast<unsigned char>(rest_.front()); }

    [[nodiscard]] bool has_lead() {
        if (rest_.empty()) {
            fail(MsgpackFault::Truncated);
        }
        return !failed();
    }

    static bool is_bytes(unsigned form) {
        return (form >= 0xA0 && form <= 0xBF) || (form >= 0xC4 && form <= 0xC6) ||
               (form >= 0xD9 && form <= 0xDB);
    }

    // The big-endian integer of 0, 1, 2, 4 or 8 bytes behind the lead; Truncated when they are not
    // there.
    std::uint64_t tail(std::size_t size);
    std::uint64_t long_unsigned_integer(std::uint64_t most);
    std::string_view long_bytes(std::size_t bytes_max);
    std::size_t long_array(std::size_t most);
    std::size_t collection(unsigned fix_form,
                           unsigned form,
                           std::size_t bytes_each,
                           std::size_t most);
    // Takes the front value without what it contains and gives how many values that is.
    std::uint64_t skip_one();

    const char* begin_;
    std::string_view rest_;
    MsgpackFault fault_ = MsgpackFault::None;
};

}  // namespace steward::wire
