#include "client/cli/console.hpp"

#include <cstdlib>
#include <iostream>
#include <poll.h>
#include <unistd.h>

#include "client/cli/exit_status.hpp"
#include "common/base/bytes.hpp"
#include "common/posix/clock.hpp"

namespace steward::cli {

namespace {

std::string_view advice_on(base::Errc code) {
    // Only where there is something to do that the message does not say.
    if (code == base::Errc::Disconnected) {
        return "is it running (bin/start)? Or name another: --broker HOST:PORT or STEWARD_BROKER";
    }
    if (code == base::Errc::Timeout) {
        return "wait longer with --timeout";
    }
    if (code == base::Errc::UnknownService) {
        return "see `steward services`";
    }
    if (code == base::Errc::UnknownJob) {
        return "finished jobs are forgotten in time, see `steward hist`";
    }
    return {};
}

// Of a pipe or socket. Asked afterwards: which error a stream met it does not keep.
bool reader_has_gone(int fd) {
    pollfd asked{fd, POLLOUT, 0};
    return fd >= 0 && ::poll(&asked, 1, 0) == 1 && (asked.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

Console standard_console() {
    const char* no_colour = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    const bool wants_colours = (no_colour == nullptr || *no_colour == '\0') &&
                               terminal != nullptr && std::string_view(terminal) != "dumb";
    const bool is_terminal = isatty(STDOUT_FILENO) == 1;
    return {std::cout,
            std::cerr,
            is_terminal,
            isatty(STDERR_FILENO) == 1,
            is_terminal && wants_colours,
            posix::read_clock().wall,
            STDOUT_FILENO};
}

int finish(Console& console, int status) {
    if (console.out.flush()) {
        return status;
    }
    if (reader_has_gone(console.out_fd)) {
        return status == kUnwritten ? kSuccess : status;
    }
    console.err << "steward: standard output could not be written, what it has is not all: is "
                   "there room where it goes?\n"
                << std::flush;
    return status == kSuccess ? kUnwritten : status;
}

int report_error(Console& console, const base::Error& error) {
    const std::string_view meaning = base::meaning_of(error.code);
    console.err << "steward: " << harmless(error.message.empty() ? meaning : error.message);
    if (error.retry_after) {
        console.err << "; try again in "
                    << std::chrono::ceil<std::chrono::seconds>(*error.retry_after).count() << " s";
    }
    if (const std::string_view advice = advice_on(error.code); !advice.empty()) {
        console.err << "; " << advice;
    }
    console.err << '\n' << std::flush;
    return exit_status_of(error.code);
}

int report_usage(Console& console, std::string_view what) {
    console.err << "steward: " << harmless(what) << "; see steward --help\n" << std::flush;
    return kUsage;
}

std::string harmless(std::string_view text) {
    const bool is_text = base::is_utf8(text);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        // C1 controls (U+0080 … U+009F) are commands to some terminals: C2 80 … C2 9F.
        const bool is_c1 =
            byte == 0xC2U && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0U;
        if (byte < 0x20U || byte == 0x7FU || is_c1 || (byte >= 0x80U && !is_text)) {
            out += "\\x" + base::to_hex(text.substr(i, 1));
            if (is_c1 && is_text) {
                out += "\\x" + base::to_hex(text.substr(++i, 1));
            }
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace steward::cli
