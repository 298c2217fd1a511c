#include "broker/store/fork_checkpointer.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/store/log_files.hpp"
#include "common/base/assert.hpp"
#include "common/posix/errno_text.hpp"

namespace steward::store {
namespace {

constexpr int kNiceness = 10;

[[noreturn]] void write_and_end(Disk& disk,
                                const LogPosition& at,
                                const StateWriter& write_state,
                                pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {  // it has ended meanwhile
        ::_exit(EXIT_FAILURE);
    }
    // Sockets above all: a broker that is started anew binds the same ports.
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
    [[maybe_unused]] const int niceness = ::nice(kNiceness);
    ::_exit(write_checkpoint(disk, at, write_state) ? EXIT_SUCCESS : EXIT_FAILURE);
}

}  // namespace

ForkCheckpointer::~ForkCheckpointer() {
    if (child_ > 0) {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
    }
}

base::Expected<void> ForkCheckpointer::start(Disk& disk,
                                             const LogPosition& at,
                                             const StateWriter& write_state) {
    STEWARD_ASSERT(child_ < 0);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        return posix::io_error("cannot copy the process to write a checkpoint", errno);
    }
    if (child == 0) {
        write_and_end(disk, at, write_state, parent);
    }
    child_ = child;
    return {};
}

Checkpointer::Progress ForkCheckpointer::progress() {
    int status = 0;
    const pid_t ended = ::waitpid(child_, &status, WNOHANG);
    if (ended == 0) {
        return Progress::Running;
    }
    child_ = -1;
    return ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS ? Progress::Done
                                                                                 : Progress::Failed;
}

}  // namespace steward::store
