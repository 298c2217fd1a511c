#include "gateway/api/desk.hpp"

#include <cstring>

namespace steward::gateway {

std::array<unsigned char, 16> Desk::random_bytes() {
    std::array<unsigned char, 16> bytes{};
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
        const std::uint64_t bits = chance_.next();
        std::memcpy(bytes.data() + at, &bits, sizeof bits);
    }
    return bytes;
}

}  // namespace steward::gateway
