#include "common/posix/signal_fd.hpp"

#include <cerrno>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/posix/errno_text.hpp"

namespace steward::posix {
namespace {

constexpr int kSignalsMax = 64;

}  // namespace

base::Expected<SignalFd> SignalFd::open(std::initializer_list<int> signals) {
    sigset_t mask;
    sigset_t old;
    sigemptyset(&mask);
    for (const int signal : signals) {
        sigaddset(&mask, signal);
    }
    if (const int rc = ::pthread_sigmask(SIG_BLOCK, &mask, &old); rc != 0) {
        return io_error("cannot block signals", rc);
    }
    std::uint64_t newly_blocked = 0;
    for (const int signal : signals) {
        if (sigismember(&old, signal) == 0) {
            newly_blocked |= std::uint64_t{1} << static_cast<unsigned>(signal);
        }
    }
    UniqueFd fd(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd.is_open()) {
        const int number = errno;
        ::pthread_sigmask(SIG_SETMASK, &old, nullptr);
        return io_error("cannot open a signalfd", number);
    }
    return SignalFd(std::move(fd), newly_blocked);
}

SignalFd::~SignalFd() {
    if (!fd_.is_open()) {
        return;
    }
    sigset_t mask;
    sigemptyset(&mask);
    for (int signal = 1; signal < kSignalsMax; ++signal) {
        if ((newly_blocked_ >> static_cast<unsigned>(signal) & 1U) != 0) {
            sigaddset(&mask, signal);
        }
    }
    ::pthread_sigmask(SIG_UNBLOCK, &mask, nullptr);
}

std::optional<int> SignalFd::next() {
    signalfd_siginfo info{};
    const auto got = ::read(fd_.get(), &info, sizeof info);
    if (got != static_cast<ssize_t>(sizeof info)) {
        return std::nullopt;
    }
    return static_cast<int>(info.ssi_signo);
}

void ignore_write_signals() noexcept {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);
}

void reset_signals() noexcept {
    for (int signal = 1; signal < kSignalsMax; ++signal) {
        ::signal(signal, SIG_DFL);  // fails for KILL and STOP, which cannot be changed anyway
    }
    sigset_t none;
    sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace steward::posix
