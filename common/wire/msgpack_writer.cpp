// common/wire: the parts of the msgpack writer that are not worth inlining.
#include "common/wire/msgpack_writer.hpp"

#include "common/base/bytes.hpp"

namespace steward::wire {

void MsgpackWriter::integer(std::int64_t value) {
    if (value >= 0) {
        unsigned_integer(static_cast<std::uint64_t>(value));
    } else if (value >= -32) {
        byte(static_cast<std::uint8_t>(value));
    } else if (value >= INT8_MIN) {
        head(0xD0, static_cast<std::uint8_t>(value));
    } else if (value >= INT16_MIN) {
        head(0xD1, static_cast<std::uint16_t>(value));
    } else if (value >= INT32_MIN) {
        head(0xD2, static_cast<std::uint32_t>(value));
    } else {
        head(0xD3, static_cast<std::uint64_t>(value));
    }
}

void MsgpackWriter::text(std::string_view bytes) {
    end_at(put_text(room(bytes.size() + 5), bytes));
}

bool MsgpackWriter::is_utf8_beyond_ascii(std::string_view bytes) {
    return base::is_utf8(bytes);
}

void MsgpackWriter::collection(unsigned fix_form, unsigned form, std::size_t size) {
    if (size < 16) {
        byte(fix_form | static_cast<unsigned>(size));
    } else if (size <= UINT16_MAX) {
        head(form, static_cast<std::uint16_t>(size));
    } else {
        STEWARD_ASSERT(size <= UINT32_MAX);
        head(form + 1, static_cast<std::uint32_t>(size));
    }
}

}  // namespace steward::wire
