#include "gateway/access/file/token_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/config/schema.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::gateway {

namespace {

std::string octal(unsigned mode) {
    char text[16];
    (void)std::snprintf(text, sizeof text, "%04o", mode);
    return text;
}

base::Expected<void> check(const std::string& path, const struct stat& status) {
    constexpr unsigned kOthers = S_IRWXG | S_IRWXO;
    if (!S_ISREG(status.st_mode)) {
        return base::fail(base::Errc::BadConfig, path + ": a file of tokens is a plain file");
    }
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
        return base::fail(base::Errc::BadConfig,
                          path +
                              ": a file of tokens belongs to root or to the user that the "
                              "gateway runs as (" +
                              std::to_string(::geteuid()) + "), not to user " +
                              std::to_string(status.st_uid));
    }
    if ((status.st_mode & kOthers) != 0) {
        return base::fail(base::Errc::BadConfig,
                          path + ": others may read or write this file of tokens (mode " +
                              octal(status.st_mode & 07777U) + "); chmod 600 " + path);
    }
    return {};
}

base::Unexpected unreadable(const std::string& path, int error) {
    return base::fail(base::Errc::Io, path + ": " + posix::errno_text(error));
}

// What was opened is what was checked, whatever the name means by now.
base::Expected<std::string> read(const std::string& path, int file) {
    std::string text;
    char part[16384];
    while (true) {
        const ssize_t got = ::read(file, part, sizeof part);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return unreadable(path, errno);
        }
        if (got == 0) {
            return text;
        }
        text.append(part, static_cast<std::size_t>(got));
        if (text.size() > config::kFileBytesMax) {
            return base::fail(
                base::Errc::BadConfig,
                path + ": is larger than " + std::to_string(config::kFileBytesMax) + " bytes");
        }
    }
}

}  // namespace

base::Expected<Tokens> read_token_file(const std::string& path) {
    const posix::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status = {};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
        return unreadable(path, errno);
    }
    if (auto checked = check(path, status); !checked) {
        return base::Unexpected(std::move(checked.error()));
    }
    return read(path, file.get()).and_then([&](const std::string& text) {
        return Tokens::parse(text, path);
    });
}

}  // namespace steward::gateway
