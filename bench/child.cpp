#include "bench/child.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

namespace steward::bench {
namespace {

// Those that run. exit() destroys this but no object of a function that called it: a bench that
// gives up must not leave its programs behind.
struct Running {
    ~Running() {
        for (const pid_t pid : pids) {
            kill(pid, SIGTERM);
        }
    }

    std::set<pid_t> pids;
};

Running running;

}  // namespace

Child::Child(const std::string& program, std::vector<std::string> args) {
    const auto path = std::filesystem::read_symlink("/proc/self/exe").parent_path() / program;
    args.insert(args.begin(), path.string());
    std::vector<char*> argv;
    for (std::string& arg : args) {
        argv.push_back(arg.data());
    }
    argv.push_back(nullptr);
    int pipe_ends[2] = {-1, -1};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (pipe(pipe_ends) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO) != 0 ||
        posix_spawn_file_actions_addclose(&actions, pipe_ends[0]) != 0 ||
        posix_spawn(&pid_, path.c_str(), &actions, nullptr, argv.data(), environ) != 0) {
        std::fprintf(stderr, "steward-bench: %s cannot be started\n", path.c_str());
        std::exit(1);
    }
    posix_spawn_file_actions_destroy(&actions);
    running.pids.insert(pid_);
    close(pipe_ends[1]);
    out_ = pipe_ends[0];
}

Child::~Child() {
    if (pid_ > 0) {
        kill(pid_, SIGTERM);
        waitpid(pid_, nullptr, 0);
        running.pids.erase(pid_);
    }
    close(out_);
}

void Child::kill_now() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    running.pids.erase(pid_);
    pid_ = -1;
}

std::uint64_t Child::resident_bytes() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    file >> size >> resident;
    return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
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
    std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
    std::string text((std::istreambuf_iterator<char>(file)), {});
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    std::string skipped;
    for (int i = 0; i < 11; ++i) {
        fields >> skipped;
    }
    long user = 0;
    long system = 0;
    fields >> user >> system;
    return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace steward::bench
