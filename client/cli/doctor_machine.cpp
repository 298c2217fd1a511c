#include "client/cli/doctor_machine.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <optional>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/timex.h>
#include <unistd.h>
#include <vector>

#include "common/access/grants.hpp"
#include "common/keys/client_keys.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::cli::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSyncsMax = 64;
constexpr base::Duration kSyncsPatience = std::chrono::milliseconds(500);
constexpr std::size_t kSyncBytes = 512;
constexpr unsigned kModeBits = 07777;
constexpr std::string_view kDeleted = " (deleted)";
constexpr long kCifsMagic = 0xFF534D42;  // not in linux/magic.h

std::string name_of_user(uid_t user) {
    const passwd* found = ::getpwuid(user);  // NOLINT(concurrency-mt-unsafe): one thread asks
    return found != nullptr ? found->pw_name : std::to_string(user);
}

std::string name_of_group(gid_t group) {
    const auto* found = ::getgrgid(group);  // NOLINT(concurrency-mt-unsafe): one thread asks
    return found != nullptr ? found->gr_name : std::to_string(group);
}

bool is_of(long type, std::initializer_list<long> types) {
    return std::ranges::find(types, type) != types.end();
}

template <typename Number>
std::optional<Number> number_in(const char* path) {
    std::ifstream file(path);
    Number number{};
    return file >> number ? std::optional(number) : std::nullopt;
}

std::uint64_t memory_of_machine() {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long size = ::sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0
               ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size)
               : 0;
}

int family_of(const std::string& address) {
    return address.find(':') == std::string::npos ? AF_INET : AF_INET6;
}

struct Address {
    sockaddr_storage storage{};
    socklen_t length = 0;

    // Nothing for what is no address as a number.
    static std::optional<Address> of(const std::string& text, std::uint16_t port) {
        Address made;
        void* const place = &made.storage;
        if (family_of(text) == AF_INET) {
            auto* v4 = static_cast<sockaddr_in*>(place);
            v4->sin_family = AF_INET;
            v4->sin_port = htons(port);
            made.length = sizeof *v4;
            return ::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1 ? std::optional(made)
                                                                          : std::nullopt;
        }
        auto* v6 = static_cast<sockaddr_in6*>(place);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        made.length = sizeof *v6;
        return ::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1 ? std::optional(made)
                                                                        : std::nullopt;
    }

    [[nodiscard]] const sockaddr* generic() const {
        const void* place = &storage;
        return static_cast<const sockaddr*>(place);
    }
};

}  // namespace

FolderFact look_at_folder(std::string setting, std::string path) {
    FolderFact fact;
    fact.setting = std::move(setting);
    fact.path = std::move(path);

    struct stat status {};

    struct statfs system {};

    if (::stat(fact.path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) ||
        ::statfs(fact.path.c_str(), &system) != 0) {
        return fact;
    }
    fact.is_there = true;
    fact.owner = name_of_user(status.st_uid);
    fact.group = name_of_group(status.st_gid);
    fact.mode = status.st_mode & kModeBits;
    const auto type = static_cast<long>(system.f_type);
    fact.is_in_memory = is_of(type, {TMPFS_MAGIC, RAMFS_MAGIC});
    fact.is_on_network =
        is_of(type, {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, SMB2_SUPER_MAGIC, kCifsMagic});
    fact.bytes_free =
        static_cast<std::uint64_t>(system.f_bavail) * static_cast<std::uint64_t>(system.f_bsize);
    return fact;
}

std::string user_of_unit(const std::string& unit, const std::string& config) {
    // What the administrator has written is stronger than what was installed.
    for (const char* folder : {"/etc/systemd/system/", "/lib/systemd/system/"}) {
        std::ifstream file(folder + unit + ".service");
        if (!file) {
            continue;
        }
        std::string user = "root";
        bool reads_config = false;
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("User=")) {
                user = line.substr(line.find('=') + 1);
            }
            reads_config = reads_config ||
                           (line.starts_with("ExecStart=") && line.ends_with("--config " + config));
        }
        return reads_config ? user : std::string();
    }
    return {};
}

KeysFact look_at_keys(const std::string& folder) {
    KeysFact fact;
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, failed)) {
        if (entry.path().extension() == ".key") {
            fact.secret_files.push_back(entry.path().string());
        }
    }
    const auto clients = keys::read_client_keys(folder);
    if (!clients) {
        fact.complaint = clients.error().message;
        return fact;
    }
    fact.count = clients->size();
    for (const keys::ClientKey& client : *clients) {
        const auto grants = access::Grants::from(client.grants);
        if (!grants) {
            fact.complaint = client.file + ": " + grants.error().message;
        } else if (*grants == access::Grants()) {
            fact.grantless.push_back(client.name);
        }
    }
    return fact;
}

SecretFact look_at_secret(std::string setting, std::string path) {
    SecretFact fact;
    fact.setting = std::move(setting);
    fact.path = std::move(path);

    struct stat status {};

    if (::stat(fact.path.c_str(), &status) == 0) {
        fact.is_there = true;
        fact.owner = name_of_user(status.st_uid);
        fact.mode = status.st_mode & kModeBits;
    }
    return fact;
}

// To bind tells more than to connect: also of who listens and does not answer.
bool is_port_taken(const std::string& address, std::uint16_t port) {
    const auto there = Address::of(address, port);
    const posix::UniqueFd fd(::socket(family_of(address), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;  // what is left of closed connections is no listener
    return there && fd.is_open() &&
           ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           ::bind(fd.get(), there->generic(), there->length) != 0 && errno == EADDRINUSE;
}

bool answers_http(const std::string& address, std::uint16_t port) {
    constexpr std::string_view kQuestion = "GET /healthz HTTP/1.0\r\n\r\n";
    constexpr std::string_view kAnswer = "HTTP/1.";
    const auto there = Address::of(address, port);
    const posix::UniqueFd fd(::socket(family_of(address), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{2, 0};
    std::array<char, kAnswer.size()> answer{};
    return there && fd.is_open() &&
           ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
           ::connect(fd.get(), there->generic(), there->length) == 0 &&
           ::send(fd.get(), kQuestion.data(), kQuestion.size(), MSG_NOSIGNAL) > 0 &&
           ::recv(fd.get(), answer.data(), answer.size(), MSG_WAITALL) ==
               static_cast<ssize_t>(answer.size()) &&
           std::string_view(answer.data(), answer.size()) == kAnswer;
}

SyncFact measure_syncs(const std::string& folder) {
    SyncFact fact;
    fact.path = folder;
    std::string path = folder + "/doctor-XXXXXX";
    const posix::UniqueFd fd(::mkostemp(path.data(), O_CLOEXEC));
    if (!fd.is_open()) {
        fact.complaint = "you cannot write into " + folder + ": " + posix::errno_text(errno);
        return fact;
    }
    ::unlink(path.c_str());
    const std::array<char, kSyncBytes> block{};
    std::vector<base::Duration> times;
    const base::MonoTime until = posix::read_mono() + kSyncsPatience;
    while (times.size() < kSyncsMax && posix::read_mono() < until) {
        const base::MonoTime begin = posix::read_mono();
        if (::write(fd.get(), block.data(), block.size()) != static_cast<ssize_t>(block.size()) ||
            ::fdatasync(fd.get()) != 0) {
            fact.complaint = "cannot write there: " + posix::errno_text(errno);
            return fact;
        }
        times.push_back(posix::read_mono() - begin);
    }
    std::ranges::sort(times);
    fact.median = times.at(times.size() / 2);
    fact.worst = times.back();
    return fact;
}

MachineFact look_at_machine() {
    MachineFact fact;
    timex clock{};
    if (::adjtimex(&clock) >= 0) {
        fact.is_clock_synchronised = (clock.status & STA_UNSYNC) == 0;
    }
    fact.has_time_zones = ::access("/usr/share/zoneinfo/UTC", R_OK) == 0;
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        fact.descriptors_max = files.rlim_max;
    }
    fact.memory_bytes = memory_of_machine();
    fact.overcommit = number_in<int>("/proc/sys/vm/overcommit_memory");
    fact.backlog = number_in<std::uint64_t>("/proc/sys/net/core/somaxconn");
    return fact;
}

bool runs_replaced(std::string_view program) {
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator("/proc", failed)) {
        std::error_code unseen;  // of others, or gone meanwhile
        const std::string file = fs::read_symlink(entry.path() / "exe", unseen).string();
        if (unseen || !file.ends_with(kDeleted)) {
            continue;
        }
        const fs::path was = file.substr(0, file.size() - kDeleted.size());
        if (was.filename() == program) {
            return true;
        }
    }
    return false;
}

}  // namespace steward::cli::doctor
