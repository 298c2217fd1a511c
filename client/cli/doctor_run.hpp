// client/cli: runs another program for a moment and takes what it says.
#pragma once

#include <string>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"

namespace steward::cli::doctor {

struct Said {
    int code = 0;  // 128 and the signal's number when one ended it
    std::string out;
    std::string err;
};

/// Standard output and error, each at most kSaidBytesMax. A program that takes longer is killed.
/// Errors: Io; Timeout.
[[nodiscard]] base::Expected<Said> say_of(const std::string& program,
                                          const std::vector<std::string>& args,
                                          base::Duration patience);

inline constexpr std::size_t kSaidBytesMax = 256U << 10U;

}  // namespace steward::cli::doctor
