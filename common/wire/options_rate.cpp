// common/wire: rates as people write them.
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>

#include "common/base/bytes.hpp"
#include "common/wire/options.hpp"

namespace steward::wire {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t micros;
};

constexpr std::array<Unit, 4> kUnits = {
    {{"s", 1'000'000}, {"min", 60'000'000}, {"h", 3'600'000'000}, {"d", 86'400'000'000}}};

base::Unexpected refuse(std::string_view text) {
    return base::fail(base::Errc::BadOption,
                      "a rate is a number with /s, /min, /h or /d (a second without), at most "
                      "1000000/s; this is \"" +
                          base::printable(text, 40) + "\"");
}

}  // namespace

base::Expected<model::Rate> parse_rate(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string_view digits = text.substr(0, slash);
    const std::string_view name = slash == std::string_view::npos ? "s" : text.substr(slash + 1);
    double number = 0;
    const auto read = std::from_chars(
        digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
    if (digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size() ||
        !(number > 0)) {
        return refuse(text);
    }
    for (const Unit& unit : kUnits) {
        if (unit.name == name) {
            const double spacing = std::round(static_cast<double>(unit.micros) / number);
            if (!(spacing >= 1 && spacing <= static_cast<double>(kDurationMax.count()))) {
                return refuse(text);
            }
            return model::Rate{base::Duration{static_cast<std::int64_t>(spacing)}};
        }
    }
    return refuse(text);
}

std::string rate_text(model::Rate rate) {
    const std::int64_t spacing = rate.spacing.count();
    for (const Unit& unit : kUnits) {
        const auto number = static_cast<std::int64_t>(
            std::llround(static_cast<double>(unit.micros) / static_cast<double>(spacing)));
        if (number > 0 && std::llround(static_cast<double>(unit.micros) /
                                       static_cast<double>(number)) == spacing) {
            return std::to_string(number) + "/" + std::string(unit.name);
        }
    }
    char text[40];
    std::snprintf(text,
                  sizeof text,
                  "%.15f/d",
                  static_cast<double>(kUnits.back().micros) / static_cast<double>(spacing));
    return text;
}

}  // namespace steward::wire
