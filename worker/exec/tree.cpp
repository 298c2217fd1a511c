#include "worker/exec/tree.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/posix/unique_fd.hpp"

namespace steward::worker::exec {
namespace {

struct Kinship {
    pid_t process = 0;
    pid_t parent = 0;
};

// The beginning of a small file of /proc; empty when its process is gone.
std::string read_start(const std::string& path) {
    const posix::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(512, '\0');
    const ssize_t got = file.is_open() ? ::read(file.get(), text.data(), text.size()) : 0;
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

template <class Number>
std::optional<Number> number_at(std::string_view text, std::size_t at) {
    Number number = 0;
    if (at >= text.size() ||
        std::from_chars(text.data() + at, text.data() + text.size(), number).ec != std::errc{}) {
        return std::nullopt;
    }
    return number;
}

// "pid (name) state ppid …"; the name may hold anything, so its end is the last bracket.
std::optional<pid_t> parent_of(pid_t process) {
    const std::string stat = read_start("/proc/" + std::to_string(process) + "/stat");
    const std::size_t bracket = stat.rfind(") ");
    return bracket == std::string::npos ? std::nullopt : number_at<pid_t>(stat, bracket + 4);
}

std::vector<Kinship> everybody() {
    std::vector<Kinship> all;
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc"), &::closedir);
    if (folder == nullptr) {
        return all;
    }
    while (const dirent* entry = ::readdir(folder.get())) {
        const auto process = number_at<pid_t>(entry->d_name, 0);
        const auto parent = process ? parent_of(*process) : std::nullopt;
        if (parent) {
            all.push_back({*process, *parent});
        }
    }
    return all;
}

bool descends_from_here(pid_t process) {
    const pid_t self = ::getpid();
    // No chain of parents is longer than there are processes; 1 has none.
    for (int steps = 0; process > 1 && steps < 1'000'000; ++steps) {
        const auto parent = parent_of(process);
        if (!parent) {
            return false;
        }
        if (*parent == self) {
            return true;
        }
        process = *parent;
    }
    return false;
}

}  // namespace

std::vector<pid_t> descendants() {
    const auto all = everybody();
    std::vector<pid_t> family = {::getpid()};
    for (std::size_t next = 0; next < family.size(); ++next) {
        const pid_t parent = family[next];
        for (const Kinship& one : all) {
            if (one.parent == parent && std::ranges::find(family, one.process) == family.end()) {
                family.push_back(one.process);
            }
        }
    }
    family.erase(family.begin());
    return family;
}

std::uint64_t resident_bytes_of(const std::vector<pid_t>& processes) {
    static const auto kPageBytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    std::uint64_t pages = 0;
    for (const pid_t process : processes) {
        // "size resident shared …", in pages.
        const std::string statm = read_start("/proc/" + std::to_string(process) + "/statm");
        const std::size_t space = statm.find(' ');
        pages +=
            space == std::string::npos ? 0 : number_at<std::uint64_t>(statm, space + 1).value_or(0);
    }
    return pages * kPageBytes;
}

void kill_all(const std::vector<pid_t>& processes) {
    for (const pid_t process : processes) {
        const posix::UniqueFd held(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
        if (held.is_open() && descends_from_here(process)) {
            ::syscall(SYS_pidfd_send_signal, held.get(), SIGKILL, nullptr, 0);
        }
    }
}

}  // namespace steward::worker::exec
