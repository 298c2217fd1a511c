// supervisor/guardian: the program steward-guardian: one beside each supervised process, its
// parent. Whatever that process starts, and whatever that starts, stays below the guardian (a child
// subreaper), even when it makes a session of its own or its parent ends. So the guardian knows the
// whole tree, kills it when the supervisor says so or is gone, and ends when nothing is left of it.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/whole_number.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/process_table.hpp"
#include "common/posix/signal_fd.hpp"
#include "common/posix/user.hpp"
#include "supervisor/guardian/orders.hpp"

namespace {

using namespace steward;
using guardian::Orders;
using guardian::Setting;

constexpr int kUsage = 2;
constexpr int kFailed = 1;
// What was killed needs a moment to be gone; what is stuck in a driver may need long.
constexpr int kKillPauseMs = 10;
constexpr int kKillPauseMsMax = 500;

void tell(const std::string& what) {
    const std::string packet = what.substr(0, guardian::kPacketBytesMax);
    [[maybe_unused]] const auto sent =
        ::send(guardian::kControlFd, packet.data(), packet.size(), MSG_NOSIGNAL);
}

// ---- the program's process, before it is the program ----

base::Expected<gid_t> group_named(const std::string& name) {
    errno = 0;
    const group* found = ::getgrnam(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
    if (found == nullptr) {
        return errno != 0 ? base::Expected<gid_t>(posix::io_error("cannot look up groups", errno))
                          : base::fail(base::Errc::BadConfig, "there is no group " + name);
    }
    return found->gr_gid;
}

// Groups before the user: afterwards it may not.
base::Expected<void> become_user(const Setting& setting) {
    if (setting.user.empty() && setting.group.empty()) {
        return {};
    }
    std::optional<posix::User> user;
    if (!setting.user.empty()) {
        user = posix::user_named(setting.user);
        if (!user) {
            return base::fail(base::Errc::BadConfig, "there is no user " + setting.user);
        }
    }
    gid_t group = user ? user->group : ::getgid();
    if (!setting.group.empty()) {
        const auto named = group_named(setting.group);
        if (!named) {
            return base::Unexpected(named.error());
        }
        group = *named;
    }
    const bool has_groups = !user || ::initgroups(user->name.c_str(), group) == 0;
    if (!has_groups || ::setgid(group) != 0 || (user && ::setuid(user->id) != 0)) {
        return posix::io_error("cannot become " + setting.user + " " + setting.group, errno);
    }
    return {};
}

base::Expected<void> prepare(const Setting& setting) {
    for (const auto& [name, value] : setting.limits) {
        if (auto applied = guardian::apply_limit(name, value); !applied) {
            return applied;
        }
    }
    if (!setting.nice.empty()) {
        const auto nice = base::parse_whole<int>(setting.nice);
        if (!nice) {
            return base::fail(base::Errc::BadConfig,
                              "nice is a number from -20 to 19, not " + setting.nice);
        }
        if (::setpriority(PRIO_PROCESS, 0, *nice) != 0) {
            return posix::io_error("cannot set nice to " + setting.nice, errno);
        }
    }
    if (auto became = become_user(setting); !became) {
        return became;
    }
    if (!setting.directory.empty() && ::chdir(setting.directory.c_str()) != 0) {
        return posix::io_error("cannot go to " + setting.directory, errno);
    }
    return {};
}

[[noreturn]] void become_program(Orders orders, int gate, pid_t parent) {
    // Should the guardian be killed, the program goes with it; the rest is swept by the supervisor.
    posix::reset_signals();
    ::setsid();
    const auto prepared = prepare(orders.setting);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a change of user would have cleared it
    char go = 0;
    if (::getppid() != parent || ::read(gate, &go, 1) != 1) {
        ::_exit(kFailed);
    }
    if (!prepared) {
        tell(std::string(guardian::kFailed) + prepared.error().message);
        ::_exit(kFailed);
    }
    std::vector<char*> args;
    for (std::string& arg : orders.command) {
        args.push_back(arg.data());
    }
    args.push_back(nullptr);
    ::execvp(args.front(), args.data());
    tell(std::string(guardian::kFailed) + "cannot run " + orders.command.front() + ": " +
         posix::errno_text(errno));
    ::_exit(kFailed);
}

// ---- the guardian ----

class Guardian {
public:
    Guardian(pid_t program, posix::SignalFd signals)
        : program_(program), signals_(std::move(signals)) {}

    // Until nothing is left.
    void run() {
        while (reap()) {
            if (is_killing_) {
                kill_all();
                pause_ms_ = std::min(2 * pause_ms_, kKillPauseMsMax);
            }
            std::array<pollfd, 2> watched{pollfd{signals_.fd(), POLLIN, 0},
                                          pollfd{is_alone_ ? -1 : guardian::kControlFd, POLLIN, 0}};
            ::poll(watched.data(), watched.size(), is_killing_ ? pause_ms_ : -1);
            while (signals_.next()) {
            }
            if (watched[1].revents != 0) {
                obey();
            }
        }
    }

private:
    // False: no child is left.
    bool reap() {
        while (true) {
            int status = 0;
            const pid_t pid = ::waitpid(-1, &status, WNOHANG);
            if (pid <= 0) {
                return pid == 0;
            }
            if (pid == program_) {
                program_ = 0;
                is_killing_ = true;  // what it has left behind has nobody to work for
                tell(WIFEXITED(status)
                         ? std::string(guardian::kExit) + std::to_string(WEXITSTATUS(status))
                         : std::string(guardian::kSignal) + std::to_string(WTERMSIG(status)));
            }
        }
    }

    void obey() {
        std::array<char, guardian::kPacketBytesMax> packet{};
        const ssize_t got =
            ::recv(guardian::kControlFd, packet.data(), packet.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        const std::string text(packet.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got <= 0) {  // the supervisor is gone
            is_alone_ = true;
            is_killing_ = true;
        } else if (text == guardian::kKill) {
            is_killing_ = true;
        } else if (text.starts_with(guardian::kSignal) && program_ != 0) {
            const auto signal = base::parse_whole<int>(text.substr(guardian::kSignal.size()));
            // Not reaped yet, so the pid is the program's own.
            if (signal) {
                ::kill(program_, *signal);
            }
        }
    }

    // What is killed leaves its children to the guardian, so in the end there are none; one that
    // goes on making new ones is stopped first.
    static void kill_all() {
        const auto all = posix::read_processes();
        const auto tree = posix::descendants_of(::getpid(), all);
        for (const int signal : {SIGSTOP, SIGKILL}) {
            for (const posix::ProcessRow& process : tree) {
                if (process.state != 'Z' && process.pid != ::getpid()) {
                    posix::signal_exactly(process, signal);
                }
            }
        }
    }

    pid_t program_;
    posix::SignalFd signals_;
    bool is_killing_ = false;
    int pause_ms_ = kKillPauseMs;
    bool is_alone_ = false;
};

base::Expected<void> guard(Orders orders) {
    const bool has_channel = orders.setting.has_channel;
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) {
        ::signal(signal, SIG_IGN);  // it ends when its tree has
    }
    auto signals = posix::SignalFd::open({SIGCHLD});
    if (!signals) {
        return base::Unexpected(std::move(signals.error()));
    }
    std::array<int, 2> gate{};
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || ::pipe2(gate.data(), O_CLOEXEC) != 0) {
        return posix::io_error("cannot guard", errno);
    }
    const pid_t self = ::getpid();
    // What is ignored here is not lost to a program that has not got so far: it waits until then.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t program = ::fork();
    if (program < 0) {
        return posix::io_error("cannot start a process", errno);
    }
    if (program == 0) {
        ::close(gate[1]);
        become_program(std::move(orders), gate[0], self);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::close(gate[0]);
    // Its output is its own: what the guardian holds open would never end.
    ::close(STDOUT_FILENO);
    ::close(STDERR_FILENO);
    if (has_channel) {
        ::close(guardian::kChannelFd);
    }
    tell(std::string(guardian::kPid) + std::to_string(program));
    [[maybe_unused]] const auto opened = ::write(gate[1], "g", 1);
    ::close(gate[1]);
    Guardian(program, std::move(*signals)).run();
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    auto orders = guardian::read_arguments(argc, argv);
    if (!orders || orders->command.empty()) {
        std::fprintf(stderr, "%s\n", orders ? "no program" : orders.error().message.c_str());
        return kUsage;
    }
    ::fcntl(guardian::kControlFd, F_SETFD, FD_CLOEXEC);
    if (const auto guarded = guard(std::move(*orders)); !guarded) {
        tell(std::string(guardian::kFailed) + guarded.error().message);
        return kFailed;
    }
    return 0;
}
