#include "worker/exec/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "common/posix/errno_text.hpp"

namespace steward::worker::exec {
namespace {

struct Pipe {
    posix::UniqueFd ours;
    posix::UniqueFd theirs;
};

enum class Flow : std::uint8_t { ToChild, FromChild };

base::Expected<Pipe> open_pipe(Flow flow) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return posix::io_error("cannot open a pipe", errno);
    }
    posix::UniqueFd reading(ends[0]);
    posix::UniqueFd writing(ends[1]);
    posix::UniqueFd& ours = flow == Flow::ToChild ? writing : reading;
    const posix::UniqueFd& theirs = flow == Flow::ToChild ? reading : writing;
    // Out of the way of the numbers that the keeper is given them as.
    posix::UniqueFd high(::fcntl(theirs.get(), F_DUPFD_CLOEXEC, kReportFd + 1));
    if (!high.is_open() || ::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) {
        return posix::io_error("cannot open a pipe", errno);
    }
    return Pipe{std::move(ours), std::move(high)};
}

// posix_spawn's two descriptions, made and freed together.
class Spawning {
public:
    Spawning() {
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
        sigset_t signals;
        sigemptyset(&signals);
        ::posix_spawnattr_setsigmask(&attributes, &signals);
        sigfillset(&signals);
        ::posix_spawnattr_setsigdefault(&attributes, &signals);
        // A session of its own: what a terminal sends is for the worker, which lets jobs finish.
        ::posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    }

    Spawning(const Spawning&) = delete;
    Spawning& operator=(const Spawning&) = delete;

    ~Spawning() {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }

    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
};

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const std::string& text : texts) {
        pointers.push_back(const_cast<char*>(text.c_str()));  // NOLINT: posix_spawn changes none
    }
    pointers.push_back(nullptr);
    return pointers;
}

std::vector<std::string> whole_environment(const std::vector<std::string>& more) {
    std::vector<std::string> all;
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
        all.emplace_back(*variable);
    }
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace

base::Expected<Child> Child::start(const Plan& plan) {
    std::array<Pipe, 5> pipes;  // by the number that the keeper has them as
    constexpr std::array<Flow, 5> kFlows = {
        Flow::ToChild, Flow::FromChild, Flow::FromChild, Flow::ToChild, Flow::FromChild};
    Spawning spawning;
    for (std::size_t i = 0; i < pipes.size(); ++i) {
        auto pipe = open_pipe(kFlows.at(i));
        if (!pipe) {
            return base::Unexpected(std::move(pipe.error()));
        }
        pipes.at(i) = std::move(*pipe);
        ::posix_spawn_file_actions_adddup2(
            &spawning.actions, pipes.at(i).theirs.get(), static_cast<int>(i));
    }
    ::posix_spawn_file_actions_addclosefrom_np(&spawning.actions, kReportFd + 1);
    if (!plan.directory.empty()) {
        ::posix_spawn_file_actions_addchdir_np(&spawning.actions, plan.directory.c_str());
    }
    std::vector<std::string> words = words_of(plan.order);
    words.insert(words.begin(), plan.keeper);
    const std::vector<std::string> environment = whole_environment(plan.environment);
    pid_t keeper = -1;
    const int failed = ::posix_spawn(&keeper,
                                     plan.keeper.c_str(),
                                     &spawning.actions,
                                     &spawning.attributes,
                                     pointers_to(words).data(),
                                     pointers_to(environment).data());
    if (failed != 0) {
        return posix::io_error("cannot start the command", failed);
    }
    Child child(keeper);
    child.input = std::move(pipes[0].ours);
    child.output = std::move(pipes[1].ours);
    child.errors = std::move(pipes[2].ours);
    child.leash_ = std::move(pipes[3].ours);
    child.report = std::move(pipes[4].ours);
    return child;
}

Child::~Child() {
    if (keeper_.pid > 0) {
        end();
        while (::waitpid(keeper_.pid, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
}

}  // namespace steward::worker::exec
