// common/base: numbers with a unit as people write them ("1.5GiB", "250ms"), read and printed in
// integers, so that every machine reads the same. Which units there are is the caller's matter.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace steward::base {

/// whole + fraction / scale, exactly; `scale` is a power of ten.
struct Decimal {
    std::uint64_t whole = 0;
    std::uint64_t fraction = 0;
    std::uint64_t scale = 1;
};

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

/// Takes digits, and a point with more digits where one follows, off the front of `text`. Nothing
/// when there is no such number, or one of more than 18 digits before or behind the point.
[[nodiscard]] std::optional<Decimal> take_decimal(std::string_view& text);
/// A number directly followed by the name of one of `units`. Nothing for any other text, and when
/// the value is no whole number or takes more than 64 bits.
[[nodiscard]] std::optional<std::uint64_t> parse_quantity(std::string_view text,
                                                          std::span<const Unit> units);
/// In the largest unit that divides `value`; 0 in the smallest. Pre: `units` ascend from factor 1.
[[nodiscard]] std::string quantity_text(std::uint64_t value, std::span<const Unit> units);

/// "64MiB", "512B", "1.5GiB": bytes with B, KiB, MiB or GiB.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
[[nodiscard]] std::string size_text(std::uint64_t bytes);

}  // namespace steward::base
