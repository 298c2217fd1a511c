// worker/exec: steward-job-keeper, a small process above each command. It lives until the command
// and all that the command has started are gone, whatever these do and whoever dies first. One
// process a job, for only then is it plain whose an orphan is.
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <iostream>
#include <optional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "common/posix/errno_text.hpp"
#include "common/posix/signal_fd.hpp"
#include "common/posix/unique_fd.hpp"
#include "common/posix/user.hpp"
#include "worker/exec/keeper_order.hpp"
#include "worker/exec/tree.hpp"

namespace steward::worker::exec {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kMemoryInterval = 100ms;
constexpr auto kSweepInterval = 20ms;
// What SIGKILL has not ended by then hangs in the kernel; it is gone as soon as that lets it go.
constexpr auto kSweepMax = 10s;

// What could not be done between fork and exec; it travels through a pipe that exec closes.
struct Failure {
    int number = 0;
    std::array<char, 24> doing{};
};

[[noreturn]] void give_up(int pipe, const char* doing) {
    Failure failure{errno, {}};
    for (std::size_t i = 0; doing[i] != '\0' && i + 1 < failure.doing.size(); ++i) {
        failure.doing.at(i) = doing[i];
    }
    [[maybe_unused]] const ssize_t written = ::write(pipe, &failure, sizeof failure);
    ::_exit(127);
}

void become(const posix::User& user, int pipe) {
    if (::initgroups(user.name.c_str(), user.group) != 0 || ::setgid(user.group) != 0 ||
        ::setuid(user.id) != 0) {
        give_up(pipe, "become the user");
    }
    // The child of a program with one thread. NOLINTBEGIN(concurrency-mt-unsafe)
    ::setenv("USER", user.name.c_str(), 1);
    ::setenv("LOGNAME", user.name.c_str(), 1);
    ::setenv("HOME", user.home.c_str(), 1);
    ::setenv("SHELL", user.shell.c_str(), 1);
    // NOLINTEND(concurrency-mt-unsafe)
}

// The child, until it is the command.
[[noreturn]] void start_command(const KeeperOrder& order,
                                const std::optional<posix::User>& user,
                                int pipe) {
    const pid_t keeper = ::getppid();
    ::setpgid(0, 0);
    for (const ResourceLimit& limit : order.limits) {
        const rlimit both{limit.value, limit.value};
        if (::setrlimit(limit.resource, &both) != 0) {
            give_up(pipe, "set a resource limit");
        }
    }
    if (user) {
        become(*user, pipe);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // after the change of user, which clears it
    if (::getppid() != keeper) {
        give_up(pipe, "find its keeper");
    }
    posix::reset_signals();
    std::vector<char*> words;
    words.reserve(order.command.size() + 1);
    for (const std::string& word : order.command) {
        words.push_back(const_cast<char*>(word.c_str()));  // NOLINT: execvp changes none
    }
    words.push_back(nullptr);
    ::execvp(words.front(), words.data());
    give_up(pipe, "start the command");
}

class Keeper {
public:
    Keeper(const KeeperOrder& order, posix::SignalFd signals)
        : order_(order), signals_(std::move(signals)) {}

    KeeperReport keep() {
        if (auto failed = start()) {
            return *failed;
        }
        while (!report_) {
            wait_for_something();
            reap();
            look_at_memory();
        }
        sweep();
        return *report_;
    }

private:
    static KeeperReport unstarted(int number, std::string doing) {
        return {KeeperReport::End::Unstarted, static_cast<std::uint64_t>(number), std::move(doing)};
    }

    std::optional<KeeperReport> start() {
        std::optional<posix::User> user;
        if (!order_.user.empty()) {
            user = posix::user_named(order_.user);
            if (!user) {
                return unstarted(ENOENT, "find the user " + order_.user);
            }
        }
        std::array<int, 2> ends{};
        if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || ::pipe2(ends.data(), O_CLOEXEC) != 0) {
            return unstarted(errno, "keep a command");
        }
        const posix::UniqueFd told(ends[0]);
        posix::UniqueFd tells(ends[1]);
        command_ = ::fork();
        if (command_ == 0) {
            start_command(order_, user, tells.get());
        }
        if (command_ < 0) {
            return unstarted(errno, "fork");
        }
        ::setpgid(command_, command_);  // both do it: whoever comes first
        tells = posix::UniqueFd();
        leave_streams();
        Failure failure;
        if (::read(told.get(), &failure, sizeof failure) == ssize_t{sizeof failure}) {
            ::waitpid(command_, nullptr, 0);
            return unstarted(failure.number, failure.doing.data());
        }
        return std::nullopt;
    }

    // The command's streams are the command's: whoever reads them is to see their end.
    static void leave_streams() {
        const posix::UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
        for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
            ::dup2(nothing.get(), stream);
        }
    }

    void wait_for_something() {
        std::array<pollfd, 2> fds = {{{signals_.fd(), POLLIN, 0}, {kLeashFd, POLLIN, 0}}};
        if (kill_at_) {
            fds[1].fd = -1;  // it has ended already
        }
        auto patience = order_.memory_bytes_max != 0 ? kMemoryInterval : 1h;
        if (kill_at_) {
            patience = std::clamp<std::chrono::milliseconds>(
                std::chrono::ceil<std::chrono::milliseconds>(*kill_at_ - Clock::now()),
                0ms,
                patience);
        }
        ::poll(fds.data(), fds.size(), static_cast<int>(patience.count()));
        bool is_told = fds[1].revents != 0;
        while (const auto signal = signals_.next()) {
            is_told = is_told || *signal != SIGCHLD;
        }
        if (is_told && !kill_at_) {
            ::kill(-command_, SIGTERM);
            kill_at_ = Clock::now() + order_.grace;
        }
        if (kill_at_ && Clock::now() >= *kill_at_) {
            kill_all(descendants());
            kill_at_ = Clock::now() + kSweepInterval;
        }
    }

    // True: there are no children, so no descendants.
    bool reap() {
        int status = 0;
        while (true) {
            const pid_t ended = ::waitpid(-1, &status, WNOHANG);
            if (ended <= 0) {
                return ended < 0 && errno == ECHILD;
            }
            if (ended == command_ && !report_) {
                report_ = WIFSIGNALED(status)
                              ? KeeperReport{KeeperReport::End::Killed,
                                             static_cast<std::uint64_t>(WTERMSIG(status)),
                                             {}}
                              : KeeperReport{KeeperReport::End::Exited,
                                             static_cast<std::uint64_t>(WEXITSTATUS(status)),
                                             {}};
            }
        }
    }

    void look_at_memory() {
        if (order_.memory_bytes_max == 0 || report_) {
            return;
        }
        const auto processes = descendants();
        const std::uint64_t held = resident_bytes_of(processes);
        if (held > order_.memory_bytes_max) {
            report_ = {KeeperReport::End::OverLimit, held, {}};
            kill_all(processes);
        }
    }

    // Whoever is killed may have children that were not seen; they come here, and are seen next.
    void sweep() {
        const auto end = Clock::now() + kSweepMax;
        while (!reap() && Clock::now() < end) {
            kill_all(descendants());
            pollfd child{signals_.fd(), POLLIN, 0};
            ::poll(&child, 1, static_cast<int>((kSweepInterval).count()));
            while (signals_.next()) {
            }
        }
    }

    const KeeperOrder& order_;
    posix::SignalFd signals_;
    pid_t command_ = -1;
    std::optional<Clock::time_point> kill_at_;
    std::optional<KeeperReport> report_;
};

int keep(int argc, char** argv) {
    const auto order = order_of({argv + std::min(argc, 1), argv + argc});
    if (!order || ::fcntl(kLeashFd, F_SETFD, FD_CLOEXEC) != 0 ||
        ::fcntl(kReportFd, F_SETFD, FD_CLOEXEC) != 0) {
        std::cerr << "steward-job-keeper is started by steward-worker-exec, not by hand\n";
        return 2;
    }
    auto signals = posix::SignalFd::open({SIGCHLD, SIGTERM, SIGINT, SIGHUP});
    if (!signals) {
        std::cerr << signals.error().message << '\n';
        return 1;
    }
    posix::ignore_write_signals();
    const std::string line = line_of(Keeper(*order, std::move(*signals)).keep());
    const ssize_t written = ::write(kReportFd, line.data(), line.size());
    return written == static_cast<ssize_t>(line.size()) ? 0 : 1;
}

}  // namespace
}  // namespace steward::worker::exec

int main(int argc, char** argv) {
    return steward::worker::exec::keep(argc, argv);
}
