#include "common/posix/terminal.hpp"

#include <cerrno>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

#include "common/posix/errno_text.hpp"

namespace steward::posix {

struct Keys::Before {
    termios settings{};
};

std::optional<TerminalSize> terminal_size(int fd) noexcept {
    winsize size{};
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
        return std::nullopt;
    }
    return TerminalSize{size.ws_col, size.ws_row};
}

base::Expected<Keys> Keys::open() {
    auto before = std::make_unique<Before>();
    if (tcgetattr(STDIN_FILENO, &before->settings) != 0) {
        return io_error("standard input is no terminal", errno);
    }
    termios raw = before->settings;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL);
    raw.c_cc[VMIN] = 0;  // read() returns at once with what there is
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) != 0) {
        return io_error("cannot take over the terminal", errno);
    }
    return Keys(std::move(before));
}

Keys::Keys(std::unique_ptr<Before> before) noexcept : before_(std::move(before)) {}

Keys::Keys(Keys&&) noexcept = default;

Keys::~Keys() {
    if (before_ != nullptr) {
        static_cast<void>(tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_->settings));
    }
}

std::optional<char> Keys::next() {
    char key = 0;
    return read(STDIN_FILENO, &key, 1) == 1 ? std::optional(key) : std::nullopt;
}

int Keys::fd() noexcept {
    return STDIN_FILENO;
}

}  // namespace steward::posix
