#include "common/config/units.hpp"

#include <array>
#include <limits>

namespace steward::config {
namespace {

constexpr std::array kDurationUnits = {base::Unit{"us", 1},
                                       base::Unit{"ms", 1'000},
                                       base::Unit{"s", 1'000'000},
                                       base::Unit{"min", 60'000'000},
                                       base::Unit{"h", 3'600'000'000},
                                       base::Unit{"d", 86'400'000'000}};

}  // namespace

std::optional<base::Duration> parse_duration(std::string_view text) {
    const auto value = base::parse_quantity(text, kDurationUnits);
    if (!value ||
        *value > static_cast<std::uint64_t>(std::numeric_limits<base::Duration::rep>::max())) {
        return std::nullopt;
    }
    return base::Duration(static_cast<base::Duration::rep>(*value));
}

std::string duration_text(base::Duration duration) {
    const auto count = duration.count();
    if (count == 0) {
        return "0s";
    }
    // Through unsigned: the most negative count has no positive counterpart.
    const auto micros = static_cast<std::uint64_t>(count);
    return count < 0 ? "-" + base::quantity_text(0 - micros, kDurationUnits)
                     : base::quantity_text(micros, kDurationUnits);
}

}  // namespace steward::config
