#include "supervisor/process/pid_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fstream>

#include "common/posix/errno_text.hpp"

namespace steward::supervisor {

base::Expected<void> write_pid_file(const std::string& path, const posix::ProcessRow& process) {
    const std::string fresh = path + ".new";
    std::ofstream file(fresh);
    file << process.pid << ' ' << process.start_ticks << '\n';
    file.close();
    if (!file.good() || std::rename(fresh.c_str(), path.c_str()) != 0) {
        return posix::io_error("cannot write " + path, errno != 0 ? errno : EIO);
    }
    return {};
}

PidFile look_at_pid_file(const std::string& path) {
    std::ifstream file(path);
    if (!file.is_open()) {
        return PidFile::None;
    }
    pid_t pid = 0;
    std::uint64_t start_ticks = 0;
    file >> pid >> start_ticks;
    const auto row = pid > 0 ? posix::read_process(pid) : std::nullopt;
    const bool runs =
        row && row->start_ticks == start_ticks && row->state != 'Z' && row->state != 'X';
    return runs ? PidFile::Running : PidFile::Stale;
}

}  // namespace steward::supervisor
