#include "supervisor/app/processes.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <functional>
#include <sys/socket.h>
#include <unistd.h>

#include "common/posix/clock.hpp"
#include "common/posix/errno_text.hpp"
#include "common/posix/process_table.hpp"
#include "supervisor/process/line_splitter.hpp"
#include "supervisor/process/pid_file.hpp"

namespace steward::supervisor {

struct Processes::Living {
    Living(ProcessId its_id, std::string its_name, GuardedProcess its_process)
        : id(std::move(its_id)), name(std::move(its_name)), process(std::move(its_process)) {}

    /// Those that it need not be started anew for.
    void set_limits(const PoolRow& row) {
        stop_signal = signal_number(row.stop_signal);
        memory_limit = row.memory_limit.value_or(0);
    }

    ProcessId id;
    std::string name;
    GuardedProcess process;
    std::vector<Watcher::Token> tokens;
    LineSplitter lines;
    bool is_server = false;
    bool is_told_broker = false;
    std::optional<BrokerPlace> told_broker;  // as it was started; nothing: none was known
    bool has_pid_file = false;
    std::string pid_file;
    Watchdog watchdog;  // since it was ready
    bool was_ready = false;
    int stop_signal = SIGTERM;
    std::size_t memory_limit = 0;
    std::string status;
};

namespace {

// Of one process in one turn, so that one that prints without end does not hold up the others.
constexpr std::size_t kOutputBytesAtOnce = 256U << 10U;

log::Level level_of(Loudness loudness) {
    switch (loudness) {
        case Loudness::Info: return log::Level::Info;
        case Loudness::Warning: return log::Level::Warning;
        case Loudness::Error: return log::Level::Error;
    }
    return log::Level::Info;
}

std::vector<std::string> own_environment() {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        all.emplace_back(*entry);
    }
    return all;
}

Usage usage_of(pid_t guardian, const std::vector<posix::ProcessRow>& all) {
    Usage usage;
    for (const posix::ProcessRow& row : posix::descendants_of(guardian, all)) {
        usage.resident_bytes += row.resident_bytes;
        usage.cpu += row.cpu;
        ++usage.processes;
    }
    return usage;
}

End end_of(const Whereabouts& where) {
    if (!where.failure.empty()) {
        return {End::How::NotStarted, 0, where.failure};
    }
    if (!where.has_ended) {
        return {End::How::Signalled, SIGKILL, {}};  // with its guardian
    }
    return {where.was_signalled ? End::How::Signalled : End::How::Exited, where.number, {}};
}

}  // namespace

Processes::Processes(Watcher& watcher, Fleet& fleet, log::Log& log, NotifySocket notify)
    : watcher_(watcher), fleet_(fleet), log_(log), notify_(std::move(notify)) {
    place_.notify_socket = notify_.name();
    place_.environment = own_environment();
    if (const auto token = watcher_.watch(notify_.fd(), [this] { read_notifications(); })) {
        notify_token_ = *token;
    }
}

Processes::~Processes() {
    if (notify_token_) {
        watcher_.forget(*notify_token_);
    }
    for (const auto& [id, living] : alive_) {
        std::ranges::for_each(living->tokens, [this](auto token) { watcher_.forget(token); });
    }
}

void Processes::configure(const SupervisorSettings& settings, std::string program_dir) {
    settings_ = &settings;
    place_.program_dir = std::move(program_dir);
    place_.keys = settings.keys;
    logs_.clear();  // opened again when something is printed, with what is now their size
    forget_brokers();
    for (const auto& [id, living] : alive_) {
        rename(*living);
        if (const PoolRow* row = row_of(id.pool)) {
            living->set_limits(*row);
        }
    }
}

// A pool of one may have become one of several, or the other way round.
void Processes::rename(Living& living) {
    std::string name = name_of(living.id);
    if (name == living.name) {
        return;
    }
    const std::string pid_file = settings_->run_path(name + ".pid");
    if (living.has_pid_file && std::rename(living.pid_file.c_str(), pid_file.c_str()) != 0) {
        log_.write(log::Level::Warning,
                   "no_pid_file",
                   {{"why", "cannot write " + pid_file + ": " + posix::errno_text(errno)}});
    }
    living.name = std::move(name);
    living.pid_file = pid_file;
}

// One that is no longer configured: nobody is where it was, though nobody else is known yet.
void Processes::forget_brokers() {
    for (auto one = brokers_.begin(); one != brokers_.end();) {
        if (row_of(one->first.pool) != nullptr) {
            ++one;
            continue;
        }
        if (place_.broker == one->second) {
            place_.broker.reset();
        }
        one = brokers_.erase(one);
    }
}

const PoolRow* Processes::row_of(std::string_view pool) const {
    const auto rows = settings_->rows();
    const auto found = std::ranges::find(rows, pool, [](const PoolRow* row) { return row->name; });
    return found == rows.end() ? nullptr : *found;
}

std::string Processes::name_of(const ProcessId& process) const {
    const Pool* pool = fleet_.pool(process.pool);
    return supervisor::name_of(process, pool == nullptr || pool->is_single());
}

// ---- what the policy wants ----

void Processes::carry_out(base::MonoTime now, const Actions& actions) {
    for (const Action& action : actions) {
        if (const auto* told = std::get_if<Note>(&action)) {
            note(*told);
        } else if (const auto* begun = std::get_if<Start>(&action)) {
            start(now, begun->process);
        } else if (const auto* asked = std::get_if<AskToStop>(&action)) {
            if (const auto found = alive_.find(asked->process); found != alive_.end()) {
                found->second->process.signal(found->second->stop_signal);
            }
        } else if (const auto* kill = std::get_if<Kill>(&action)) {
            if (const auto found = alive_.find(kill->process); found != alive_.end()) {
                kill->is_last_resort ? found->second->process.kill_guardian()
                                     : found->second->process.kill();
            }
        }
    }
}

void Processes::note(const Note& note) {
    const std::string about = note.about.number == 0 ? note.about.pool : name_of(note.about);
    if (note.why.empty()) {
        log_.write(level_of(note.loudness), note.event, {{"name", about}});
    } else {
        log_.write(level_of(note.loudness), note.event, {{"name", about}, {"why", note.why}});
    }
}

void Processes::start(base::MonoTime now, const ProcessId& id) {
    if (auto started = try_start(now, id); !started) {
        fleet_.gone(now, id, {End::How::NotStarted, 0, started.error().message}, noticed_);
    }
}

base::Expected<void> Processes::try_start(base::MonoTime /*now*/, const ProcessId& id) {
    const PoolRow* row = row_of(id.pool);
    if (row == nullptr) {
        return base::fail(base::Errc::UnknownName, "it is no longer configured");
    }
    const std::string name = name_of(id);
    auto process = GuardedProcess::start(launch_of(*row, name, place_));
    if (!process) {
        return base::Unexpected(std::move(process.error()));
    }
    auto living = std::make_unique<Living>(id, name, std::move(*process));
    living->is_server = row->kind == "server";
    living->is_told_broker = is_told_broker(*row);
    living->told_broker = place_.broker;
    living->pid_file = settings_->run_path(name + ".pid");
    living->watchdog = Watchdog(row->watchdog);
    living->set_limits(*row);
    const std::pair<int, std::function<void()>> watched[] = {
        {living->process.control_fd(), [this, id] { read_reports(id); }},
        {living->process.output_fd(), [this, id] { read_output(id); }},
        {living->process.end_fd(), [this, id] { end(id); }}};
    for (const auto& [fd, readable] : watched) {
        auto token = watcher_.watch(fd, readable);
        if (!token) {
            std::ranges::for_each(living->tokens, [this](auto old) { watcher_.forget(old); });
            living->process.kill_guardian();
            has_strays_ = true;  // it is nobody's now
            return base::Unexpected(std::move(token.error()));
        }
        living->tokens.push_back(*token);
    }
    alive_[id] = std::move(living);
    return {};
}

// ---- what has happened ----

void Processes::read_reports(const ProcessId& id) {
    const auto found = alive_.find(id);
    if (found == alive_.end()) {
        return;
    }
    Living& living = *found->second;
    living.process.read_reports();
    const pid_t pid = living.process.whereabouts().pid;
    if (pid != 0 && !living.has_pid_file) {
        living.has_pid_file = true;
        log_.write(
            log::Level::Info, "started", {{"name", living.name}, {"pid", std::to_string(pid)}});
        const auto row = posix::read_process(pid);
        if (const auto written =
                row ? write_pid_file(living.pid_file, *row) : base::Expected<void>{};
            !written) {
            log_.write(log::Level::Warning, "no_pid_file", {{"why", written.error().message}});
        }
    }
    // Its other end may be closed long before the last process is gone.
    std::array<char, 1> peeked{};
    if (::recv(living.process.control_fd(), peeked.data(), 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
        watcher_.forget(living.tokens[0]);
    }
}

void Processes::read_output(const ProcessId& id) {
    const auto found = alive_.find(id);
    if (found == alive_.end()) {
        return;
    }
    Living& living = *found->second;
    std::array<char, 16384> bytes{};
    const auto line = [&](std::string_view text) { take_line(living, text); };
    for (std::size_t taken = 0; taken < kOutputBytesAtOnce;) {
        const ssize_t got = ::read(living.process.output_fd(), bytes.data(), bytes.size());
        if (got < 0) {
            return;  // nothing more for now
        }
        if (got == 0) {
            living.lines.finish(line);
            watcher_.forget(living.tokens[1]);
            return;
        }
        taken += static_cast<std::size_t>(got);
        living.lines.feed({bytes.data(), static_cast<std::size_t>(got)}, line);
    }
}

void Processes::take_line(const Living& living, std::string_view line) {
    if (living.is_server) {
        if (auto place = place_in(line)) {
            take_place(living.id, std::move(*place));
        }
    }
    write_line(living, line);
}

// A worker knows its broker from how it was started: it may have been started before a broker that
// began late, or the broker's ports are other ones since.
void Processes::take_place(const ProcessId& server, BrokerPlace place) {
    if (row_of(server.pool) == nullptr) {
        return;  // it is about to end
    }
    brokers_[server] = place;
    place_.broker = std::move(place);
    const base::MonoTime now = posix::read_mono();
    const auto is_known = [&](const std::optional<BrokerPlace>& told) {
        return std::ranges::any_of(brokers_, [&](const auto& one) { return told == one.second; });
    };
    for (const auto& [id, living] : alive_) {
        if (living->is_told_broker && !is_known(living->told_broker)) {
            fleet_.unfit(now, id, "the broker is at " + place_.broker->workers, noticed_);
        }
    }
}

void Processes::write_line(const Living& living, std::string_view text) {
    std::string line = log::time_text(posix::read_clock().wall);
    ((line += ' ') += living.name) += ' ';
    (line += text) += '\n';
    auto log = logs_.find(living.id.pool);
    if (log == logs_.end()) {
        auto opened = posix::RotatedFile::open({.path = settings_->log_path(living.id.pool),
                                                .bytes_max = settings_->log_bytes_max,
                                                .files_max = settings_->log_files});
        if (!opened) {
            log_.write(log::Level::Warning, "output_lost", {{"why", opened.error().message}});
            return;
        }
        log = logs_.emplace(living.id.pool, std::move(*opened)).first;
    }
    if (const auto written = log->second.append(line); !written) {
        log_.write(log::Level::Warning, "output_lost", {{"why", written.error().message}});
    }
}

void Processes::end(const ProcessId& id) {
    const auto found = alive_.find(id);
    if (found == alive_.end()) {
        return;
    }
    Living& living = *found->second;
    read_reports(id);
    has_strays_ = !living.process.reap() || has_strays_;
    read_output(id);
    living.lines.finish([&](std::string_view text) { take_line(living, text); });
    const End end = end_of(living.process.whereabouts());
    write_line(living, "[supervisor] ended: " + text_of(end));
    if (living.has_pid_file) {
        std::remove(living.pid_file.c_str());
    }
    std::ranges::for_each(living.tokens, [this](auto token) { watcher_.forget(token); });
    alive_.erase(found);
    fleet_.gone(posix::read_mono(), id, end, noticed_);
}

Processes::Living* Processes::living(pid_t pid) {
    const auto found = std::ranges::find_if(alive_, [pid](const auto& entry) {
        return entry.second->process.whereabouts().pid == pid;
    });
    return found == alive_.end() ? nullptr : found->second.get();
}

void Processes::read_notifications() {
    while (const auto message = notify_.next()) {
        Living* sender = living(message->pid);
        if (sender == nullptr) {
            // Guardians say a program's pid before it begins, so it is there to be read.
            for (const auto& entry : alive_) {
                read_reports(entry.first);
            }
            sender = living(message->pid);
        }
        if (sender != nullptr) {
            take_notification(*sender, message->text);
        }
    }
}

void Processes::take_notification(Living& living, std::string_view text) {
    const base::MonoTime now = posix::read_mono();
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line == "READY=1") {
            read_output(living.id);  // a server says there where it is, and before
            fleet_.ready(now, living.id);
            living.was_ready = true;
            living.watchdog.hear(now);
        } else if (line == "WATCHDOG=1" && living.was_ready) {
            living.watchdog.hear(now);
        } else if (line.starts_with("STATUS=")) {
            living.status = line.substr(7, 256);
        }
    }
}

std::optional<base::MonoTime> Processes::check_signs_of_life(base::MonoTime now, Actions& out) {
    read_notifications();  // what has been said is no silence, though it was not heard yet
    std::optional<base::MonoTime> next;
    for (const auto& [id, living] : alive_) {
        if (living->watchdog.is_silent(now)) {
            fleet_.hangs(now, id, "no sign of life within its watchdog time", out);
        }
        const auto look = living->watchdog.next_look();
        if (look && (!next || *look < *next)) {
            next = look;
        }
    }
    return next;
}

void Processes::check_memory(base::MonoTime now, Actions& out) {
    const bool is_limited = std::ranges::any_of(
        alive_, [](const auto& entry) { return entry.second->memory_limit > 0; });
    if (!is_limited) {
        return;
    }
    const auto all = posix::read_processes();
    for (const auto& [id, living] : alive_) {
        const std::size_t limit = living->memory_limit;
        const std::uint64_t held = usage_of(living->process.guardian_pid(), all).resident_bytes;
        if (limit > 0 && held > limit) {
            fleet_.unfit(now,
                         id,
                         "it holds " + std::to_string(held) + " bytes; its memory_limit is " +
                             std::to_string(limit),
                         out);
        }
    }
}

// ---- what can be asked ----

std::map<ProcessId, Usage> Processes::usage() const {
    std::map<ProcessId, Usage> usage;
    const auto all = posix::read_processes();
    for (const auto& [id, living] : alive_) {
        usage[id] = usage_of(living->process.guardian_pid(), all);
    }
    return usage;
}

pid_t Processes::pid_of(const ProcessId& process) const {
    const auto found = alive_.find(process);
    return found == alive_.end() ? 0 : found->second->process.whereabouts().pid;
}

std::optional<ProcessId> Processes::owner_of(pid_t pid) const {
    constexpr int kGenerationsMax = 16;
    for (int i = 0; i < kGenerationsMax && pid > 1; ++i) {
        for (const auto& [id, living] : alive_) {
            if (living->process.whereabouts().pid == pid) {
                return id;
            }
        }
        const auto row = posix::read_process(pid);
        pid = row ? row->parent : 0;
    }
    return std::nullopt;
}

std::string Processes::status_of(const ProcessId& process) const {
    const auto found = alive_.find(process);
    return found == alive_.end() ? std::string() : found->second->status;
}

bool Processes::sweep() {
    if (!has_strays_) {
        return false;
    }
    std::vector<pid_t> known;
    for (const auto& [id, living] : alive_) {
        known.push_back(living->process.guardian_pid());
    }
    has_strays_ = !sweep_strays(known);
    return has_strays_;
}

}  // namespace steward::supervisor
