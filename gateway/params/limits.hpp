// gateway/params: every bound of what a request may hold, in one place. How long a body or a head
// may be is the server's matter (gateway/http).
#pragma once

#include <cstddef>

namespace steward::gateway {

inline constexpr std::size_t kPairsMax = 1000;          // of one query or form
inline constexpr std::size_t kPartsMax = 1000;          // of one multipart body
inline constexpr std::size_t kPartHeadBytesMax = 8192;  // all headers of one part
inline constexpr std::size_t kPartHeadersMax = 32;      // of one part
inline constexpr std::size_t kBoundaryBytesMax = 70;    // RFC 2046, 5.1.1
inline constexpr std::size_t kSegmentsMax = 16;         // of one path
inline constexpr std::size_t kJsonpNameBytesMax = 100;  //
inline constexpr std::size_t kAcceptRangesMax = 32;     // of one Accept header; others do not count
inline constexpr std::size_t kRequestIdBytesMax = 64;   // taken from a caller
inline constexpr std::size_t kContentTypeBytesMax = 255;  // kept in a job's meta

}  // namespace steward::gateway
