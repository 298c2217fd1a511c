// tests/e2e: see terminal.hpp. A thread reads all the time, so that the child never blocks.
#include "tests/e2e/harness/terminal.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "tests/e2e/harness/wait_until.hpp"

namespace steward::e2e {

Terminal::Terminal(std::size_t rows, std::size_t columns) : screen_(rows, columns) {
    ours_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(ours_ >= 0);
    REQUIRE(::grantpt(ours_) == 0);
    REQUIRE(::unlockpt(ours_) == 0);
    std::array<char, 64> name{};
    REQUIRE(::ptsname_r(ours_, name.data(), name.size()) == 0);
    path_ = name.data();
    // Kept open: the line can still be asked for its modes when the child has ended.
    theirs_ = ::open(path_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(theirs_ >= 0);
    set_size(rows, columns);
    reader_ = std::thread([this] { read_output(); });
}

Terminal::~Terminal() {
    is_over_ = true;
    reader_.join();
    ::close(theirs_);
    ::close(ours_);
}

void Terminal::set_size(std::size_t rows, std::size_t columns) const {
    winsize size{};
    size.ws_row = static_cast<unsigned short>(rows);
    size.ws_col = static_cast<unsigned short>(columns);
    REQUIRE(::ioctl(ours_, TIOCSWINSZ, &size) == 0);
}

void Terminal::resize(std::size_t rows, std::size_t columns) {
    const std::lock_guard lock(mutex_);
    screen_.resize(rows, columns);
    set_size(rows, columns);
}

void Terminal::read_output() {
    std::array<char, 65536> buffer{};
    while (!is_over_) {
        pollfd watched{ours_, POLLIN, 0};
        if (::poll(&watched, 1, 50) != 1) {
            continue;
        }
        const ssize_t got = ::read(ours_, buffer.data(), buffer.size());
        if (got > 0) {
            const std::lock_guard lock(mutex_);
            screen_.feed({buffer.data(), static_cast<std::size_t>(got)});
        }
    }
}

void Terminal::type(std::string_view keys) const {
    REQUIRE(::write(ours_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
}

Screen Terminal::screen() const {
    const std::lock_guard lock(mutex_);
    return screen_;
}

bool Terminal::shows(const std::function<bool(const Screen&)>& condition) const {
    return wait_until([&] { return condition(screen()); });
}

bool Terminal::shows(std::string_view text) const {
    return shows([&](const Screen& seen) { return !seen.line_with(text).empty(); });
}

std::string Terminal::modes() const {
    termios line{};
    REQUIRE(::tcgetattr(theirs_, &line) == 0);
    return std::to_string(line.c_iflag) + ' ' + std::to_string(line.c_oflag) + ' ' +
           std::to_string(line.c_cflag) + ' ' + std::to_string(line.c_lflag);
}

}  // namespace steward::e2e
