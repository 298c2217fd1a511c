// common/wire: the msgpack forms, read.
#include "common/wire/msgpack_reader.hpp"

#include "common/wire/big_endian.hpp"

namespace steward::wire {

std::uint64_t MsgpackReader::tail(std::size_t size) {
    if (rest_.size() <= size) {
        fail(MsgpackFault::Truncated);
        return 0;
    }
    const char* from = rest_.data() + 1;
    switch (size) {
        case 1: return static_cast<unsigned char>(*from);
        case 2: return load_be<std::uint16_t>(from);
        case 4: return load_be<std::uint32_t>(from);
        case 8: return load_be<std::uint64_t>(from);
        default: return 0;
    }
}

std::uint64_t MsgpackReader::long_unsigned_integer(std::uint64_t most) {
    if (!has_lead()) {
        return 0;
    }
    const unsigned form = lead();
    std::size_t size = 0;
    if (form >= 0xCC && form <= 0xD3) {
        size = std::size_t{1} << (form & 3U);
    } else if (form >= 0xE0) {
        fail(MsgpackFault::OutOfRange);
    } else if (form >= 0x80) {
        fail(MsgpackFault::WrongType);
    }
    const std::uint64_t value = form < 0x80 ? form : tail(size);
    const bool negative = form >= 0xD0 && size > 0 && (value >> (8 * size - 1)) != 0;
    if (negative || value > most) {
        fail(MsgpackFault::OutOfRange);
    }
    if (failed()) {
        return 0;
    }
    rest_.remove_prefix(1 + size);
    return value;
}

std::int64_t MsgpackReader::integer(std::int64_t least, std::int64_t most) {
    if (!has_lead()) {
        return 0;
    }
    const unsigned form = lead();
    std::size_t size = 0;
    std::int64_t value = 0;
    if (form >= 0xE0) {
        value = static_cast<std::int64_t>(form) - 0x100;  // the negative fixint
    } else if (form >= 0xD0 && form <= 0xD3) {
        size = std::size_t{1} << (form & 3U);
        const std::size_t unused_bits = 64 - 8 * size;
        // The shift back down copies the sign.
        value = static_cast<std::int64_t>(tail(size) << unused_bits) >> unused_bits;
    } else {
        return static_cast<std::int64_t>(unsigned_integer(static_cast<std::uint64_t>(most)));
    }
    if (value < least || value > most) {
        fail(MsgpackFault::OutOfRange);
    }
    if (failed()) {
        return 0;
    }
    rest_.remove_prefix(1 + size);
    return value;
}

std::string_view MsgpackReader::long_bytes(std::size_t bytes_max) {
    if (!has_lead()) {
        return {};
    }
    const unsigned form = lead();
    if (!is_bytes(form)) {
        fail(MsgpackFault::WrongType);
        return {};
    }
    std::size_t size_bytes = 0;
    if (form >= 0xC4 && form <= 0xC6) {
        size_bytes = std::size_t{1} << (form - 0xC4U);
    } else if (form >= 0xD9) {
        size_bytes = std::size_t{1} << (form - 0xD9U);
    }
    const std::uint64_t size = size_bytes == 0 ? form & 0x1FU : tail(size_bytes);
    if (!failed() && size > bytes_max) {
        fail(MsgpackFault::TooLong);
    }
    if (!failed() && size > rest_.size() - 1 - size_bytes) {
        fail(MsgpackFault::Truncated);
    }
    if (failed()) {
        return {};
    }
    const std::string_view value = rest_.substr(1 + size_bytes, size);
    rest_.remove_prefix(1 + size_bytes + size);
    return value;
}

std::size_t MsgpackReader::long_array(std::size_t most) {
    return collection(0x90, 0xDC, 1, most);
}

std::size_t MsgpackReader::map(std::size_t most) {
    return collection(0x80, 0xDE, 2, most);
}

std::size_t MsgpackReader::collection(unsigned fix_form,
                                      unsigned form,
                                      std::size_t bytes_each,
                                      std::size_t most) {
    if (!has_lead()) {
        return 0;
    }
    std::size_t size_bytes = 0;
    if (lead() == form || lead() == form + 1) {
        size_bytes = lead() == form ? 2 : 4;
    } else if ((lead() & 0xF0U) != fix_form) {
        fail(MsgpackFault::WrongType);
        return 0;
    }
    const std::uint64_t size = size_bytes == 0 ? lead() & 0xFU : tail(size_bytes);
    if (!failed() && size > most) {
        fail(MsgpackFault::TooLong);
    }
    if (!failed() && size * bytes_each > rest_.size() - 1 - size_bytes) {
        fail(MsgpackFault::Truncated);
    }
    if (failed()) {
        return 0;
    }
    rest_.remove_prefix(1 + size_bytes);
    return size;
}

void MsgpackReader::skip() {
    // Counting what is still owed takes the place of a stack.
    for (std::uint64_t owed = 1; owed > 0 && !failed(); --owed) {
        owed += skip_one();
    }
}

std::uint64_t MsgpackReader::skip_one() {
    if (!has_lead()) {
        return 0;
    }
    const unsigned form = lead();
    if ((form & 0xF0U) == 0x90 || form == 0xDC || form == 0xDD) {
        return array();
    }
    if ((form & 0xF0U) == 0x80 || form == 0xDE || form == 0xDF) {
        return 2 * map();
    }
    if (next_is_bytes()) {
        (void)bytes(SIZE_MAX);
        return 0;
    }
    if (form == 0xC1) {
        fail(MsgpackFault::Reserved);
        return 0;
    }
    std::uint64_t size = 0;  // behind the lead
    if (form >= 0xC7 && form <= 0xC9) {
        const std::size_t size_bytes = std::size_t{1} << (form - 0xC7U);
        size = size_bytes + 1 + tail(size_bytes);  // ext: length, type, bytes
    } else if (form == 0xCA || form == 0xCB) {
        size = form == 0xCA ? 4 : 8;  // float
    } else if (form >= 0xCC && form <= 0xD3) {
        size = std::uint64_t{1} << (form & 3U);  // integer
    } else if (form >= 0xD4 && form <= 0xD8) {
        size = 1 + (std::uint64_t{1} << (form - 0xD4U));  // fixext: type, bytes
    }
    if (!failed() && size > rest_.size() - 1) {
        fail(MsgpackFault::Truncated);
    }
    if (!failed()) {
        rest_.remove_prefix(1 + size);
    }
    return 0;
}

}  // namespace steward::wire
