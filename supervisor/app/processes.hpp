// supervisor/app: the processes as they are: carries out what the policy wants and tells it what
// has happened. Decides nothing.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/time.hpp"
#include "common/log/log.hpp"
#include "common/posix/rotated_file.hpp"
#include "supervisor/app/launch.hpp"
#include "supervisor/app/settings.hpp"
#include "supervisor/policy/fleet.hpp"
#include "supervisor/policy/watchdog.hpp"
#include "supervisor/process/guarded_process.hpp"
#include "supervisor/process/notify_socket.hpp"
#include "supervisor/process/watcher.hpp"

namespace steward::supervisor {

/// What a process and all that it has started use now.
struct Usage {
    std::uint64_t resident_bytes = 0;
    base::Duration cpu{};
    std::size_t processes = 0;
};

/// Thread: one, the watcher's.  Bound: the policy's processes; a log file for each pool.
class Processes {
public:
    /// The fleet is told what happens; whoever calls the watcher's wait() carries out what
    /// take_noticed() has, and steps the fleet.
    Processes(Watcher& watcher, Fleet& fleet, log::Log& log, NotifySocket notify);
    ~Processes();
    Processes(const Processes&) = delete;
    Processes& operator=(const Processes&) = delete;

    /// What processes that are started from now on are like, and what those that live are called.
    /// `settings` stay until the next call. Once something lives, the fleet is configured first.
    void configure(const SupervisorSettings& settings, std::string program_dir);

    void carry_out(base::MonoTime now, const Actions& actions);

    [[nodiscard]] Actions take_noticed() { return std::exchange(noticed_, {}); }

    /// Tells the policy of those that are silent. When to look again; nothing: when one is ready.
    std::optional<base::MonoTime> check_signs_of_life(base::MonoTime now, Actions& out);
    /// Tells it of those that hold more memory than they may.
    void check_memory(base::MonoTime now, Actions& out);

    /// Nothing: none has said where it is.
    [[nodiscard]] const std::optional<BrokerPlace>& broker() const { return place_.broker; }

    /// Of each process that lives.
    [[nodiscard]] std::map<ProcessId, Usage> usage() const;
    /// 0: it is not known, or there is none.
    [[nodiscard]] pid_t pid_of(const ProcessId& process) const;
    /// Whose process this is, or whose descendant. Nothing: nobody's.
    [[nodiscard]] std::optional<ProcessId> owner_of(pid_t pid) const;
    [[nodiscard]] std::string name_of(const ProcessId& process) const;
    /// What it last said of itself (STATUS=…).
    [[nodiscard]] std::string status_of(const ProcessId& process) const;

    /// What guardians that were killed have left is killed. False: nothing is left.
    bool sweep();

    /// The files of what processes print may have been moved away: their paths are opened anew.
    void reopen_logs() { logs_.clear(); }

private:
    struct Living;

    void start(base::MonoTime now, const ProcessId& id);
    [[nodiscard]] base::Expected<void> try_start(base::MonoTime now, const ProcessId& id);
    void end(const ProcessId& id);
    void read_reports(const ProcessId& id);
    void read_output(const ProcessId& id);
    void read_notifications();
    void take_notification(Living& living, std::string_view text);
    void take_line(const Living& living, std::string_view line);
    void take_place(const ProcessId& server, BrokerPlace place);
    void forget_brokers();
    void rename(Living& living);
    void write_line(const Living& living, std::string_view text);
    void note(const Note& note);
    [[nodiscard]] const PoolRow* row_of(std::string_view pool) const;
    [[nodiscard]] Living* living(pid_t pid);

    Watcher& watcher_;
    Fleet& fleet_;
    log::Log& log_;
    NotifySocket notify_;
    std::optional<Watcher::Token> notify_token_;
    const SupervisorSettings* settings_ = nullptr;
    LaunchPlace place_;
    std::map<ProcessId, std::unique_ptr<Living>> alive_;
    std::map<std::string, posix::RotatedFile, std::less<>> logs_;  // by pool
    std::map<ProcessId, BrokerPlace> brokers_;  // where each that runs here said last that it is
    bool has_strays_ = false;
    Actions noticed_;
};

}  // namespace steward::supervisor
