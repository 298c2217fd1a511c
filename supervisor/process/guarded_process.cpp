#include "supervisor/process/guarded_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/whole_number.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/process_table.hpp"

namespace steward::supervisor {
namespace {

// The attributes and actions of one posix_spawn.
class Spawn {
public:
    Spawn() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    }

    Spawn(const Spawn&) = delete;
    Spawn& operator=(const Spawn&) = delete;

    ~Spawn() {
        ::posix_spawnattr_destroy(&attributes_);
        ::posix_spawn_file_actions_destroy(&actions_);
    }

    // The control socket first: 1 and 2 may be what it is moved from.
    void give(int control, int output, int channel) {
        ::posix_spawn_file_actions_adddup2(&actions_, control, guardian::kControlFd);
        ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
        int last = guardian::kControlFd;
        if (channel >= 0) {
            last = guardian::kChannelFd;
            ::posix_spawn_file_actions_adddup2(&actions_, channel, last);
        }
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, last + 1);
    }

    int run(const Launch& launch, pid_t& pid) {
        guardian::Orders orders = launch.orders;
        orders.setting.has_channel = launch.channel >= 0;
        std::vector<std::string> args = guardian::arguments_of(orders);
        args.insert(args.begin(), "steward-guardian");
        std::vector<std::string> environment = launch.environment;
        return ::posix_spawn(&pid,
                             launch.guardian.c_str(),
                             &actions_,
                             &attributes_,
                             pointers_to(args).data(),
                             pointers_to(environment).data());
    }

private:
    static std::vector<char*> pointers_to(std::vector<std::string>& texts) {
        std::vector<char*> pointers;
        std::ranges::transform(
            texts, std::back_inserter(pointers), [](std::string& text) { return text.data(); });
        pointers.push_back(nullptr);
        return pointers;
    }

    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

}  // namespace

base::Expected<GuardedProcess> GuardedProcess::start(const Launch& launch) {
    std::array<int, 2> control{};
    std::array<int, 2> output{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control.data()) != 0) {
        return posix::io_error("cannot make a socket", errno);
    }
    GuardedProcess process;
    process.control_ = posix::UniqueFd(control[0]);
    const posix::UniqueFd its_control(control[1]);
    if (launch.output < 0 && ::pipe2(output.data(), O_CLOEXEC) != 0) {
        return posix::io_error("cannot make a pipe", errno);
    }
    process.output_ = posix::UniqueFd(output[0]);
    const posix::UniqueFd its_output(output[1]);
    if (process.output_.is_open()) {
        ::fcntl(process.output_.get(), F_SETFL, O_NONBLOCK);
    }

    Spawn spawn;
    // Above those that it is moved to, so that none is overwritten before it is moved.
    const posix::UniqueFd high_control(::fcntl(its_control.get(), F_DUPFD_CLOEXEC, 10));
    const posix::UniqueFd high_output(
        ::fcntl(launch.output < 0 ? its_output.get() : launch.output, F_DUPFD_CLOEXEC, 10));
    const posix::UniqueFd high_channel(
        launch.channel < 0 ? -1 : ::fcntl(launch.channel, F_DUPFD_CLOEXEC, 10));
    spawn.give(high_control.get(), high_output.get(), high_channel.get());
    if (const int rc = spawn.run(launch, process.guardian_); rc != 0) {
        return posix::io_error("cannot run " + launch.guardian, rc);
    }
    // Nobody has collected it yet, so the pid is its own.
    process.exactly_ =
        posix::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, process.guardian_, 0)));
    if (!process.exactly_.is_open()) {
        const int number = errno;
        ::kill(process.guardian_, SIGKILL);
        ::waitpid(process.guardian_, nullptr, 0);
        return posix::io_error("cannot open a pidfd", number);
    }
    return process;
}

void GuardedProcess::read_reports() {
    std::array<char, guardian::kPacketBytesMax> packet{};
    while (true) {
        const ssize_t got = ::recv(control_.get(), packet.data(), packet.size(), MSG_DONTWAIT);
        if (got <= 0) {
            return;
        }
        const std::string_view text(packet.data(), static_cast<std::size_t>(got));
        const auto rest = [&](std::string_view word) { return text.substr(word.size()); };
        if (text.starts_with(guardian::kPid)) {
            whereabouts_.pid = base::parse_whole<int>(rest(guardian::kPid)).value_or(0);
        } else if (text.starts_with(guardian::kFailed)) {
            whereabouts_.failure = rest(guardian::kFailed);
        } else if (text.starts_with(guardian::kExit)) {
            whereabouts_.has_ended = true;
            whereabouts_.number = base::parse_whole<int>(rest(guardian::kExit)).value_or(0);
        } else if (text.starts_with(guardian::kSignal)) {
            whereabouts_.has_ended = true;
            whereabouts_.was_signalled = true;
            whereabouts_.number = base::parse_whole<int>(rest(guardian::kSignal)).value_or(0);
        }
    }
}

void GuardedProcess::tell(std::string_view what) const {
    [[maybe_unused]] const auto sent =
        ::send(control_.get(), what.data(), what.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void GuardedProcess::signal(int number) const {
    tell(std::string(guardian::kSignal) + std::to_string(number));
}

void GuardedProcess::kill() const {
    tell(guardian::kKill);
}

void GuardedProcess::kill_guardian() const {
    ::syscall(SYS_pidfd_send_signal, exactly_.get(), SIGKILL, nullptr, 0);
}

bool GuardedProcess::reap() {
    read_reports();
    int status = 0;
    ::waitpid(guardian_, &status, 0);
    return WIFEXITED(status);
}

bool sweep_strays(const std::vector<pid_t>& known) {
    bool is_swept = true;
    for (const posix::ProcessRow& row : posix::read_processes()) {
        if (row.parent != ::getpid() || std::ranges::find(known, row.pid) != known.end()) {
            continue;
        }
        // Its children come here as well, when it has ended.
        is_swept = false;
        if (row.state == 'Z') {
            ::waitpid(row.pid, nullptr, WNOHANG);
        } else {
            posix::signal_exactly(row, SIGKILL);
        }
    }
    return is_swept;
}

}  // namespace steward::supervisor
