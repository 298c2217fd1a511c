// common/wire: integers in network byte order, as one instruction: the loops that say the same are
// not unrolled at -O2 and cost the native codec a tenth of its speed.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace steward::wire {

template <std::unsigned_integral Integer>
[[nodiscard]] constexpr Integer big_endian(Integer value) {
    if constexpr (std::endian::native == std::endian::big || sizeof value == 1) {
        return value;
    } else if constexpr (sizeof value == 2) {
        return __builtin_bswap16(value);
    } else if constexpr (sizeof value == 4) {
        return __builtin_bswap32(value);
    } else {
        static_assert(sizeof value == 8);
        return __builtin_bswap64(value);
    }
}

/// Pre: `to` has room for the integer.
template <std::unsigned_integral Integer>
void store_be(char* to, Integer value) {
    value = big_endian(value);
    std::memcpy(to, &value, sizeof value);
}

/// Pre: `from` has at least sizeof(Integer) bytes.
template <std::unsigned_integral Integer>
[[nodiscard]] Integer load_be(const char* from) {
    Integer value = 0;
    std::memcpy(&value, from, sizeof value);
    return big_endian(value);
}

}  // namespace steward::wire
