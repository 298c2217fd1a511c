// common/wire: durations as people write them. In integers, so that every machine reads the same.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "common/base/bytes.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"

namespace steward::wire {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t micros;
};

constexpr std::array<Unit, 6> kUnits = {{{"", 1'000'000},
                                         {"ms", 1'000},
                                         {"s", 1'000'000},
                                         {"min", 60'000'000},
                                         {"h", 3'600'000'000},
                                         {"d", 86'400'000'000}}};
constexpr std::size_t kFractionDigitsMax = 9;

std::string_view take_digits(std::string_view& text) {
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::string_view digits = text.substr(0, end);
    text.remove_prefix(end);
    return digits;
}

// False when there is no digit or the number needs more than 64 bits.
bool read_number(std::string_view digits, std::uint64_t& number) {
    const char* const end = digits.data() + digits.size();
    return std::from_chars(digits.data(), end, number).ec == std::errc();
}

base::Unexpected refuse(std::string_view text) {
    return base::fail(base::Errc::BadOption,
                      "a duration is a number with ms, s, min, h or d (seconds without), up to "
                      "3650d and with at most nine digits after the point; this is \"" +
                          base::printable(text, 40) + "\"");
}

}  // namespace

base::Expected<base::Duration> parse_duration(std::string_view text) {
    std::string_view rest = text;
    std::uint64_t whole = 0;
    if (!read_number(take_digits(rest), whole)) {
        return refuse(text);
    }
    std::uint64_t fraction = 0;
    std::uint64_t scale = 1;
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        const std::string_view digits = take_digits(rest);
        if (digits.size() > kFractionDigitsMax || !read_number(digits, fraction)) {
            return refuse(text);
        }
        for (std::size_t i = 0; i < digits.size(); ++i) {
            scale *= 10;
        }
    }
    const auto* const unit = std::ranges::find(kUnits, rest, &Unit::name);
    constexpr auto kMost = static_cast<std::uint64_t>(kDurationMax.count());
    if (unit == kUnits.end() || whole > kMost / unit->micros) {
        return refuse(text);
    }
    // The fraction of a unit is below 2^30 and a unit below 2^37: the product needs the wide type.
    __extension__ using Wide = unsigned __int128;
    const auto part = static_cast<std::uint64_t>(Wide{fraction} * unit->micros / scale);
    const std::uint64_t micros = whole * unit->micros + part;
    if (micros > kMost) {
        return refuse(text);
    }
    return base::Duration(static_cast<std::int64_t>(micros));
}

}  // namespace steward::wire
