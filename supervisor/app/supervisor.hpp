// supervisor/app: the process: opens everything, turns the loop, ends.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/kill_switch.hpp"
#include "common/base/expected.hpp"
#include "common/log/log.hpp"
#include "common/posix/notify.hpp"
#include "common/posix/signal_fd.hpp"
#include "supervisor/app/broker_watch.hpp"
#include "supervisor/app/commands.hpp"
#include "supervisor/app/control_server.hpp"
#include "supervisor/app/processes.hpp"
#include "supervisor/app/settings.hpp"
#include "supervisor/policy/fleet.hpp"
#include "supervisor/process/watcher.hpp"

namespace steward::supervisor {

struct SupervisorOptions {
    std::string config;
    bool is_foreground = false;   // logs to standard error
    bool starts_nothing = false;  // until it is told to
    Selection selection;          // what is started at first
};

/// Thread: main's. Others belong to the log and to the client library.
class Supervisor {
public:
    /// Errors: WrongState, one runs already; BadConfig; Io.
    [[nodiscard]] static base::Expected<std::unique_ptr<Supervisor>> open(
        const SupervisorOptions& options, std::unique_ptr<SupervisorSettings> settings);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    /// Until it is told to end and all processes have. False: the system failed.
    [[nodiscard]] bool run();

private:
    explicit Supervisor(const SupervisorOptions& options,
                        std::unique_ptr<SupervisorSettings> settings);
    [[nodiscard]] base::Expected<void> open_parts();
    [[nodiscard]] base::Expected<void> take_place();
    [[nodiscard]] base::Expected<void> watch_all();
    [[nodiscard]] base::Expected<void> start_first();
    [[nodiscard]] base::Expected<nlohmann::json> reload();
    void clear_stale_pid_files();
    base::Expected<void> look_at_kill_switch();
    void read_signals();
    void take_figures();
    void sample(base::MonoTime now);
    void settle(base::MonoTime now);
    void tell_watcher(base::MonoTime now);
    [[nodiscard]] std::map<ProcessId, std::vector<std::string>> jobs() const;
    [[nodiscard]] base::Duration time_to_wait(base::MonoTime now) const;
    [[nodiscard]] std::vector<PoolPlan> plans() const;
    [[nodiscard]] std::string program_dir() const;

    SupervisorOptions options_;
    std::unique_ptr<SupervisorSettings> settings_;
    std::uint32_t processors_ = 1;
    std::optional<posix::SignalFd> signals_;
    std::unique_ptr<log::Log> log_;
    posix::UniqueFd lock_;
    posix::Notify notify_;
    std::optional<Watcher> watcher_;
    Fleet fleet_;
    std::optional<BrokerWatch> broker_watch_;
    std::unique_ptr<Processes> processes_;
    std::unique_ptr<Commands> commands_;
    std::unique_ptr<ControlServer> control_;
    client::KillSwitch kill_switch_;  // as it is obeyed
    bool was_kill_switch_read_ = false;
    std::string kill_switch_trouble_;
    bool is_ending_ = false;
    bool is_ready_told_ = false;
    base::MonoTime started_at_{};
    base::MonoTime next_sample_{};
    std::optional<base::MonoTime> next_sign_;  // of life, from a process
    std::optional<base::MonoTime> next_beat_;  // of our own
};

}  // namespace steward::supervisor
