// common/wire: durations as people write them.
#include <algorithm>
#include <array>
#include <string>

#include "common/base/bytes.hpp"
#include "common/base/quantity.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"

namespace steward::wire {
namespace {

constexpr std::array<base::Unit, 6> kUnits = {{{"ms", 1'000},
                                               {"s", 1'000'000},
                                               {"min", 60'000'000},
                                               {"h", 3'600'000'000},
                                               {"d", 86'400'000'000},
                                               {"", 1'000'000}}};
constexpr std::uint64_t kScaleMax = 1'000'000'000;  // of nine digits

base::Unexpected refuse_duration(std::string_view text) {
    return base::fail(base::Errc::BadOption,
                      "a duration is a number with ms, s, min, h or d (seconds without), up to "
                      "3650d and with at most nine digits after the point; this is \"" +
                          base::printable(text, 40) + "\"");
}

}  // namespace

base::Expected<base::Duration> parse_duration(std::string_view text) {
    std::string_view rest = text;
    const auto number = base::take_decimal(rest);
    const auto* const unit = std::ranges::find(kUnits, rest, &base::Unit::name);
    constexpr auto kMost = static_cast<std::uint64_t>(kDurationMax.count());
    if (!number || number->scale > kScaleMax || unit == kUnits.end() ||
        number->whole > kMost / unit->factor) {
        return refuse_duration(text);
    }
    // The fraction of a unit is below 2^30 and a unit below 2^37: the product needs the wide type.
    __extension__ using Wide = unsigned __int128;
    const auto part =
        static_cast<std::uint64_t>(Wide{number->fraction} * unit->factor / number->scale);
    const std::uint64_t micros = number->whole * unit->factor + part;
    if (micros > kMost) {
        return refuse_duration(text);
    }
    return base::Duration(static_cast<std::int64_t>(micros));
}

std::string duration_text(base::Duration duration) {
    const auto count = duration.count();
    if (count == 0) {
        return "0s";
    }
    // Through unsigned: the most negative count has no positive counterpart.
    const auto micros =
        count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
    std::string text = count < 0 ? "-" : "";
    for (std::size_t i = 5; i-- > 0;) {
        if (micros % kUnits[i].factor == 0) {
            text += std::to_string(micros / kUnits[i].factor);
            text += kUnits[i].name;
            return text;
        }
    }
    const std::string fraction = std::to_string(1000 + micros % 1000);
    return text + std::to_string(micros / 1000) + "." + fraction.substr(1) + "ms";
}

}  // namespace steward::wire
