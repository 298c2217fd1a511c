#include "bench/child.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "bench/figures.hpp"
#include "bench/leftovers.hpp"

namespace steward::bench {
namespace {

using namespace std::chrono_literals;

constexpr double kEndSeconds = 10;

Command beside_this(const std::string& program, std::vector<std::string> args) {
    const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / program;
    return {path.string(), std::move(args), {}, {}};
}

std::string_view name_of(std::string_view variable) {
    return variable.substr(0, variable.find('='));
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) {
        pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
    return pointers;
}

// Between fork and exec: only what may be called there.
[[noreturn]] void become(const char* program, char** argv, char** env, int out, bool takes_errors) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(out, STDOUT_FILENO);
    if (takes_errors) {
        dup2(out, STDERR_FILENO);
    }
    execve(program, argv, env);
    _exit(127);
}

[[noreturn]] void cannot_start(const std::string& program) {
    std::fprintf(stderr, "steward-bench: %s cannot be started\n", program.c_str());
    std::exit(1);
}

}  // namespace

Child::Child(const std::string& program, std::vector<std::string> args)
    : Child(beside_this(program, std::move(args))) {}

Child::Child(const Command& command) {
    std::vector<std::string> args = command.args;
    args.insert(args.begin(), command.program);
    std::vector<std::string> environment = command.environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view name = name_of(*entry);
        if (std::ranges::find(command.environment, name, name_of) == command.environment.end()) {
            environment.emplace_back(*entry);
        }
    }
    const std::vector<char*> argv = pointers_to(args);
    const std::vector<char*> env = pointers_to(environment);
    const bool has_log = !command.log.empty();
    int ends[2] = {-1, -1};
    if (has_log) {
        ends[1] = ::open(command.log.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
    } else if (pipe2(ends, O_CLOEXEC) != 0) {
        cannot_start(command.program);
    }
    pid_ = ends[1] < 0 || access(command.program.c_str(), X_OK) != 0 ? -1 : fork();
    if (pid_ < 0) {
        cannot_start(command.program);
    }
    if (pid_ == 0) {
        become(args.front().c_str(),
               const_cast<char**>(argv.data()),
               const_cast<char**>(env.data()),
               ends[1],
               has_log);
    }
    setpgid(pid_, pid_);
    leftovers::add_process(pid_);
    close(ends[1]);
    out_ = ends[0];
}

Child::~Child() {
    if (pid_ > 0) {
        kill(pid_, SIGTERM);
        const auto start = Clock::now();
        while (waitpid(pid_, nullptr, WNOHANG) == 0) {
            if (seconds_since(start) > kEndSeconds) {
                kill_now();
                break;
            }
            std::this_thread::sleep_for(1ms);
        }
        leftovers::forget_process(pid_);
    }
    if (out_ >= 0) {
        close(out_);
    }
}

void Child::kill_now() {
    kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    leftovers::forget_process(pid_);
    pid_ = -1;
}

bool Child::is_running() const {
    siginfo_t info{};
    return pid_ > 0 &&
           waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

std::uint64_t Child::resident_bytes() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    file >> size >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t Child::peak_bytes() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
    for (std::string word; file >> word;) {
        std::uint64_t kibibytes = 0;
        if (word == "VmHWM:" && file >> kibibytes) {
            return kibibytes * 1024;
        }
    }
    return 0;
}

void Child::forget_peak() const {
    std::ofstream("/proc/" + std::to_string(pid_) + "/clear_refs") << "5";
}

std::string Child::line_with(std::string_view part) {
    for (;;) {
        for (std::size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
            const std::string line = text_.substr(0, end);
            text_.erase(0, end + 1);
            if (line.find(part) != std::string::npos) {
                return line;
            }
        }
        char buffer[4096];
        const ssize_t got = read(out_, buffer, sizeof buffer);
        if (got <= 0) {
            std::fprintf(stderr, "steward-bench: a program ended before it was ready\n");
            std::exit(1);
        }
        text_.append(buffer, static_cast<std::size_t>(got));
    }
}

double Child::cpu_seconds() const {
    clockid_t clock = 0;
    timespec used{};
    if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

}  // namespace steward::bench
