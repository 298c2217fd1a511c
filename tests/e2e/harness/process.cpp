// tests/e2e: children by fork and exec, their outputs read by one thread each so that no child ever
// blocks on a full pipe.
#include "tests/e2e/harness/process.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

namespace steward::e2e {

namespace {

constexpr std::size_t kCapturedBytesMax = 16U << 20U;

struct Pipe {
    int read_end = -1;
    int write_end = -1;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    REQUIRE(::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);  // this end's alone
    return {ends[0], ends[1]};
}

std::vector<std::string> environment_of(const CommandLine& command) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::string name(text.substr(0, text.find('=')));
        if (!command.environment.contains(name)) {
            all.emplace_back(text);
        }
    }
    for (const auto& [name, value] : command.environment) {
        all.push_back(name + '=' + value);
    }
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// Between fork and exec. The streams as the command has them; false: a file cannot be opened.
bool redirect(const CommandLine& command, int out, int err) {
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    if (!command.input.empty()) {
        const int input = ::open(command.input.c_str(), O_RDONLY | O_CLOEXEC);
        return ::dup2(input, STDIN_FILENO) == STDIN_FILENO;
    }
    if (!command.terminal.empty()) {
        ::setsid();  // the first terminal that the leader of a session opens is its own
        const int terminal = ::open(command.terminal.c_str(), O_RDWR | O_CLOEXEC);
        return ::dup2(terminal, STDIN_FILENO) == STDIN_FILENO &&
               ::dup2(terminal, STDOUT_FILENO) == STDOUT_FILENO &&
               ::dup2(terminal, STDERR_FILENO) == STDERR_FILENO;
    }
    return true;
}

/// Between fork and exec: only what is safe there.
[[noreturn]] void become(
    const CommandLine& command, char** args, char** environment, int out, int err, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(126);  // the test had already died
    }
    const bool is_there = command.directory.empty() || ::chdir(command.directory.c_str()) == 0;
    if (!is_there || !redirect(command, out, err)) {
        ::_exit(126);
    }
    ::execve(command.program.c_str(), args, environment);
    ::_exit(127);
}

/// Takes what can be read now, at least all that the pipe held. False: the other side has closed.
bool take(int descriptor, std::string& text) {
    std::array<char, 65536> buffer{};  // as much as a pipe holds
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got <= 0) {
        return got < 0 && errno == EAGAIN;
    }
    if (text.size() < kCapturedBytesMax) {
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return true;
}

/// The first whole line with `part` in it.
std::optional<std::string> line_with(std::string_view part, std::string_view text) {
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = text.find('\n', start);
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        const std::string_view line = text.substr(start, end - start);
        if (line.find(part) != std::string_view::npos) {
            return std::string(line);
        }
        start = end + 1;
    }
    return std::nullopt;
}

}  // namespace

Process::Process(const CommandLine& command) {
    INFO("program: ", command.program);
    REQUIRE(::access(command.program.c_str(), X_OK) == 0);
    const Pipe out = make_pipe();
    const Pipe err = make_pipe();
    std::vector<std::string> arg_texts{command.program};
    arg_texts.insert(arg_texts.end(), command.args.begin(), command.args.end());
    std::vector<std::string> environment_texts = environment_of(command);
    std::vector<char*> args = pointers_to(arg_texts);
    std::vector<char*> environment = pointers_to(environment_texts);
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
        become(command, args.data(), environment.data(), out.write_end, err.write_end, parent);
    }
    ::close(out.write_end);
    ::close(err.write_end);
    out_ = out.read_end;
    err_ = err.read_end;
    exit_watch_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    REQUIRE(exit_watch_ >= 0);
    reader_ = std::thread([this] { read_outputs(); });
}

Process::~Process() {
    kill();
    reader_.join();
    ::close(out_);
    ::close(err_);
    ::close(exit_watch_);
}

void Process::read_outputs() {
    std::array<pollfd, 2> watched{pollfd{out_, POLLIN, 0}, pollfd{err_, POLLIN, 0}};
    std::array<std::string*, 2> texts{&out_text_, &err_text_};
    while (watched[0].fd >= 0 || watched[1].fd >= 0) {
        ::poll(watched.data(), watched.size(), -1);
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < watched.size(); ++i) {
            if (watched[i].revents != 0 && !take(watched[i].fd, *texts[i])) {
                watched[i].fd = -1;  // poll() skips negative descriptors
            }
            watched[i].revents = 0;
        }
        changed_.notify_all();
    }
    const std::lock_guard lock(mutex_);
    outputs_ended_ = true;
    changed_.notify_all();
}

std::optional<std::string> Process::wait_for_line(std::string_view part,
                                                  std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    std::optional<std::string> found;
    changed_.wait_for(lock, patience, [&] {
        found = line_with(part, out_text_);
        if (!found) {
            found = line_with(part, err_text_);
        }
        return found.has_value() || outputs_ended_;
    });
    return found;
}

std::string Process::standard_output() const {
    return printed(out_, out_text_);
}

std::string Process::standard_error() const {
    return printed(err_, err_text_);
}

std::string Process::printed(int descriptor, std::string& text) const {
    const std::lock_guard lock(mutex_);
    static_cast<void>(take(descriptor, text));
    return text;
}

void Process::signal(int number) const {
    if (!exit_code_) {
        ::kill(pid_, number);
    }
}

std::optional<ExitCode> Process::wait(std::chrono::milliseconds patience) {
    if (exit_code_) {
        return exit_code_;
    }
    pollfd watched{exit_watch_, POLLIN, 0};
    if (::poll(&watched, 1, static_cast<int>(patience.count())) != 1) {
        return std::nullopt;
    }
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    // What it printed last counts as printed before it ended.
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(5), [this] { return outputs_ended_; });
    return exit_code_;
}

void Process::kill() {
    signal(SIGKILL);
    static_cast<void>(wait());
}

Finished run(const CommandLine& command, std::chrono::milliseconds patience) {
    Process process(command);
    const std::optional<ExitCode> code = process.wait(patience);
    INFO("output: ", process.standard_output(), "\nerrors: ", process.standard_error());
    REQUIRE_MESSAGE(code.has_value(), command.program, " did not end in time");
    return {*code, process.standard_output(), process.standard_error()};
}

std::string built_program(std::string_view name) {
    const char* directory = std::getenv("STEWARD_BIN_DIR");
    return std::string(directory != nullptr ? directory : STEWARD_BIN_DIR) + '/' +
           std::string(name);
}

}  // namespace steward::e2e
