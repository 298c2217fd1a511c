#include "common/base/quantity.hpp"

#include <algorithm>
#include <array>

namespace steward::base {
namespace {

constexpr std::size_t kDigitsMax = 18;  // 10^18 fits into 64 bits

constexpr std::array kSizeUnits = {
    Unit{"B", 1}, Unit{"KiB", 1ULL << 10U}, Unit{"MiB", 1ULL << 20U}, Unit{"GiB", 1ULL << 30U}};

struct Digits {
    std::uint64_t value = 0;
    std::uint64_t scale = 1;
};

std::optional<Digits> take_digits(std::string_view& text) {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    if (count == 0 || count > kDigitsMax) {
        return std::nullopt;
    }
    Digits digits;
    for (const char c : text.substr(0, count)) {
        digits.value = digits.value * 10 + static_cast<std::uint64_t>(c - '0');
        digits.scale *= 10;
    }
    text.remove_prefix(count);
    return digits;
}

}  // namespace

std::optional<Decimal> take_decimal(std::string_view& text) {
    const auto whole = take_digits(text);
    if (!whole) {
        return std::nullopt;
    }
    if (!text.starts_with('.')) {
        return Decimal{whole->value, 0, 1};
    }
    text.remove_prefix(1);
    const auto fraction = take_digits(text);
    return fraction ? std::optional(Decimal{whole->value, fraction->value, fraction->scale})
                    : std::nullopt;
}

std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
    const auto number = take_decimal(text);
    const auto unit = std::ranges::find(units, text, &Unit::name);
    if (!number || unit == units.end()) {
        return std::nullopt;
    }
    __extension__ using Wide = unsigned __int128;
    const Wide part = Wide{number->fraction} * unit->factor;
    const Wide sum = Wide{number->whole} * unit->factor + part / number->scale;
    if (part % number->scale != 0 || sum > UINT64_MAX) {
        return std::nullopt;
    }
    return static_cast<std::uint64_t>(sum);
}

std::string quantity_text(std::uint64_t value, std::span<const Unit> units) {
    std::size_t at = value == 0 ? 0 : units.size() - 1;
    while (value % units[at].factor != 0) {
        --at;
    }
    std::string text = std::to_string(value / units[at].factor);
    text += units[at].name;
    return text;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    return parse_quantity(text, kSizeUnits);
}

std::string size_text(std::uint64_t bytes) {
    return quantity_text(bytes, kSizeUnits);
}

}  // namespace steward::base
