// common/log: how loud a line is, as words and as the letters of ZMWS.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/expected.hpp"

namespace steward::log {

enum class Level : std::uint8_t {
    Debug,    // each job
    Info,     // the life of the broker and of its peers
    Warning,  // something was refused or works worse than it should
    Error,    // a person must look
};

/// "debug", "info", "warning", "error".
[[nodiscard]] std::string_view name_of(Level level);
/// 'D', 'I', 'W', 'E'.
[[nodiscard]] char letter_of(Level level);
/// A word or a letter, either case. Errors: BadConfig, saying what is allowed.
[[nodiscard]] base::Expected<Level> parse_level(std::string_view text);

}  // namespace steward::log
