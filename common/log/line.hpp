// common/log: one line as text: time, letter, event word, key=value fields.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/time.hpp"
#include "common/log/level.hpp"

namespace steward::log {

using Field = std::pair<std::string_view, std::string_view>;

/// A longer value is cut: a log line is no place for payloads.
inline constexpr std::size_t kValueBytesMax = 1024;

/// "2026-01-31T12:00:00.123Z I worker_ready peer=6a01 name="my worker"", without a line end. Values
/// with spaces, quotes, control or non-ASCII bytes are quoted and escaped, so that a line is one
/// line and nobody can forge another.
[[nodiscard]] std::string format_line(base::WallTime at,
                                      Level level,
                                      std::string_view event,
                                      std::span<const Field> fields);

/// "2026-01-31T12:00:00.123Z".
[[nodiscard]] std::string time_text(base::WallTime at);

}  // namespace steward::log
