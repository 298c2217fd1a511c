#include "common/posix/update_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/posix/errno_text.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::posix {
namespace {

base::Expected<void> write_all(int fd, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0) {
            return io_error("cannot write " + path, errno);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return ::fsync(fd) == 0 ? base::Expected<void>{} : io_error("cannot sync " + path, errno);
}

// The new name is on the disk only when its folder is.
base::Expected<void> sync_folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return fd.is_open() && ::fsync(fd.get()) == 0 ? base::Expected<void>{}
                                                  : io_error("cannot sync " + folder, errno);
}

}  // namespace

base::Expected<std::optional<std::string>> read_small_file(const std::string& path,
                                                           std::size_t bytes_max) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.is_open()) {
        return errno == ENOENT ? base::Expected<std::optional<std::string>>(std::nullopt)
                               : base::Expected<std::optional<std::string>>(
                                     io_error("cannot read " + path, errno));
    }
    std::string text(bytes_max + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(fd.get(), text.data() + size, text.size() - size);
        if (got < 0) {
            return io_error("cannot read " + path, errno);
        }
        if (got == 0) {
            text.resize(size);
            return text;
        }
        size += static_cast<std::size_t>(got);
    }
    return base::fail(base::Errc::Io,
                      path + " has more than " + std::to_string(bytes_max) + " bytes");
}

base::Expected<void> update_file(const std::string& path,
                                 std::size_t bytes_max,
                                 const Change& change) {
    const std::string lock_path = path + ".lock";
    // Never removed: who waits for it holds it open.
    const UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!lock.is_open() || ::flock(lock.get(), LOCK_EX) != 0) {
        return io_error("cannot lock " + lock_path, errno);
    }
    const auto before = read_small_file(path, bytes_max);
    if (!before) {
        return base::Unexpected(before.error());
    }
    const auto after = change(before->value_or(""));
    if (!after) {
        return base::Unexpected(after.error());
    }
    const std::string fresh = path + ".new";
    const UniqueFd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!file.is_open()) {
        return io_error("cannot write " + fresh, errno);
    }
    if (auto written = write_all(file.get(), *after, fresh); !written) {
        return written;
    }
    if (std::rename(fresh.c_str(), path.c_str()) != 0) {
        return io_error("cannot replace " + path, errno);
    }
    return sync_folder_of(path);
}

}  // namespace steward::posix
