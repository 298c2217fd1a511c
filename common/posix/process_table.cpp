#include "common/posix/process_table.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/whole_number.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::posix {
namespace {

struct CloseFolder {
    void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

// Takes the next field, separated by spaces; 0 when it is no number.
std::uint64_t take_number(std::string_view& text) {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    const std::size_t space = text.find(' ');
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    return number;
}

base::Duration duration_of(std::uint64_t ticks) {
    static const auto kTicksPerSecond = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    return base::Duration(ticks * 1'000'000 / kTicksPerSecond);
}

// proc(5): "pid (name) state ppid …"; the name may hold anything, parentheses too.
std::optional<ProcessRow> parse(pid_t pid, std::string_view text) {
    static const auto kPageBytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t name_end = text.rfind(") ");
    if (name_end == std::string_view::npos || name_end + 4 >= text.size()) {
        return std::nullopt;
    }
    text.remove_prefix(name_end + 2);
    ProcessRow row;
    row.pid = pid;
    row.state = text.front();
    text.remove_prefix(2);
    std::array<std::uint64_t, 25> fields{};  // from the 4th on
    std::ranges::generate(fields, [&] { return take_number(text); });
    row.parent = static_cast<pid_t>(fields[0]);
    row.cpu = duration_of(fields[10] + fields[11]);
    row.start_ticks = fields[18];
    row.resident_bytes = fields[20] * kPageBytes;
    return row;
}

}  // namespace

std::optional<ProcessRow> read_process(pid_t pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/stat";
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 1024> text{};
    const ssize_t got = file.is_open() ? ::read(file.get(), text.data(), text.size()) : -1;
    if (got <= 0) {
        return std::nullopt;
    }
    return parse(pid, {text.data(), static_cast<std::size_t>(got)});
}

std::vector<ProcessRow> read_processes() {
    std::vector<ProcessRow> rows;
    const std::unique_ptr<DIR, CloseFolder> folder(::opendir("/proc"));
    if (folder == nullptr) {
        return rows;
    }
    while (const dirent* entry = ::readdir(folder.get())) {
        const auto pid = base::parse_whole<pid_t>(entry->d_name);
        if (!pid) {
            continue;
        }
        if (auto row = read_process(*pid)) {
            rows.push_back(*row);
        }
    }
    std::ranges::sort(rows, {}, &ProcessRow::parent);
    return rows;
}

std::vector<ProcessRow> descendants_of(pid_t root, std::span<const ProcessRow> all) {
    std::vector<ProcessRow> found;
    const auto add_children = [&](pid_t parent) {
        // Not by equal_range: clang 14 cannot walk what it gives.
        const auto first = std::ranges::lower_bound(all, parent, {}, &ProcessRow::parent);
        const auto last = std::ranges::upper_bound(all, parent, {}, &ProcessRow::parent);
        found.insert(found.end(), first, last);
    };
    add_children(root);
    // Rows of different instants might make a ring of parents: nobody is in it twice.
    for (std::size_t i = 0; i < found.size() && found.size() <= all.size(); ++i) {
        add_children(found[i].pid);
    }
    return found;
}

bool signal_exactly(const ProcessRow& process, int signal) {
    const UniqueFd exactly(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
    if (!exactly.is_open()) {
        return false;
    }
    // Read behind the opening: what has the pid now is what the descriptor names.
    const auto now = read_process(process.pid);
    if (!now || now->start_ticks != process.start_ticks) {
        return false;
    }
    return ::syscall(SYS_pidfd_send_signal, exactly.get(), signal, nullptr, 0) == 0;
}

}  // namespace steward::posix
