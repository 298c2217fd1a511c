#include "common/calendar/cron_fields.hpp"

#include <bit>

namespace steward::calendar {
namespace {

// A 29 February that must be a certain weekday can be forty years away: across 2100.
constexpr int kMonthsMax = 12 * 40;

template <class Bits>
constexpr Bits from_bit_on(unsigned bit) {
    return static_cast<Bits>(~Bits{0} << bit);
}

}  // namespace

// Bit n: day n of the month fits.
std::uint32_t CronFields::days_of(std::chrono::year_month month) const {
    if ((months >> static_cast<unsigned>(month.month()) & 1U) == 0) {
        return 0;
    }
    const unsigned weekday_of_first =
        std::chrono::weekday(std::chrono::local_days(month / 1)).c_encoding();
    std::uint64_t weeks = 0;  // bit n: n days after a Sunday
    for (unsigned week = 0; week < 6; ++week) {
        weeks |= std::uint64_t{weekdays} << (7 * week);
    }
    const auto by_weekday = static_cast<std::uint32_t>(weeks >> weekday_of_first << 1U);
    const std::uint32_t fit = either_day ? days | by_weekday : days & by_weekday;
    const auto length = static_cast<unsigned>((month / std::chrono::last).day());
    return fit & from_bit_on<std::uint32_t>(1) & (UINT32_MAX >> (31 - length));
}

// Minutes since midnight.
std::optional<std::chrono::minutes> CronFields::first_of_day(std::chrono::minutes from) const {
    const auto from_hour = static_cast<unsigned>(from.count() / 60);
    const auto from_minute = static_cast<unsigned>(from.count() % 60);
    const std::uint64_t in_this_hour = minutes & from_bit_on<std::uint64_t>(from_minute);
    if ((hours >> from_hour & 1U) != 0 && in_this_hour != 0) {
        return std::chrono::hours(from_hour) + std::chrono::minutes(std::countr_zero(in_this_hour));
    }
    const std::uint32_t later = hours & from_bit_on<std::uint32_t>(from_hour + 1);
    if (later == 0) {
        return std::nullopt;
    }
    return std::chrono::hours(std::countr_zero(later)) +
           std::chrono::minutes(std::countr_zero(minutes));
}

std::optional<LocalTime> CronFields::first_from(LocalTime from) const {
    using namespace std::chrono;
    const auto minute = ceil<std::chrono::minutes>(from);
    const auto today = floor<std::chrono::days>(minute);
    const year_month_day date(today);
    const auto this_month = date.year() / date.month();
    const std::uint32_t fit_now = days_of(this_month);
    if ((fit_now >> static_cast<unsigned>(date.day()) & 1U) != 0) {
        if (const auto time = first_of_day(minute - today)) {
            return today + *time;
        }
    }
    std::uint32_t fit = fit_now & from_bit_on<std::uint32_t>(static_cast<unsigned>(date.day())) &
                        ~(1U << static_cast<unsigned>(date.day()));
    auto month = this_month;
    for (int passed = 0; fit == 0; ++passed) {
        if (passed == kMonthsMax) {
            return std::nullopt;
        }
        month += std::chrono::months{1};
        fit = days_of(month);
    }
    const auto day = local_days(month / std::countr_zero(fit));
    return day + *first_of_day(std::chrono::minutes{0});
}

}  // namespace steward::calendar
