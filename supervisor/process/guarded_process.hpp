// supervisor/process: one program with its guardian: started, spoken to, and gone only when
// everything that it had started is gone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "common/base/expected.hpp"
#include "common/posix/unique_fd.hpp"
#include "supervisor/guardian/orders.hpp"

namespace steward::supervisor {

struct Launch {
    std::string guardian;  // the program steward-guardian
    guardian::Orders orders;
    std::vector<std::string> environment;  // "NAME=value", all of it
    int channel = -1;  // a descriptor that the program gets as guardian::kChannelFd; -1: none
    int output = -1;   // one that it prints to; -1: output_fd() has what it prints
};

/// Where the program is: its pid, or why there is none.
struct Whereabouts {
    pid_t pid = 0;
    bool has_ended = false;
    bool was_signalled = false;
    int number = 0;            // exit code or signal
    std::string failure = {};  // why it could not be started
};

/// When it is destroyed, the guardian kills what is left.
///
/// Thread: one.  Blocks: never, but for start(), which forks.
class GuardedProcess {
public:
    /// Errors: Io.
    [[nodiscard]] static base::Expected<GuardedProcess> start(const Launch& launch);

    /// Readable: read_reports().
    [[nodiscard]] int control_fd() const { return control_.get(); }

    /// What it prints, both streams in one; does not block. Ends when all writers are gone. -1 when
    /// Launch::output was given.
    [[nodiscard]] int output_fd() const { return output_.get(); }

    /// Readable: the guardian has ended, and with it everything. Then reap().
    [[nodiscard]] int end_fd() const { return exactly_.get(); }

    void read_reports();

    [[nodiscard]] const Whereabouts& whereabouts() const { return whereabouts_; }

    [[nodiscard]] pid_t guardian_pid() const { return guardian_; }

    /// To the program alone, if it still runs.
    void signal(int number) const;
    /// The program and all it has started.
    void kill() const;
    /// For a guardian that does not obey; then whatever it leaves is the caller's to kill.
    void kill_guardian() const;

    /// Collects the guardian. True: it went in order, so nothing is left. Pre: it has ended.
    [[nodiscard]] bool reap();

private:
    GuardedProcess() = default;
    void tell(std::string_view what) const;

    posix::UniqueFd control_;
    posix::UniqueFd output_;
    posix::UniqueFd exactly_;  // a pidfd
    pid_t guardian_ = 0;
    Whereabouts whereabouts_;
};

/// Kills and collects those children of this process that are not `known`: what guardians that
/// were killed have left. False: some are not gone yet, try again.
[[nodiscard]] bool sweep_strays(const std::vector<pid_t>& known);

}  // namespace steward::supervisor
