// tests: the checksum against the published values and against itself.
#include "broker/store/crc32c.hpp"

#include <string>

#include <doctest/doctest.h>

namespace steward::store {

TEST_CASE("CRC-32C gives the values of RFC 3720, appendix B.4") {
    CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
    CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43);
    CHECK(crc32c("123456789") == 0xE3069283);
    CHECK(crc32c("") == 0);
}

TEST_CASE("Both ways of reckoning agree at every length and in parts") {
    std::string bytes;
    for (int i = 0; i < 200; ++i) {
        CHECK(crc32c(bytes) == crc32c_by_table(bytes));
        const std::string_view first = std::string_view(bytes).substr(0, bytes.size() / 3);
        const std::string_view second = std::string_view(bytes).substr(bytes.size() / 3);
        CHECK(crc32c(second, crc32c(first)) == crc32c(bytes));
        bytes += static_cast<char>(i * 37);
    }
}

}  // namespace steward::store
