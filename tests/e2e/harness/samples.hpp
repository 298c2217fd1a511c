// tests/e2e: the sample workers of this build and what they do.
#pragma once

#include <string_view>

namespace steward::e2e {

/// One program serves one of these services; `--service` gives it another name.
inline constexpr std::string_view kReverseProgram =
    "steward-worker-reverse";                                              // a string, backwards
inline constexpr std::string_view kSleepProgram = "steward-worker-sleep";  // {"seconds": n}
inline constexpr std::string_view kStreamProgram =
    "steward-worker-stream";  // {"count": n} partials

}  // namespace steward::e2e
