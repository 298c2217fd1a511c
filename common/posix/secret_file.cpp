#include "common/posix/secret_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/posix/errno_text.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::posix {
namespace {

constexpr std::string_view kCredential = "credential:";
constexpr unsigned kGroup = S_IRWXG;
constexpr unsigned kOthers = S_IRWXO;

base::Unexpected refused(const std::string& path, std::string_view why) {
    std::string message = path + ": ";
    message += why;
    return base::fail(base::Errc::BadConfig, std::move(message));
}

base::Expected<void> check(const std::string& path,
                           const std::string& noun,
                           const struct stat& status,
                           unsigned forbidden) {
    if (!S_ISREG(status.st_mode)) {
        return refused(path, "a " + noun + " is a plain file");
    }
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
        return refused(path,
                       "a " + noun + " belongs to root or to the user that reads it (" +
                           std::to_string(::geteuid()) + "), not to user " +
                           std::to_string(status.st_uid) + "; chown " +
                           std::to_string(::geteuid()) + " " + path);
    }
    if ((status.st_mode & forbidden) != 0) {
        return refused(path,
                       "others may read or write this " + noun + " (mode " +
                           mode_text(status.st_mode & 07777U) + "); chmod 600 " + path);
    }
    return {};
}

base::Unexpected unreadable(const std::string& path, int error) {
    return base::fail(base::Errc::Io, path + ": " + errno_text(error));
}

// What was opened is what was checked, whatever the name means by now.
base::Expected<std::string> read_all(const std::string& path, int file, std::size_t bytes_max) {
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
        if (text.size() > bytes_max) {
            return refused(path, "is larger than " + std::to_string(bytes_max) + " bytes");
        }
    }
}

}  // namespace

std::string mode_text(unsigned mode) {
    char text[16];
    (void)std::snprintf(text, sizeof text, "%04o", mode);
    return text;
}

base::Expected<std::string> secret_path(std::string_view text) {
    if (!text.starts_with(kCredential)) {
        return std::string(text);
    }
    const std::string name(text.substr(kCredential.size()));
    if (name.empty() || name.find('/') != std::string::npos) {
        return refused(std::string(text), "a credential is a name without a slash");
    }
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    if (folder == nullptr || *folder == '\0') {
        return refused(std::string(text),
                       "this process was given no credentials ($CREDENTIALS_DIRECTORY is not "
                       "set); the unit needs LoadCredential=" +
                           name + ":/PATH");
    }
    return std::string(folder) + "/" + name;
}

base::Expected<std::string> read_secret_file(std::string_view text,
                                             std::string_view noun,
                                             std::size_t bytes_max) {
    auto path = secret_path(text);
    if (!path) {
        return path;
    }
    const UniqueFd file(::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status = {};
    if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
        return unreadable(*path, errno);
    }
    const unsigned forbidden = text.starts_with(kCredential) ? kOthers : kGroup | kOthers;
    return check(*path, std::string(noun), status, forbidden).and_then([&] {
        return read_all(*path, file.get(), bytes_max);
    });
}

}  // namespace steward::posix
