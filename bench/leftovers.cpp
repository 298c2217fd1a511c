#include "bench/leftovers.hpp"

#include <csignal>
#include <mutex>
#include <pthread.h>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace steward::bench::leftovers {
namespace {

// exit() destroys this but no object of a function that called it.
class All {
public:
    ~All() { remove(); }

    void remove() {
        const std::lock_guard lock(mutex_);
        for (const pid_t pid : processes_) {
            kill(-pid, SIGKILL);
        }
        for (const pid_t pid : processes_) {
            waitpid(pid, nullptr, 0);
        }
        processes_.clear();
        for (const auto& folder : folders_) {
            std::error_code ignored;
            std::filesystem::remove_all(folder, ignored);
        }
        folders_.clear();
    }

    template <class Change>
    void with_lock(Change change) {
        const std::lock_guard lock(mutex_);
        change(processes_, folders_);
    }

private:
    std::mutex mutex_;
    std::set<pid_t> processes_;
    std::set<std::filesystem::path> folders_;
};

All all;

}  // namespace

void remove_on_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&set, signal);
    }
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::thread([set] {
        int signal = 0;
        sigwait(&set, &signal);
        all.remove();
        _exit(128 + signal);
    }).detach();
}

void add_process(pid_t pid) {
    all.with_lock([&](auto& processes, auto&) { processes.insert(pid); });
}

void forget_process(pid_t pid) {
    all.with_lock([&](auto& processes, auto&) { processes.erase(pid); });
}

void add_folder(const std::filesystem::path& folder) {
    all.with_lock([&](auto&, auto& folders) { folders.insert(folder); });
}

void remove_folder(const std::filesystem::path& folder) {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
    all.with_lock([&](auto&, auto& folders) { folders.erase(folder); });
}

}  // namespace steward::bench::leftovers
