// common/wire: instants as people write them (ISO 8601). The calendar is arithmetic, no clock.
#include <chrono>
#include <string>

#include "common/base/bytes.hpp"
#include "common/base/quantity.hpp"
#include "common/wire/options.hpp"

namespace steward::wire {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

base::Unexpected refuse_instant(std::string_view text) {
    return base::fail(base::Errc::BadOption,
                      "an instant is as in 2026-11-24T10:00:00Z (or with +02:00 for the Z) or "
                      "seconds since 1970, before the year 2100; this is \"" +
                          base::printable(text, 40) + "\"");
}

// Takes fixed parts off the front; the first that is not there sticks.
class Parts {
public:
    explicit Parts(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool failed() const { return failed_; }

    [[nodiscard]] std::string_view rest() const { return rest_; }

    // A number of exactly so many digits, at most `most`.
    unsigned number(std::size_t digits, unsigned most) {
        unsigned value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            const char c = i < rest_.size() ? rest_[i] : '\0';
            failed_ = failed_ || c < '0' || c > '9';
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
        failed_ = failed_ || value > most;
        rest_.remove_prefix(failed_ ? rest_.size() : digits);
        return failed_ ? 0 : value;
    }

    bool mark(char c) {
        const bool is_there = rest_.starts_with(c);
        rest_.remove_prefix(is_there ? 1 : 0);
        return is_there;
    }

    void need(char c) { failed_ = !mark(c) || failed_; }

    void fail() { failed_ = true; }

    // Digits of a second, as microseconds.
    base::Duration fraction() {
        std::int64_t micros = 0;
        std::size_t digits = 0;
        for (; !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; ++digits) {
            micros = digits < 6 ? micros * 10 + (rest_.front() - '0') : micros;
            rest_.remove_prefix(1);
        }
        failed_ = failed_ || digits == 0 || digits > 9;
        for (; digits < 6; ++digits) {
            micros *= 10;
        }
        return base::Duration(micros);
    }

private:
    std::string_view rest_;
    bool failed_ = false;
};

base::Duration read_date(Parts& parts) {
    const int year = static_cast<int>(parts.number(4, 9999));
    parts.need('-');
    const unsigned month = parts.number(2, 12);
    parts.need('-');
    const unsigned day = parts.number(2, 31);
    const std::chrono::year_month_day date{
        std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (!date.ok()) {
        parts.fail();
    }
    return parts.failed() ? base::Duration() : std::chrono::sys_days(date).time_since_epoch();
}

base::Duration read_time(Parts& parts) {
    base::Duration time = hours(parts.number(2, 23));
    parts.need(':');
    time += minutes(parts.number(2, 59));
    parts.need(':');
    time += seconds(parts.number(2, 59));
    return parts.mark('.') ? time + parts.fraction() : time;
}

// How far the clock that was read is ahead of UTC.
base::Duration read_offset(Parts& parts) {
    if (parts.mark('Z')) {
        return {};
    }
    const bool behind = parts.mark('-');
    if (!behind) {
        parts.need('+');
    }
    base::Duration offset = hours(parts.number(2, 23));
    parts.need(':');
    offset += minutes(parts.number(2, 59));
    return behind ? -offset : offset;
}

std::optional<base::Duration> read_calendar(std::string_view text) {
    Parts parts(text);
    base::Duration since_1970 = read_date(parts);
    parts.need('T');
    since_1970 += read_time(parts);
    since_1970 -= read_offset(parts);
    return parts.failed() || !parts.rest().empty() ? std::nullopt : std::optional(since_1970);
}

std::optional<base::Duration> read_seconds(std::string_view text) {
    constexpr std::uint64_t kMicros = 1'000'000;
    constexpr auto kMost = std::chrono::floor<seconds>(kRunAtMax.time_since_epoch());
    const auto number = base::take_decimal(text);
    if (!number || !text.empty() || number->whole > static_cast<std::uint64_t>(kMost.count())) {
        return std::nullopt;
    }
    __extension__ using Wide = unsigned __int128;
    const auto part = static_cast<std::int64_t>(Wide{number->fraction} * kMicros / number->scale);
    return seconds(number->whole) + base::Duration(part);
}

void append_padded(std::string& out, std::int64_t value, std::size_t digits) {
    const std::string text = std::to_string(value);
    out.append(digits - std::min(digits, text.size()), '0');
    out += text;
}

}  // namespace

base::Expected<base::WallTime> parse_instant(std::string_view text) {
    auto since_1970 = read_seconds(text);
    if (!since_1970) {
        since_1970 = read_calendar(text);
    }
    if (!since_1970 || since_1970->count() < 0 || *since_1970 > kRunAtMax.time_since_epoch()) {
        return refuse_instant(text);
    }
    return base::WallTime(*since_1970);
}

std::string instant_text(base::WallTime at) {
    const auto day = std::chrono::floor<std::chrono::days>(at.time_since_epoch());
    const std::chrono::year_month_day date{std::chrono::sys_days(day)};
    const std::chrono::hh_mm_ss time(at.time_since_epoch() - day);
    std::string out;
    append_padded(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_padded(out, time.hours().count(), 2);
    out += ':';
    append_padded(out, time.minutes().count(), 2);
    out += ':';
    append_padded(out, time.seconds().count(), 2);
    if (time.subseconds().count() != 0) {
        out += '.';
        append_padded(out, time.subseconds().count(), 6);
    }
    out += 'Z';
    return out;
}

}  // namespace steward::wire
