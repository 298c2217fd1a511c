#include "broker/store/posix_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "common/posix/errno_text.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::store {
namespace {

class PosixReadableFile final : public ReadableFile {
public:
    PosixReadableFile(posix::UniqueFd fd, std::string path)
        : fd_(std::move(fd)), path_(std::move(path)) {}

    base::Expected<std::string> read(std::uint64_t offset, std::size_t bytes_max) override {
        return read_at(fd_.get(), path_, offset, bytes_max);
    }

    base::Expected<std::uint64_t> size() override { return size_of(fd_.get(), path_); }

private:
    posix::UniqueFd fd_;
    std::string path_;
};

}  // namespace

base::Expected<std::string> read_at(int fd,
                                    const std::string& path,
                                    std::uint64_t offset,
                                    std::size_t bytes_max) {
    const auto whole = size_of(fd, path);
    if (!whole) {
        return base::Unexpected(whole.error());
    }
    const std::uint64_t left = *whole - std::min(offset, *whole);
    std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes_max)), '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t got = ::pread(
            fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return posix::io_error("cannot read " + path, errno);
        }
        if (got == 0) {  // its writer has cut it since
            break;
        }
        done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    return bytes;
}

base::Expected<std::uint64_t> size_of(int fd, const std::string& path) {
    struct stat status {};

    if (::fstat(fd, &status) != 0) {
        return posix::io_error("cannot look at " + path, errno);
    }
    return static_cast<std::uint64_t>(status.st_size);
}

base::Expected<std::vector<std::string>> PosixFolder::list() {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator entry(folder_, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        names.push_back(entry->path().filename().string());
    }
    if (error) {
        return posix::io_error("cannot list " + folder_, error.value());
    }
    return names;
}

base::Expected<std::unique_ptr<ReadableFile>> PosixFolder::open_to_read(const std::string& name) {
    const std::string path = path_of(name);
    posix::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.is_open() && errno == ENOENT) {
        return std::unique_ptr<ReadableFile>();
    }
    if (!fd.is_open()) {
        return posix::io_error("cannot open " + path, errno);
    }
    return std::make_unique<PosixReadableFile>(std::move(fd), path);
}

}  // namespace steward::store
