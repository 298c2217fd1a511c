#include "common/posix/resident_memory.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

#include "common/posix/errno_text.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::posix {

base::Expected<std::uint64_t> resident_bytes() {
    constexpr std::string_view kDoing = "cannot read /proc/self/statm";
    const UniqueFd file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
        return io_error(kDoing, errno);
    }
    std::array<char, 256> text{};
    const ssize_t got = ::read(file.get(), text.data(), text.size());
    if (got < 0) {
        return io_error(kDoing, errno);
    }
    // "size resident shared …", in pages.
    const std::string_view fields(text.data(), static_cast<std::size_t>(got));
    const std::size_t second = fields.find(' ') + 1;
    std::uint64_t pages = 0;
    const auto read = std::from_chars(fields.data() + second, fields.data() + fields.size(), pages);
    const long page_bytes = ::sysconf(_SC_PAGESIZE);
    if (second == 0 || read.ec != std::errc{} || page_bytes <= 0) {
        return io_error(kDoing, EIO);
    }
    return pages * static_cast<std::uint64_t>(page_bytes);
}

}  // namespace steward::posix
