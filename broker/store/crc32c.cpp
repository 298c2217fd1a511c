#include "broker/store/crc32c.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace steward::store {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // bits reversed

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t sum = i;
        for (int bit = 0; bit < 8; ++bit) {
            sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? kPolynomial : 0U);
        }
        table[i] = sum;
    }
    return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_by_processor(std::string_view bytes,
                                                                    std::uint32_t so_far) {
    std::uint64_t sum = ~so_far;
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        sum = _mm_crc32_u64(sum, word);
        at += sizeof word;
    }
    auto rest = static_cast<std::uint32_t>(sum);
    for (; left > 0; --left) {
        rest = _mm_crc32_u8(rest, static_cast<unsigned char>(*at++));
    }
    return ~rest;
}
#endif

}  // namespace

std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t so_far) {
    std::uint32_t sum = ~so_far;
    for (const char c : bytes) {
        sum = kTable[(sum ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (sum >> 8U);
    }
    return ~sum;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far) {
#if defined(__x86_64__)
    static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
    if (has_instruction) {
        return crc32c_by_processor(bytes, so_far);
    }
#endif
    return crc32c_by_table(bytes, so_far);
}

}  // namespace steward::store
