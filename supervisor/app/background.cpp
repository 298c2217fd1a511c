#include "supervisor/app/background.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/posix/errno_text.hpp"

namespace steward::supervisor {
namespace {

constexpr int kFailed = 1;

// What the child says: a code in one byte, then why. Silence: it died.
int hear(int from_child) {
    std::string said;
    std::array<char, 4096> bytes{};
    for (ssize_t got = 0; (got = ::read(from_child, bytes.data(), bytes.size())) > 0;) {
        said.append(bytes.data(), static_cast<std::size_t>(got));
    }
    if (said.empty()) {
        std::fputs("steward-supervisor: it ended while it started\n", stderr);
        return kFailed;
    }
    if (said.size() > 1) {
        std::fprintf(stderr, "steward-supervisor: %s\n", said.c_str() + 1);
    }
    return static_cast<unsigned char>(said.front());
}

}  // namespace

base::Expected<Background> Background::begin() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return posix::io_error("cannot make a pipe", errno);
    }
    const posix::UniqueFd from_child(ends[0]);
    posix::UniqueFd to_parent(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) {
        return posix::io_error("cannot fork", errno);
    }
    Background background;
    if (child == 0) {
        ::setsid();
        background.to_parent_ = std::move(to_parent);
    } else {
        { const posix::UniqueFd closed = std::move(to_parent); }
        background.exit_code_ = hear(from_child.get());
    }
    return background;
}

void Background::well() {
    const posix::UniqueFd nowhere(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        ::dup2(nowhere.get(), stream);
    }
    [[maybe_unused]] const auto written = ::write(to_parent_.get(), "\0", 1);
    to_parent_ = {};
}

void Background::failed(const std::string& why, int code) {
    const std::string said = static_cast<char>(code) + why;
    [[maybe_unused]] const auto written = ::write(to_parent_.get(), said.data(), said.size());
    to_parent_ = {};
}

}  // namespace steward::supervisor
