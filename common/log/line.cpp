#include "common/log/line.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "common/base/bytes.hpp"

namespace steward::log {
namespace {

bool is_plain(std::string_view value) {
    return !value.empty() && std::ranges::all_of(value, [](char c) {
        return c > ' ' && c < '\x7f' && c != '"' && c != '\\' && c != '=';
    });
}

void append_value(std::string& line, std::string_view value) {
    if (value.size() <= kValueBytesMax && is_plain(value)) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : base::printable(value, kValueBytesMax)) {
        if (c == '"') {
            line += '\\';
        }
        line += c;
    }
    line += '"';
}

}  // namespace

std::string time_text(base::WallTime at) {
    using namespace std::chrono;
    const sys_time<microseconds> time(at.time_since_epoch());
    const sys_days day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(floor<milliseconds>(time - day));
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(),
                                     text.size(),
                                     "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                                     static_cast<int>(date.year()),
                                     static_cast<unsigned>(date.month()),
                                     static_cast<unsigned>(date.day()),
                                     static_cast<int>(clock.hours().count()),
                                     static_cast<int>(clock.minutes().count()),
                                     static_cast<int>(clock.seconds().count()),
                                     static_cast<int>(clock.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(std::max(length, 0))};
}

std::string format_line(base::WallTime at,
                        Level level,
                        std::string_view event,
                        std::span<const Field> fields) {
    std::string line = time_text(at);
    line += ' ';
    line += letter_of(level);
    line += ' ';
    line += event;
    for (const auto& [key, value] : fields) {
        line += ' ';
        line += key;
        line += '=';
        append_value(line, value);
    }
    return line;
}

}  // namespace steward::log
