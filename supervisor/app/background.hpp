// supervisor/app: a process that goes on in the background once it has said that it is well.
#pragma once

#include <optional>
#include <string>

#include "common/base/expected.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::supervisor {

/// Before any thread is made.
class Background {
public:
    /// Forks. In the child: an object whose well() or failed() the parent waits for. In the parent,
    /// after that: the exit code to end with. Errors: Io.
    [[nodiscard]] static base::Expected<Background> begin();

    /// In the parent: what to end with.
    [[nodiscard]] std::optional<int> exit_code() const { return exit_code_; }

    /// The parent ends with success; this process has no terminal any more.
    void well();
    /// The parent prints why and ends with `code`.
    void failed(const std::string& why, int code);

private:
    Background() = default;

    posix::UniqueFd to_parent_;
    std::optional<int> exit_code_;
};

}  // namespace steward::supervisor
