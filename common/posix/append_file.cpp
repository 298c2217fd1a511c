#include "common/posix/append_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "common/posix/errno_text.hpp"

namespace steward::posix {
namespace {

// Where the last complete line ends; 0 when there is none. Nothing when reading fails.
base::Expected<std::uint64_t> end_of_lines(int fd, std::uint64_t size, const std::string& path) {
    std::array<char, 16384> chunk{};
    while (size > 0) {
        const std::uint64_t length = std::min<std::uint64_t>(size, chunk.size());
        const std::uint64_t from = size - length;
        const ssize_t got = ::pread(fd, chunk.data(), length, static_cast<off_t>(from));
        if (got != static_cast<ssize_t>(length)) {
            return io_error("cannot read " + path, got < 0 ? errno : EIO);
        }
        const std::size_t newline = std::string_view(chunk.data(), length).rfind('\n');
        if (newline != std::string_view::npos) {
            return from + newline + 1;
        }
        size = from;
    }
    return 0;
}

}  // namespace

base::Expected<void> make_folders(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) {
        return io_error("cannot make the folder " + path, error.value());
    }
    return {};
}

base::Expected<AppendFile> AppendFile::open(const std::string& path) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640));

    struct stat status {};

    if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) {
        return io_error("cannot open " + path, errno);
    }
    std::uint64_t size = 0;
    if (S_ISREG(status.st_mode)) {
        const auto end = end_of_lines(fd.get(), static_cast<std::uint64_t>(status.st_size), path);
        if (!end) {
            return base::Unexpected(end.error());
        }
        size = *end;
        if (size != static_cast<std::uint64_t>(status.st_size) &&
            ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) {
            return io_error("cannot shorten " + path, errno);
        }
    }
    return AppendFile(std::move(fd), size);
}

base::Expected<void> AppendFile::append(std::string_view bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t wrote = ::write(fd_.get(), bytes.data() + done, bytes.size() - done);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            const int number = wrote < 0 ? errno : EIO;
            // Should even this fail, open() removes the rest of the line the next time.
            [[maybe_unused]] const int rc = ::ftruncate(fd_.get(), static_cast<off_t>(size_));
            return io_error("cannot append", number);
        }
        done += static_cast<std::size_t>(wrote);
    }
    size_ += bytes.size();
    return {};
}

}  // namespace steward::posix
