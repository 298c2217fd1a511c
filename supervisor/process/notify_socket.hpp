// supervisor/process: where supervised processes say how they do: the sd_notify protocol's other
// end.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

#include "common/base/expected.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::supervisor {

/// Thread: one.  Blocks: never.
class NotifySocket {
public:
    /// Errors: Io.
    [[nodiscard]] static base::Expected<NotifySocket> open();

    /// For NOTIFY_SOCKET: in the abstract namespace, so that users without a right to any folder
    /// reach it. Who speaks is told by the kernel.
    [[nodiscard]] const std::string& name() const { return name_; }

    [[nodiscard]] int fd() const { return fd_.get(); }

    struct Message {
        pid_t pid = 0;
        std::string text;  // lines of NAME=value
    };

    /// Nothing: none has come.
    [[nodiscard]] std::optional<Message> next();

private:
    NotifySocket(posix::UniqueFd fd, std::string name)
        : fd_(std::move(fd)), name_(std::move(name)) {}

    posix::UniqueFd fd_;
    std::string name_;
};

}  // namespace steward::supervisor
