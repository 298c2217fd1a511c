#include "common/log/level.hpp"

#include <array>
#include <string>

#include "common/base/bytes.hpp"

namespace steward::log {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
constexpr std::string_view kLetters = "DIWE";

}  // namespace

std::string_view name_of(Level level) {
    return kNames[static_cast<std::size_t>(level)];
}

char letter_of(Level level) {
    return kLetters[static_cast<std::size_t>(level)];
}

base::Expected<Level> parse_level(std::string_view text) {
    std::string lower;
    for (const char c : text.substr(0, 16)) {
        lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (lower == kNames[i] || lower == kNames[i].substr(0, 1)) {
            return static_cast<Level>(i);
        }
    }
    std::string message = "\"" + base::printable(text);
    message += "\" is no log level: allowed are error, warning, info, debug or E, W, I, D";
    return base::fail(base::Errc::BadConfig, std::move(message));
}

}  // namespace steward::log
