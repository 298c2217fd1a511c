// common/config: durations and sizes as people write them: a number and a unit, never a bare
// number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/quantity.hpp"
#include "common/base/time.hpp"

namespace steward::config {

inline constexpr std::string_view kDurationForm =
    "a duration with its unit (us, ms, s, min, h, d), such as \"250ms\" or \"5s\"";
inline constexpr std::string_view kSizeForm =
    "a size with its unit (B, KiB, MiB, GiB), such as \"64MiB\"";

/// "250ms", "5s", "1.5h"; exact to the microsecond. Nothing when the text has another form, no
/// unit, or a value beyond what a Duration holds.
[[nodiscard]] std::optional<base::Duration> parse_duration(std::string_view text);
/// In the largest unit that divides it: "5s", "1500ms", "0s".
[[nodiscard]] std::string duration_text(base::Duration duration);

using base::parse_size;
using base::size_text;

}  // namespace steward::config
