// common/posix: telling whoever watches over this process how it does: the sd_notify protocol, as
// systemd and steward-supervisor speak it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::posix {

/// Datagrams to the socket that the environment names (NOTIFY_SOCKET); nothing is sent when it
/// names none.
///
/// Blocks: never; what the other side has no room for is lost.  Thread: one.
class Notify {
public:
    Notify() = default;
    /// Through `look_up` (std::getenv): NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
    [[nodiscard]] static Notify from_environment(char* (*look_up)(const char*));

    /// "READY=1", "STOPPING=1", "STATUS=…".
    void say(std::string_view what) const noexcept;

    /// A sign of life is wanted at least this often, at half of what the watcher allows.
    [[nodiscard]] std::optional<base::Duration> interval() const { return interval_; }

    /// Sends the sign of life that is due and returns when the next one is; nothing: never.
    std::optional<base::MonoTime> beat(base::MonoTime now);

private:
    UniqueFd socket_;
    std::optional<base::Duration> interval_;
    std::optional<base::MonoTime> next_;
};

}  // namespace steward::posix
