// common/wire: rates as people write them. In integers, so that every machine reads the same.
#include <array>
#include <string>

#include "common/base/assert.hpp"
#include "common/base/bytes.hpp"
#include "common/base/quantity.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"

namespace steward::wire {
namespace {

constexpr std::array<base::Unit, 4> kUnits = {
    {{"s", 1'000'000}, {"min", 60'000'000}, {"h", 3'600'000'000}, {"d", 86'400'000'000}}};

base::Unexpected refuse_rate(std::string_view text) {
    return base::fail(base::Errc::BadOption,
                      "a rate is a number in a time such as 5/s, 100/min or 1/90s (in a second "
                      "without one), from 1/3650d to 1000000/s; this is \"" +
                          base::printable(text, 40) + "\"");
}

// The time behind the slash: "90s", or a unit alone.
std::optional<base::Duration> time_of(std::string_view text) {
    const bool is_unit = !text.empty() && text.front() >= 'a' && text.front() <= 'z';
    const auto time = parse_duration(is_unit ? "1" + std::string(text) : std::string(text));
    return time ? std::optional(*time) : std::nullopt;
}

std::uint64_t divide_up(std::uint64_t value, std::uint64_t by) {
    return (value + by - 1) / by;
}

}  // namespace

base::Expected<model::Rate> parse_rate(std::string_view text) {
    std::string_view rest = text;
    const auto number = base::take_decimal(rest);
    if (!number || (!rest.empty() && rest.front() != '/')) {
        return refuse_rate(text);
    }
    const auto time = rest.empty() ? std::chrono::seconds(1) : time_of(rest.substr(1));
    if (!time) {
        return refuse_rate(text);
    }
    // The time over the number, both times the number's scale: below 2^109 and 2^120.
    __extension__ using Wide = unsigned __int128;
    const Wide above = Wide{static_cast<std::uint64_t>(time->count())} * number->scale;
    const Wide below = Wide{number->whole} * number->scale + number->fraction;
    if (below == 0 || above < below) {
        return refuse_rate(text);
    }
    const Wide spacing = (above + below - 1) / below;
    if (spacing > static_cast<std::uint64_t>(kDurationMax.count())) {
        return refuse_rate(text);
    }
    return model::Rate{base::Duration(static_cast<std::int64_t>(spacing))};
}

std::string rate_text(model::Rate rate) {
    STEWARD_ASSERT(rate.spacing.count() > 0);
    const auto spacing = static_cast<std::uint64_t>(rate.spacing.count());
    for (const base::Unit& unit : kUnits) {
        const std::uint64_t number = divide_up(unit.factor, spacing);
        if (divide_up(unit.factor, number) == spacing) {
            std::string text = std::to_string(number);
            text += '/';
            text += unit.name;
            return text;
        }
    }
    return "1/" + duration_text(rate.spacing);
}

}  // namespace steward::wire
