#include "supervisor/app/supervisor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/prctl.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "common/posix/append_file.hpp"
#include "common/posix/clock.hpp"
#include "common/posix/descriptor_limit.hpp"
#include "common/posix/errno_text.hpp"
#include "supervisor/process/pid_file.hpp"

namespace steward::supervisor {
namespace {

constexpr base::Duration kSweepPause = 20ms;
constexpr int kTurnsMax = 1'000;

std::string own_program_dir() {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path().string();
}

}  // namespace

Supervisor::Supervisor(const SupervisorOptions& options,
                       std::unique_ptr<SupervisorSettings> settings)
    : options_(options),
      settings_(std::move(settings)),
      processors_(std::max(1U, std::thread::hardware_concurrency())) {}

Supervisor::~Supervisor() = default;

base::Expected<std::unique_ptr<Supervisor>> Supervisor::open(
    const SupervisorOptions& options, std::unique_ptr<SupervisorSettings> settings) {
    std::unique_ptr<Supervisor> supervisor(new Supervisor(options, std::move(settings)));
    if (auto opened = supervisor->open_parts(); !opened) {
        return base::Unexpected(std::move(opened.error()));
    }
    return supervisor;
}

base::Expected<void> Supervisor::open_parts() {
    for (const std::string& folder : {settings_->run_dir, settings_->log_dir}) {
        if (auto made = posix::make_folders(folder); !made) {
            return made;
        }
    }
    if (auto taken = take_place(); !taken) {
        return taken;
    }
    if (const auto keys = keys::client_keys(settings_->keys); !keys) {
        return base::Unexpected(keys.error());
    }
    // Before any thread: threads inherit what is blocked here.
    auto signals = posix::SignalFd::open({SIGTERM, SIGINT, SIGHUP});
    if (!signals) {
        return base::Unexpected(std::move(signals.error()));
    }
    signals_.emplace(std::move(*signals));
    posix::ignore_write_signals();
    posix::raise_descriptor_limit();
    // What a guardian that is killed leaves comes here, to be swept.
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        return posix::io_error("cannot become a subreaper", errno);
    }
    log::LogOptions log_options;
    log_options.level = log::parse_level(settings_->log_level).value_or(log::Level::Info);
    if (!options_.is_foreground) {
        log_options.file = settings_->log_path("supervisor");
        log_options.bytes_max = settings_->log_bytes_max;
        log_options.files_max = settings_->log_files;
    }
    auto log = log::Log::open(log_options);
    if (!log) {
        return base::Unexpected(std::move(log.error()));
    }
    log_ = std::move(*log);
    notify_ = posix::Notify::from_environment(&std::getenv);
    clear_stale_pid_files();
    if (auto watched = watch_all(); !watched) {
        return watched;
    }
    return start_first();
}

// One supervisor for each run folder: the lock goes with the process, however it ends.
base::Expected<void> Supervisor::take_place() {
    const std::string path = settings_->run_path("supervisor.lock");
    lock_ = posix::UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!lock_.is_open()) {
        return posix::io_error("cannot open " + path + " (the setting is supervisor.run_dir)",
                               errno);
    }
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
        return base::fail(base::Errc::WrongState,
                          "a supervisor runs already: " + path + " is locked");
    }
    const auto self = posix::read_process(::getpid());
    return self ? write_pid_file(settings_->run_path("supervisor.pid"), *self)
                : base::Expected<void>{};
}

// Only a supervisor that was killed leaves any; its guardians have ended what they name.
void Supervisor::clear_stale_pid_files() {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(settings_->run_dir, ignored)) {
        const std::filesystem::path& path = entry.path();
        if (path.extension() == ".pid" && look_at_pid_file(path.string()) == PidFile::Stale) {
            log_->write(log::Level::Warning, "stale_pid_file", {{"name", path.stem().string()}});
            std::filesystem::remove(path, ignored);
        }
    }
}

base::Expected<void> Supervisor::watch_all() {
    auto watcher = Watcher::open();
    if (!watcher) {
        return base::Unexpected(std::move(watcher.error()));
    }
    watcher_.emplace(std::move(*watcher));
    auto notify = NotifySocket::open();
    auto broker_watch = BrokerWatch::open();
    if (!notify || !broker_watch) {
        return base::Unexpected(std::move(!notify ? notify.error() : broker_watch.error()));
    }
    broker_watch_.emplace(std::move(*broker_watch));
    processes_ = std::make_unique<Processes>(*watcher_, fleet_, *log_, std::move(*notify));
    processes_->configure(*settings_, program_dir());
    commands_ = std::make_unique<Commands>(
        CommandParts{.fleet = fleet_,
                     .processes = *processes_,
                     .reload = [this] { return reload(); },
                     .look_at_kill_switch = [this] { return look_at_kill_switch(); },
                     .jobs = [this] { return jobs(); }});
    auto control = ControlServer::open(settings_->run_path("supervisor.sock"),
                                       *watcher_,
                                       [this](base::MonoTime now, const std::string& line) {
                                           return commands_->handle(now, line);
                                       });
    if (!control) {
        return base::Unexpected(std::move(control.error()));
    }
    control_ = std::move(*control);
    for (const auto& [fd, readable] :
         {std::pair<int, std::function<void()>>(signals_->fd(), [this] { read_signals(); }),
          std::pair<int, std::function<void()>>(broker_watch_->fd(), [this] { take_figures(); })}) {
        if (auto watched = watcher_->watch(fd, readable); !watched) {
            return base::Unexpected(std::move(watched.error()));
        }
    }
    return {};
}

base::Expected<void> Supervisor::start_first() {
    started_at_ = posix::read_mono();
    Actions actions;
    fleet_.configure(plans(), false, actions);
    processes_->carry_out(started_at_, actions);
    static_cast<void>(look_at_kill_switch());  // it is logged
    if (options_.starts_nothing || fleet_.pools().empty()) {
        return {};
    }
    const auto names = commands_->named(options_.selection);
    if (!names) {
        return base::Unexpected(names.error());
    }
    return fleet_.start(*names);
}

std::vector<PoolPlan> Supervisor::plans() const {
    std::vector<PoolPlan> plans;
    for (const PoolRow* row : settings_->rows()) {
        plans.push_back(plan_of(*row, *settings_, processors_));
    }
    return plans;
}

std::string Supervisor::program_dir() const {
    return settings_->program_dir.empty() ? own_program_dir() : settings_->program_dir;
}

bool Supervisor::run() {
    log_->write(log::Level::Info,
                "supervisor_ready",
                {{"version", STEWARD_VERSION}, {"pid", std::to_string(::getpid())}});
    while (true) {
        const base::MonoTime now = posix::read_mono();
        if (now >= next_sample_) {
            sample(now);
        }
        settle(now);
        control_->look(now);
        settle(now);  // what was just commanded
        const bool has_strays = processes_->sweep();
        if (fleet_.is_ended() && !has_strays) {
            control_->look(now, true);
            break;
        }
        tell_watcher(now);
        const base::Duration wait = time_to_wait(now);
        if (auto waited = watcher_->wait(has_strays ? std::min(wait, kSweepPause) : wait);
            !waited) {
            log_->write(log::Level::Error, "wait_failed", {{"why", waited.error().message}});
            return false;  // guardians end everything
        }
    }
    std::remove(settings_->run_path("supervisor.pid").c_str());
    log_->write(log::Level::Info, "supervisor_ended");
    return true;
}

// Steps the policy and carries out what it wants until it wants nothing more at this instant.
void Supervisor::settle(base::MonoTime now) {
    for (int turn = 0; turn < kTurnsMax; ++turn) {
        Actions actions = commands_->take_actions();
        next_sign_ = processes_->check_signs_of_life(now, actions);
        // Before anything is started: a stop signal that was meant for a process that has ended
        // since is not for its successor.
        const Actions noticed = processes_->take_noticed();
        processes_->carry_out(now, noticed);
        fleet_.step(now, actions);
        processes_->carry_out(now, actions);
        if (actions.empty() && noticed.empty()) {
            return;
        }
    }
}

void Supervisor::sample(base::MonoTime now) {
    next_sample_ = now + settings_->sample_every;
    static_cast<void>(look_at_kill_switch());  // it is logged
    Actions actions;
    processes_->check_memory(now, actions);
    processes_->carry_out(now, actions);
    const auto& place = processes_->broker();
    broker_watch_->ask(!settings_->broker.empty() ? settings_->broker
                       : place                    ? place->clients
                                                  : std::string(),
                       settings_->keys);
}

void Supervisor::take_figures() {
    if (!broker_watch_->look()) {
        return;
    }
    const base::MonoTime now = posix::read_mono();
    const BrokerFigures& figures = broker_watch_->figures();
    Actions actions;
    for (const auto& [name, pool] : fleet_.pools()) {
        Load load;
        for (const std::string& service : pool.plan().services) {
            if (const auto found = figures.services.find(service);
                found != figures.services.end()) {
                load.waiting += found->second.waiting;
                load.running += found->second.running;
                load.oldest = std::max(load.oldest, found->second.oldest);
            }
        }
        std::vector<JobCounts> counts(pool.slots().size());
        for (const WorkerFigures& worker : figures.workers) {
            const auto owner = processes_->owner_of(worker.pid);
            if (owner && owner->pool == name && owner->number <= counts.size()) {
                counts[owner->number - 1] = worker.ended;
            }
        }
        fleet_.load(now, name, load, actions);
        fleet_.figures(name, counts, actions);
    }
    processes_->carry_out(now, actions);
}

std::map<ProcessId, std::vector<std::string>> Supervisor::jobs() const {
    std::map<ProcessId, std::vector<std::string>> jobs;
    for (const WorkerFigures& worker : broker_watch_->figures().workers) {
        if (const auto owner = processes_->owner_of(worker.pid)) {
            auto& its = jobs[*owner];
            its.insert(its.end(), worker.jobs.begin(), worker.jobs.end());
        }
    }
    return jobs;
}

// A file that cannot be read or understood changes nothing: what was switched off stays off. At a
// start nobody knows what that was, so it is everything.
base::Expected<void> Supervisor::look_at_kill_switch() {
    auto read = client::read_kill_switch(settings_->kill_switch_path());
    const std::string trouble = read ? "" : read.error().message;
    if (trouble != kill_switch_trouble_) {
        log_->write(log::Level::Error,
                    trouble.empty() ? "kill_switch_is_fine_again" : "kill_switch_unreadable",
                    {{"why", trouble}});
        kill_switch_trouble_ = trouble;
    }
    was_kill_switch_read_ = was_kill_switch_read_ || read.has_value();
    const client::KillSwitch wanted = read ? *read
                                      : was_kill_switch_read_
                                          ? kill_switch_
                                          : client::KillSwitch{.is_global = true};
    if (wanted != kill_switch_) {
        kill_switch_ = wanted;
        Actions actions;
        fleet_.set_kill_switch(
            {kill_switch_.is_global, {kill_switch_.services.begin(), kill_switch_.services.end()}},
            actions);
        processes_->carry_out(posix::read_mono(), actions);
    }
    return read ? base::Expected<void>{} : base::Unexpected(read.error());
}

base::Expected<nlohmann::json> Supervisor::reload() {
    log_->reopen();
    processes_->reopen_logs();
    auto loaded = load_settings(options_.config, &std::getenv);
    if (loaded) {
        if (const auto keys = keys::client_keys((*loaded)->keys); !keys) {
            loaded = base::Unexpected(keys.error());
        }
    }
    if (!loaded) {
        log_->write(log::Level::Error, "reload_refused", {{"why", loaded.error().message}});
        return base::Unexpected(std::move(loaded.error()));
    }
    nlohmann::json changed = nlohmann::json::array();
    for (const config::Difference& difference :
         schema_of(**loaded).differences_from(schema_of(*settings_))) {
        log_->write(difference.is_reloadable ? log::Level::Info : log::Level::Warning,
                    difference.is_reloadable ? "setting_changed" : "setting_needs_restart",
                    {{"setting", difference.path}});
        changed.push_back(
            {{"setting", difference.path}, {"needs_restart", !difference.is_reloadable}});
    }
    // Where files lie stays as it was at the start.
    for (std::string SupervisorSettings::*place : {&SupervisorSettings::run_dir,
                                                   &SupervisorSettings::log_dir,
                                                   &SupervisorSettings::program_dir,
                                                   &SupervisorSettings::kill_switch}) {
        (**loaded).*place = (*settings_).*place;
    }
    const std::unique_ptr<SupervisorSettings> before = std::exchange(settings_, std::move(*loaded));
    log_->set_level(log::parse_level(settings_->log_level).value_or(log::Level::Info));
    Actions actions;
    fleet_.configure(plans(), true, actions);
    processes_->configure(*settings_, program_dir());
    processes_->carry_out(posix::read_mono(), actions);
    next_sample_ = {};
    log_->write(log::Level::Info, "reloaded");
    return changed;
}

void Supervisor::read_signals() {
    while (const auto signal = signals_->next()) {
        if (*signal == SIGHUP) {
            static_cast<void>(reload());
        } else if (std::exchange(is_ending_, true)) {
            log_->write(log::Level::Warning, "killing_all");
            for (const auto& [name, pool] : fleet_.pools()) {
                for (const Slot& slot : pool.slots()) {
                    if (slot.is_alive()) {
                        processes_->carry_out(posix::read_mono(), {Kill{slot.id(), false}});
                    }
                }
            }
        } else {
            log_->write(log::Level::Info, "ending", {{"signal", std::to_string(*signal)}});
            notify_.say("STOPPING=1");
            fleet_.shut_down();
        }
    }
}

// What systemd wants to know of us.
void Supervisor::tell_watcher(base::MonoTime now) {
    const auto is_settled = [&] {
        return std::ranges::all_of(
            fleet_.pools(), [now](const auto& entry) { return entry.second.is_settled(now); });
    };
    if (!is_ready_told_ && (now - started_at_ >= settings_->ready_max || is_settled())) {
        is_ready_told_ = true;
        notify_.say("READY=1");
    }
    next_beat_ = notify_.beat(now);
}

base::Duration Supervisor::time_to_wait(base::MonoTime now) const {
    base::MonoTime until = next_sample_;
    for (const auto& at :
         {fleet_.next_deadline(), control_->next_deadline(), next_sign_, next_beat_}) {
        if (at) {
            until = std::min(until, *at);
        }
    }
    return std::max(until - now, base::Duration::zero());
}

}  // namespace steward::supervisor
