#include "client/cli/doctor_run.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/posix/clock.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::cli::doctor {
namespace {

struct Pipe {
    posix::UniqueFd out;
    posix::UniqueFd in;
};

base::Expected<Pipe> open_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return posix::io_error("cannot make a pipe", errno);
    }
    return Pipe{posix::UniqueFd(ends[0]), posix::UniqueFd(ends[1])};
}

base::Expected<pid_t> start(const std::string& program,
                            const std::vector<std::string>& args,
                            const Pipe& out,
                            const Pipe& err) {
    std::vector<std::string> words = args;
    words.insert(words.begin(), program);
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) {
        argv.push_back(word.data());
    }
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, out.in.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.in.get(), STDERR_FILENO);
    pid_t pid = 0;
    const int failed =
        ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        return posix::io_error("cannot run " + program, failed);
    }
    return pid;
}

// False: nothing more comes.
bool take(int fd, std::string& text) {
    std::array<char, 4096> bytes{};
    const ssize_t got = ::read(fd, bytes.data(), bytes.size());
    if (got > 0 && text.size() < kSaidBytesMax) {
        text.append(bytes.data(), static_cast<std::size_t>(got));
    }
    return got > 0 || (got < 0 && errno == EINTR);
}

// False: the patience ended first.
bool read_both(Pipe& out, Pipe& err, Said& said, base::MonoTime until) {
    std::array<pollfd, 2> watched{pollfd{out.out.get(), POLLIN, 0},
                                  pollfd{err.out.get(), POLLIN, 0}};
    while (watched[0].fd >= 0 || watched[1].fd >= 0) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - posix::read_mono());
        if (left.count() <= 0) {
            return false;
        }
        ::poll(watched.data(), watched.size(), static_cast<int>(left.count()));
        if (watched[0].revents != 0 && !take(watched[0].fd, said.out)) {
            watched[0].fd = -1;
        }
        if (watched[1].revents != 0 && !take(watched[1].fd, said.err)) {
            watched[1].fd = -1;
        }
    }
    return true;
}

}  // namespace

base::Expected<Said> say_of(const std::string& program,
                            const std::vector<std::string>& args,
                            base::Duration patience) {
    auto out = open_pipe();
    auto err = open_pipe();
    if (!out || !err) {
        return base::Unexpected(out ? std::move(err.error()) : std::move(out.error()));
    }
    const auto pid = start(program, args, *out, *err);
    if (!pid) {
        return base::Unexpected(pid.error());
    }
    out->in = posix::UniqueFd();
    err->in = posix::UniqueFd();
    Said said;
    const bool is_all = read_both(*out, *err, said, posix::read_mono() + patience);
    if (!is_all) {
        ::kill(*pid, SIGKILL);
    }
    int status = 0;
    while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!is_all) {
        return base::fail(base::Errc::Timeout, program + " has not ended in time");
    }
    said.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return said;
}

}  // namespace steward::cli::doctor
