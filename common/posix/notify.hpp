// common/posix: telling whoever watches over this process how it does: the sd_notify protocol, as
// systemd and steward-supervisor speak it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "common/posix/unique_fd.hpp"

namespace steward::posix {

/// Datagrams to the socket that the environment names (NOTIFY_SOCKET); nothing is sent when it
/// names none.
///
/// Blocks: never. What the other side has no room for is kept, and said again by beat().
/// Bound: kUnsaidMax different words, the oldest are lost.  Thread: one.
class Notify {
public:
    Notify() = default;
    /// Through `look_up` (std::getenv): NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
    [[nodiscard]] static Notify from_environment(char* (*look_up)(const char*));

    static constexpr std::size_t kUnsaidMax = 8;

    /// "READY=1", "STOPPING=1", "STATUS=…". Call beat() afterwards, for when there was no room.
    void say(std::string_view what);

    /// A sign of life is wanted at least this often, at half of what the watcher allows.
    [[nodiscard]] std::optional<base::Duration> interval() const { return interval_; }

    /// Says what is still to be said and the sign of life when it is due. Returns when it wants to
    /// be called again; nothing: not before say().
    std::optional<base::MonoTime> beat(base::MonoTime now);

private:
    [[nodiscard]] bool send(std::string_view what) const noexcept;
    void send_unsaid() noexcept;

    UniqueFd socket_;
    std::optional<base::Duration> interval_;
    std::optional<base::MonoTime> next_;
    std::vector<std::string> unsaid_;  // in its order, each once
};

}  // namespace steward::posix
