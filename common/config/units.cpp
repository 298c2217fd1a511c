#include "common/config/units.hpp"

#include <array>
#include <limits>
#include <span>

namespace steward::config {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// Smallest first.
constexpr std::array kDurationUnits = {Unit{"us", 1},
                                       Unit{"ms", 1'000},
                                       Unit{"s", 1'000'000},
                                       Unit{"min", 60'000'000},
                                       Unit{"h", 3'600'000'000},
                                       Unit{"d", 86'400'000'000}};
constexpr std::array kSizeUnits = {
    Unit{"B", 1}, Unit{"KiB", 1ULL << 10U}, Unit{"MiB", 1ULL << 20U}, Unit{"GiB", 1ULL << 30U}};

constexpr std::size_t kTextBytesMax = 40;

// value * factor, or nothing when it does not fit.
std::optional<std::uint64_t> multiply(std::uint64_t value, std::uint64_t factor) {
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(value, factor, &product)) {
        return std::nullopt;
    }
    return product;
}

// Takes digits off the front. Nothing when there are none or too many for 64 bits.
std::optional<std::uint64_t> take_digits(std::string_view& text, std::uint64_t& scale) {
    std::uint64_t value = 0;
    scale = 1;
    std::size_t count = 0;
    while (count < text.size() && text[count] >= '0' && text[count] <= '9') {
        const auto digit = static_cast<std::uint64_t>(text[count] - '0');
        const auto tens = multiply(value, 10);
        if (!tens || *tens > std::numeric_limits<std::uint64_t>::max() - digit || count >= 18) {
            return std::nullopt;
        }
        value = *tens + digit;
        scale *= 10;
        ++count;
    }
    if (count == 0) {
        return std::nullopt;
    }
    text.remove_prefix(count);
    return value;
}

// A decimal number and one of `units`, exactly.
std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units) {
    if (text.size() > kTextBytesMax) {
        return std::nullopt;
    }
    std::uint64_t scale = 1;
    const auto whole = take_digits(text, scale);
    if (!whole) {
        return std::nullopt;
    }
    std::uint64_t fraction = 0;
    scale = 1;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        const auto digits = take_digits(text, scale);
        if (!digits) {
            return std::nullopt;
        }
        fraction = *digits;
    }
    for (const Unit& unit : units) {
        if (text != unit.name) {
            continue;
        }
        const auto from_whole = multiply(*whole, unit.factor);
        const auto from_fraction = multiply(fraction, unit.factor);
        if (!from_whole || !from_fraction || *from_fraction % scale != 0) {
            return std::nullopt;
        }
        const std::uint64_t sum = *from_whole + *from_fraction / scale;
        return sum < *from_whole ? std::nullopt : std::optional(sum);
    }
    return std::nullopt;
}

std::string print(std::uint64_t value, std::span<const Unit> units, std::string_view zero) {
    if (value == 0) {
        return std::string(zero);
    }
    for (std::size_t i = units.size(); i-- > 0;) {
        if (value % units[i].factor == 0) {
            std::string text = std::to_string(value / units[i].factor);
            text += units[i].name;
            return text;
        }
    }
    return {};  // not reached: the smallest factor is 1
}

}  // namespace

std::optional<base::Duration> parse_duration(std::string_view text) {
    const auto value = parse(text, kDurationUnits);
    if (!value ||
        *value > static_cast<std::uint64_t>(std::numeric_limits<base::Duration::rep>::max())) {
        return std::nullopt;
    }
    return base::Duration(static_cast<base::Duration::rep>(*value));
}

std::string duration_text(base::Duration duration) {
    const auto count = duration.count();
    if (count < 0) {
        return "-" + print(0 - static_cast<std::uint64_t>(count), kDurationUnits, "0s");
    }
    return print(static_cast<std::uint64_t>(count), kDurationUnits, "0s");
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    return parse(text, kSizeUnits);
}

std::string size_text(std::uint64_t bytes) {
    return print(bytes, kSizeUnits, "0B");
}

}  // namespace steward::config
