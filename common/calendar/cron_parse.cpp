// common/calendar: reads cron expressions and says what is wrong with those that are none.
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/whole_number.hpp"
#include "common/calendar/cron.hpp"
#include "common/model/limits.hpp"

namespace steward::calendar {
namespace {

using base::Expected;

constexpr std::string_view kBlanks = " \t";

struct Shorthand {
    std::string_view name;
    std::string_view fields;
};

constexpr std::array kShorthands = {Shorthand{"@yearly", "0 0 1 1 *"},
                                    Shorthand{"@annually", "0 0 1 1 *"},
                                    Shorthand{"@monthly", "0 0 1 * *"},
                                    Shorthand{"@weekly", "0 0 * * 0"},
                                    Shorthand{"@daily", "0 0 * * *"},
                                    Shorthand{"@midnight", "0 0 * * *"},
                                    Shorthand{"@hourly", "0 * * * *"}};

constexpr std::array<std::string_view, 12> kMonths = {
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "sun", "mon", "tue", "wed", "thu", "fri", "sat"};

/// What one of the five fields may hold.
struct Field {
    std::string_view name;
    unsigned first;
    unsigned last;
    std::span<const std::string_view> names;  // of the numbers from `first` on
    std::string_view values;
};

constexpr std::array kFields = {
    Field{"minute", 0, 59, {}, "0 to 59"},
    Field{"hour", 0, 23, {}, "0 to 23"},
    Field{"day of month", 1, 31, {}, "1 to 31"},
    Field{"month", 1, 12, kMonths, "1 to 12 or jan to dec"},
    Field{"day of week", 0, 7, kWeekdays, "0 to 7 (0 and 7: Sunday) or sun to sat"}};
constexpr unsigned kSunday = 7;

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

std::string quoted(std::string_view text) {
    return '"' + base::printable(text, 60) + '"';
}

// `item` is what stands between two commas.
base::Unexpected refuse(const Field& field, std::string_view item, const std::string& why) {
    std::string message = "the ";
    message += field.name;
    message += " of a cron expression has " + quoted(item) + ", " + why + "; allowed are *, ";
    message += field.values;
    message += ", ranges (N-M), a step after * or a range (*/N), and lists with commas";
    return base::fail(base::Errc::BadOption, std::move(message));
}

Expected<unsigned> read_value(const Field& field, std::string_view item, std::string_view text) {
    const auto name = std::ranges::find(field.names, text);
    if (name != field.names.end()) {
        return field.first + static_cast<unsigned>(name - field.names.begin());
    }
    const auto number = base::parse_whole<unsigned>(text);
    if (!number) {
        return refuse(
            field,
            item,
            text.empty() ? "where a value is missing" : quoted(text) + " is no value of it");
    }
    if (*number < field.first || *number > field.last) {
        return refuse(field, item, std::to_string(*number) + " is out of range");
    }
    return *number;
}

struct Range {
    unsigned first;
    unsigned last;
};

Expected<Range> read_range(const Field& field, std::string_view item, std::string_view text) {
    if (text == "*") {
        return Range{field.first, field.last};
    }
    const std::size_t dash = text.find('-');
    const auto first = read_value(field, item, text.substr(0, dash));
    if (!first || dash == std::string_view::npos) {
        return first.map([](unsigned value) { return Range{value, value}; });
    }
    auto last = read_value(field, item, text.substr(dash + 1));
    if (!last) {
        return base::Unexpected(last.error());
    }
    if (field.last == kSunday && *last == 0 && *first > 0) {
        *last = kSunday;
    }
    if (*first > *last) {
        return refuse(field, item, "which ends before it begins (write it as two ranges)");
    }
    return Range{*first, *last};
}

Expected<std::uint64_t> read_item(const Field& field, std::string_view item) {
    const std::size_t slash = item.find('/');
    const std::string_view text = item.substr(0, slash);
    const auto range = read_range(field, item, text);
    if (!range) {
        return base::Unexpected(range.error());
    }
    unsigned step = 1;
    if (slash != std::string_view::npos) {
        if (text != "*" && text.find('-') == std::string_view::npos) {
            return refuse(field, item, "a step after a single value");
        }
        const auto number = base::parse_whole<unsigned>(item.substr(slash + 1));
        if (!number || *number < 1 || *number > field.last) {
            return refuse(field, item, "whose step is none of 1 to " + std::to_string(field.last));
        }
        step = *number;
    }
    std::uint64_t bits = 0;
    for (unsigned value = range->first; value <= range->last; value += step) {
        bits |= std::uint64_t{1} << value;
    }
    return bits;
}

Expected<std::uint64_t> read_field(const Field& field, std::string_view text) {
    std::uint64_t bits = 0;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        auto item = read_item(field, text.substr(at, comma - at));
        if (!item) {
            return item;
        }
        bits |= *item;
        at = comma + 1;
    }
    return bits;
}

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    std::size_t at = text.find_first_not_of(kBlanks);
    while (at != std::string_view::npos) {
        const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
        words.push_back(text.substr(at, end - at));
        at = text.find_first_not_of(kBlanks, end);
    }
    return words;
}

base::Unexpected refuse_form(std::string_view text, const std::string& why) {
    std::string message =
        "a cron expression has five fields (minute, hour, day of month, month, day of week) or is "
        "one of";
    for (const Shorthand& shorthand : kShorthands) {
        message += ' ';
        message += shorthand.name;
    }
    return base::fail(base::Errc::BadOption, message + "; " + quoted(text) + why);
}

Expected<CronFields> read_fields(const std::vector<std::string_view>& words) {
    std::array<std::uint64_t, kFields.size()> bits{};
    for (std::size_t i = 0; i < kFields.size(); ++i) {
        const auto field = read_field(kFields.at(i), words[i]);
        if (!field) {
            return base::Unexpected(field.error());
        }
        bits.at(i) = *field;
    }
    const std::uint64_t weekdays = (bits[4] | bits[4] >> kSunday) & 0x7FU;
    return CronFields{.minutes = bits[0],
                      .hours = static_cast<std::uint32_t>(bits[1]),
                      .days = static_cast<std::uint32_t>(bits[2]),
                      .months = static_cast<std::uint32_t>(bits[3]),
                      .weekdays = static_cast<std::uint32_t>(weekdays),
                      .either_day = words[2].front() != '*' && words[4].front() != '*'};
}

}  // namespace

Expected<Cron> Cron::parse(std::string_view text) {
    if (text.size() > model::kExpressionBytesMax) {
        return base::fail(base::Errc::BadOption,
                          "a cron expression has at most " +
                              std::to_string(model::kExpressionBytesMax) + " bytes, this one has " +
                              std::to_string(text.size()));
    }
    std::string lower = lower_case(text);
    auto words = words_of(lower);
    if (words.size() == 1) {
        const auto* const shorthand = std::ranges::find(kShorthands, words[0], &Shorthand::name);
        if (shorthand != kShorthands.end()) {
            words = words_of(shorthand->fields);
        } else if (words[0].starts_with('@')) {
            return refuse_form(text, " is none of these");
        }
    }
    if (words.size() != kFields.size()) {
        return refuse_form(text, " has " + std::to_string(words.size()));
    }
    const auto fields = read_fields(words);
    if (!fields) {
        return base::Unexpected(fields.error());
    }
    if (!fields->first_from(LocalTime{})) {
        return base::fail(base::Errc::BadOption,
                          "the cron expression " + quoted(text) +
                              " names a day that never comes: no month of these has it");
    }
    return Cron(*fields);
}

}  // namespace steward::calendar
