#include "common/posix/process_figures.hpp"

#include <cerrno>
#include <dirent.h>
#include <memory>
#include <sys/resource.h>

#include "common/posix/errno_text.hpp"
#include "common/posix/resident_memory.hpp"

namespace steward::posix {
namespace {

base::Expected<std::uint64_t> open_files() {
    struct Close {
        void operator()(DIR* folder) const { ::closedir(folder); }
    };

    const std::unique_ptr<DIR, Close> folder(::opendir("/proc/self/fd"));
    if (folder == nullptr) {
        return io_error("cannot read /proc/self/fd", errno);
    }
    constexpr std::uint64_t kNotCounted = 3;  // ".", ".." and the one that reads
    std::uint64_t entries = 0;
    while (::readdir(folder.get()) != nullptr) {
        ++entries;
    }
    return entries > kNotCounted ? entries - kNotCounted : 0;
}

base::Duration duration_of(const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + base::Duration(time.tv_usec);
}

}  // namespace

base::Expected<ProcessFigures> process_figures() {
    const auto resident = resident_bytes();
    if (!resident) {
        return base::Unexpected(resident.error());
    }
    const auto files = open_files();
    if (!files) {
        return base::Unexpected(files.error());
    }
    rusage used{};
    rlimit limit{};
    if (::getrusage(RUSAGE_SELF, &used) != 0 || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return io_error("cannot ask what this process uses", errno);
    }
    return ProcessFigures{
        *resident, *files, limit.rlim_cur, duration_of(used.ru_utime) + duration_of(used.ru_stime)};
}

}  // namespace steward::posix
