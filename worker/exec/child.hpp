// worker/exec: a command under its keeper, as the worker holds it: the ends of its pipes, and the
// leash whose end ends it.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "common/base/expected.hpp"
#include "common/posix/unique_fd.hpp"
#include "worker/exec/keeper_order.hpp"

namespace steward::worker::exec {

/// Thread: one. When this ends, or its process does, the command and all that it started end.
class Child {
public:
    struct Plan {
        std::string keeper;
        std::string directory;                 // empty: the worker's
        std::vector<std::string> environment;  // NAME=VALUE, on top of the worker's
        KeeperOrder order;
    };

    /// Errors: Io: out of processes or descriptors, or the words are too many.
    [[nodiscard]] static base::Expected<Child> start(const Plan& plan);

    Child(Child&&) = default;
    Child& operator=(Child&&) = delete;
    /// Blocks: until all have ended; after end() that is the order's grace and some milliseconds.
    ~Child();

    // All of them do not block.
    posix::UniqueFd input;   // writing
    posix::UniqueFd output;  // reading
    posix::UniqueFd errors;  // reading
    posix::UniqueFd report;  // reading; at its end all processes have ended

    /// SIGTERM to the command's process group, and after the grace SIGKILL to all. Blocks: never.
    void end() { leash_ = posix::UniqueFd(); }

private:
    explicit Child(pid_t keeper) : keeper_(keeper) {}

    struct Owned {  // a pid that is waited for once

        explicit Owned(pid_t process) : pid(process) {}

        Owned(Owned&& other) noexcept : pid(std::exchange(other.pid, -1)) {}

        Owned& operator=(Owned&&) = delete;
        ~Owned() = default;
        pid_t pid;
    };

    posix::UniqueFd leash_;
    Owned keeper_;
};

}  // namespace steward::worker::exec
