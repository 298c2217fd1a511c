// client/cli: where the program writes, and how much decoration that place bears.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"

namespace steward::cli {

struct Console {
    std::ostream& out;
    std::ostream& err;
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool has_colours = false;  // of `out`
    base::WallTime now{};      // ages in listings count from here
    int out_fd = -1;           // of `out`; -1: it has none
};

/// Standard output and error. Colours only on a terminal, and without NO_COLOR (no-color.org).
[[nodiscard]] Console standard_console();

/// One line to `err`: what is wrong, and what to do about it where that is known. Returns the exit
/// status that belongs to the error.
int report_error(Console& console, const base::Error& error);

/// The same for a command line that is wrong in itself. Returns kUsage.
int report_usage(Console& console, std::string_view what);

/// The end of a program whose work ended with `status`. When `out` did not take all that was
/// printed, says so and returns kUnwritten instead of success; a reader that has gone, as `head`
/// does, has had what it wanted: then it is silent.
[[nodiscard]] int finish(Console& console, int status);

/// Text from elsewhere, made harmless for a terminal: control characters and broken UTF-8 are shown
/// as \xNN.
[[nodiscard]] std::string harmless(std::string_view text);

}  // namespace steward::cli
