#include "common/posix/update_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
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

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

// The new name is on the disk only when its folder is.
base::Expected<void> sync_folder_of(const std::string& path) {
    const std::string folder = folder_of(path);
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return fd.is_open() && ::fsync(fd.get()) == 0 ? base::Expected<void>{}
                                                  : io_error("cannot sync " + folder, errno);
}

// Whose a file is to be, and who else may read it.
struct Place {
    uid_t user = 0;
    gid_t group = 0;
    mode_t mode = 0640;
};

// The old file's, or the folder's where there is none. What root has left in somebody's folder is
// theirs as well: else they could neither read nor change it.
base::Expected<Place> place_of(const std::string& path) {
    struct stat folder {};

    struct stat file {};

    if (::stat(folder_of(path).c_str(), &folder) != 0) {
        return io_error("cannot look at the folder of " + path, errno);
    }
    const bool is_there = ::stat(path.c_str(), &file) == 0;
    const mode_t mode = is_there ? (file.st_mode & 0777U) | 0600U : 0640U;
    const struct stat& owner = is_there && file.st_uid != 0 ? file : folder;
    return Place{
        owner.st_uid, is_there && file.st_uid == owner.st_uid ? file.st_gid : owner.st_gid, mode};
}

// Only root can give a file to somebody else; who else writes here has his own reasons. A name that
// somebody has put there for another file is not given away.
base::Expected<void> give(int fd, const Place& place, const std::string& path) {
    struct stat file {};

    if (::fstat(fd, &file) != 0) {
        return io_error("cannot look at " + path, errno);
    }
    const bool is_ours = S_ISREG(file.st_mode) && file.st_nlink == 1 && file.st_uid == ::geteuid();
    const bool is_right = file.st_uid == place.user && file.st_gid == place.group;
    if (!is_ours || is_right || ::fchown(fd, place.user, place.group) == 0 || errno == EPERM) {
        return {};
    }
    return io_error("cannot give " + path + " to its owner", errno);
}

// Made anew: one that is there already was left by somebody who was interrupted.
base::Expected<void> write_fresh(const std::string& path,
                                 std::string_view bytes,
                                 const Place& place) {
    ::unlink(path.c_str());
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.is_open()) {
        return io_error("cannot write " + path, errno);
    }
    if (auto written = write_all(file.get(), bytes, path); !written) {
        return written;
    }
    if (::fchmod(file.get(), place.mode) != 0) {
        return io_error("cannot say who may read " + path, errno);
    }
    return give(file.get(), place, path);
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
    const auto place = place_of(path);
    if (!place) {
        return base::Unexpected(place.error());
    }
    const std::string lock_path = path + ".lock";
    // Never removed: who waits for it holds it open.
    const UniqueFd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640));
    if (!lock.is_open()) {
        return io_error("cannot lock " + lock_path, errno);
    }
    if (auto given = give(lock.get(), *place, lock_path); !given) {
        return given;
    }
    if (::flock(lock.get(), LOCK_EX) != 0) {
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
    if (auto written = write_fresh(path + ".new", *after, *place); !written) {
        return written;
    }
    if (std::rename((path + ".new").c_str(), path.c_str()) != 0) {
        return io_error("cannot replace " + path, errno);
    }
    return sync_folder_of(path);
}

}  // namespace steward::posix
