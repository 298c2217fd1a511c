// broker/store: the checksum of journal files: CRC-32C (Castagnoli), as in RFC 3720, appendix B.4.
#pragma once

#include <cstdint>
#include <string_view>

namespace steward::store {

/// The checksum of what `so_far` is the checksum of, followed by `bytes`. Uses the processor's own
/// instruction where there is one.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far = 0);

/// The same without that instruction: for tests.
[[nodiscard]] std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t so_far = 0);

}  // namespace steward::store
