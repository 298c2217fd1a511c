#include "master/daemon.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "common/posix/errno_text.hpp"
#include "common/posix/signal_fd.hpp"
#include "master/member.hpp"

namespace steward::master {
namespace {

struct Words {
    std::vector<std::string> texts;
    std::vector<char*> pointers;

    explicit Words(std::vector<std::string> its) : texts(std::move(its)) {
        for (std::string& text : texts) {
            pointers.push_back(text.data());
        }
        pointers.push_back(nullptr);
    }
};

// What is done between fork and exec: this process may have threads, so nothing but system calls.
[[noreturn]] void become(
    const Words& command, const Words& environment, const char* directory, int output, int report) {
    posix::reset_signals();
    const int input = ::open("/dev/null", O_RDONLY);
    bool is_ready = ::dup2(input, 0) == 0 && ::dup2(output, 1) == 1 && ::dup2(output, 2) == 2;
    is_ready = is_ready && ::dup2(report, 3) == 3 && ::fcntl(3, F_SETFD, FD_CLOEXEC) == 0;
    is_ready = is_ready && ::close_range(4, ~0U, 0) == 0;
    is_ready = is_ready && (*directory == '\0' || ::chdir(directory) == 0);
    if (is_ready) {
        ::execvpe(command.pointers.front(), command.pointers.data(), environment.pointers.data());
    }
    const int number = errno;
    [[maybe_unused]] const auto told = ::write(3, &number, sizeof number);
    ::_exit(127);
}

}  // namespace

// Forked twice: the one between ends at once, so that the daemon is nobody's child who might wait
// for it in vain.
base::Expected<void> start_daemon(const Profile& profile) {
    auto output = profile.output.empty() ? base::Expected<posix::UniqueFd>(posix::UniqueFd(
                                               ::open("/dev/null", O_WRONLY | O_CLOEXEC)))
                                         : output_of(profile, -1);
    if (!output) {
        return base::Unexpected(std::move(output.error()));
    }
    std::array<int, 2> report{};
    if (::pipe2(report.data(), O_CLOEXEC) != 0) {
        return posix::io_error("cannot make a pipe", errno);
    }
    const posix::UniqueFd read_end(report[0]);
    posix::UniqueFd write_end(::fcntl(report[1], F_DUPFD_CLOEXEC, 10));
    ::close(report[1]);
    std::vector<std::string> command = {profile.program};
    command.insert(command.end(), profile.arguments.begin(), profile.arguments.end());
    const Words words(std::move(command));
    const Words environment(environment_of(profile));
    const posix::UniqueFd high_output(::fcntl(output->get(), F_DUPFD_CLOEXEC, 10));
    const pid_t between = ::fork();
    if (between < 0) {
        return posix::io_error("cannot start a process", errno);
    }
    if (between == 0) {
        ::setsid();
        if (::fork() == 0) {
            become(
                words, environment, profile.directory.c_str(), high_output.get(), write_end.get());
        }
        ::_exit(0);
    }
    write_end = posix::UniqueFd();
    ::waitpid(between, nullptr, 0);
    int number = 0;
    if (::read(read_end.get(), &number, sizeof number) == sizeof number) {
        return posix::io_error("cannot run " + profile.program, number);
    }
    return {};
}

}  // namespace steward::master
