// common/posix: a file that only grows at its end, and the folder it lies in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/expected.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::posix {

/// Makes the folder and those above it; one that exists is fine. Errors: Io.
[[nodiscard]] base::Expected<void> make_folders(const std::string& path);

/// Thread: one.  Blocks: as long as the file system does; nothing is synced.
class AppendFile {
public:
    AppendFile() = default;
    /// Opens or makes the file. What stands behind its last line end, the half of a line from a
    /// run that was cut off, is removed. Errors: Io.
    [[nodiscard]] static base::Expected<AppendFile> open(const std::string& path);

    /// Appends all of `bytes` or nothing: what fails in the middle is taken back. Errors: Io.
    [[nodiscard]] base::Expected<void> append(std::string_view bytes);

    [[nodiscard]] std::uint64_t size() const { return size_; }

    [[nodiscard]] bool is_open() const { return fd_.is_open(); }

private:
    AppendFile(UniqueFd fd, std::uint64_t size) : fd_(std::move(fd)), size_(size) {}

    UniqueFd fd_;
    std::uint64_t size_ = 0;
};

}  // namespace steward::posix
