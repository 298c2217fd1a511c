#include "broker/store/posix_disk.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "broker/store/journal_folder.hpp"
#include "broker/store/posix_folder.hpp"
#include "common/posix/append_file.hpp"
#include "common/posix/errno_text.hpp"

namespace steward::store {
namespace {

base::Unexpected disk_error(const std::string& doing, int number) {
    auto error = posix::io_error(doing, number);
    if (number == ENOSPC || number == EDQUOT || number == EFBIG) {
        error.value().code = base::Errc::DiskFull;
    }
    return error;
}

class PosixFile final : public File {
public:
    PosixFile(posix::UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    base::Expected<void> write(std::uint64_t offset, std::string_view bytes) override {
        while (!bytes.empty()) {
            const ssize_t wrote =
                ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (wrote < 0 && errno == EINTR) {
                continue;
            }
            if (wrote <= 0) {
                return disk_error("cannot write " + path_, wrote < 0 ? errno : EIO);
            }
            bytes.remove_prefix(static_cast<std::size_t>(wrote));
            offset += static_cast<std::uint64_t>(wrote);
        }
        return {};
    }

    void will_need() override { ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_WILLNEED); }

    base::Expected<std::string> read(std::uint64_t offset, std::size_t bytes_max) override {
        return read_at(fd_.get(), path_, offset, bytes_max);
    }

    base::Expected<void> sync() override {
        if (::fdatasync(fd_.get()) != 0) {
            return posix::io_error("cannot sync " + path_, errno);
        }
        return {};
    }

    base::Expected<void> truncate(std::uint64_t size) override {
        if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) {
            return posix::io_error("cannot shorten " + path_, errno);
        }
        return {};
    }

    base::Expected<std::uint64_t> size() override { return size_of(fd_.get(), path_); }

private:
    posix::UniqueFd fd_;
    std::string path_;
};

}  // namespace

base::Expected<std::unique_ptr<PosixDisk>> PosixDisk::open(const std::string& folder) {
    if (auto made = posix::make_folders(folder); !made) {
        return base::Unexpected(std::move(made.error()));
    }
    const std::string path = folder + "/" + std::string(kLockName);
    posix::UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!lock.is_open()) {
        return posix::io_error("cannot open " + path, errno);
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return base::fail(base::Errc::Io,
                          "another process uses the journal in " + folder +
                              " (its file \"lock\" is locked); give this broker another data_dir");
    }
    return std::unique_ptr<PosixDisk>(new PosixDisk(folder, std::move(lock)));
}

base::Expected<std::vector<std::string>> PosixDisk::list() {
    return PosixFolder(folder_).list();
}

base::Expected<std::unique_ptr<ReadableFile>> PosixDisk::open_to_read(const std::string& name) {
    return PosixFolder(folder_).open_to_read(name);
}

base::Expected<std::unique_ptr<File>> PosixDisk::open_file(const std::string& name) {
    const std::string path = path_of(name);
    posix::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!fd.is_open()) {
        return disk_error("cannot open " + path, errno);
    }
    return std::make_unique<PosixFile>(std::move(fd), path);
}

base::Expected<void> PosixDisk::remove(const std::string& name) {
    if (::unlink(path_of(name).c_str()) != 0 && errno != ENOENT) {
        return posix::io_error("cannot remove " + path_of(name), errno);
    }
    return {};
}

base::Expected<void> PosixDisk::rename(const std::string& from, const std::string& to) {
    if (::rename(path_of(from).c_str(), path_of(to).c_str()) != 0) {
        return posix::io_error("cannot rename " + path_of(from), errno);
    }
    return {};
}

base::Expected<void> PosixDisk::sync_names() {
    const posix::UniqueFd fd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.is_open() || ::fsync(fd.get()) != 0) {
        return posix::io_error("cannot sync the folder " + folder_, errno);
    }
    return {};
}

std::string PosixDisk::path_of(const std::string& name) const {
    return folder_ + "/" + name;
}

}  // namespace steward::store
