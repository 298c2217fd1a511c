#include "supervisor/policy/slot.hpp"

#include <algorithm>

namespace steward::supervisor {
namespace {

// After a Kill: how long until harsher means.
constexpr base::Duration kKillPatience = 5s;
constexpr std::uint32_t kDoublingsMax = 20;

std::string as_text(base::Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) +
           "ms";
}

}  // namespace

std::string_view name_of(State state) {
    switch (state) {
        case State::Stopped: return "stopped";
        case State::Starting: return "starting";
        case State::Running: return "running";
        case State::Backoff: return "backoff";
        case State::Stopping: return "stopping";
        case State::Killing: return "killing";
    }
    return "";
}

std::string name_of(const ProcessId& process, bool is_single) {
    return is_single && process.number == 1 ? process.pool
                                            : process.pool + "." + std::to_string(process.number);
}

std::string text_of(const End& end) {
    switch (end.how) {
        case End::How::Exited: return "exit code " + std::to_string(end.number);
        case End::How::Signalled: return "signal " + std::to_string(end.number);
        case End::How::NotStarted: return end.text;
    }
    return "";
}

void Slot::enter(State state, base::MonoTime now) {
    state_ = state;
    since_ = now;
}

void Slot::set_wanted(bool is_wanted, std::string_view why) {
    is_wanted_ = is_wanted;
    why_unwanted_ = why;
}

// From one state into the next at most. NOLINTNEXTLINE(misc-no-recursion)
void Slot::step(base::MonoTime now, const PoolPlan& plan, Actions& out) {
    switch (state_) {
        case State::Stopped:
            if (is_wanted_) {
                rest(now, std::max(now, until_), plan);  // a pause outlives being unwanted
                step(now, plan, out);
            }
            return;
        case State::Backoff:
            if (!is_wanted_) {
                enter(State::Stopped, now);
            } else if (now >= until_) {
                start(now, plan, out);
            }
            return;
        case State::Starting:
        case State::Running:
            if (!is_wanted_) {
                out.emplace_back(Note{Loudness::Info, "stopping", id_, why_unwanted_});
                stop(now, plan, out);
            } else if (state_ == State::Starting && !plan.says_ready &&
                       now - since_ >= plan.ready_after) {
                ready(now);
                step(now, plan, out);
            } else if (is_in_crash_loop_ && is_healthy(now, plan)) {
                out.emplace_back(Note{Loudness::Info, "recovered", id_, {}});
                crashes_in_row_ = 0;
                is_in_crash_loop_ = false;
            }
            return;
        case State::Stopping:
            if (now >= until_) {
                out.emplace_back(Note{
                    Loudness::Warning,
                    "killing",
                    id_,
                    "it had not ended " + as_text(plan.stop_grace) + " after its stop signal"});
                out.emplace_back(Kill{id_, false});
                enter(State::Killing, now);
                until_ = now + kKillPatience;
            }
            return;
        case State::Killing:
            if (now >= until_) {
                out.emplace_back(Kill{id_, true});
                until_ = now + kKillPatience;
            }
            return;
    }
}

std::optional<base::MonoTime> Slot::next_deadline(const PoolPlan& plan) const {
    switch (state_) {
        case State::Stopped: return std::nullopt;
        case State::Starting:
        case State::Running: return next_of_running(plan);
        case State::Backoff:
        case State::Stopping:
        case State::Killing: return until_;
    }
    return std::nullopt;
}

std::optional<base::MonoTime> Slot::next_of_running(const PoolPlan& plan) const {
    std::optional<base::MonoTime> next;
    const auto consider = [&](bool counts, base::MonoTime at) {
        if (counts && (!next || at < *next)) {
            next = at;
        }
    };
    consider(state_ == State::Starting && !plan.says_ready, since_ + plan.ready_after);
    consider(is_in_crash_loop_, started_at_ + plan.restart.healthy_after);
    return next;
}

bool Slot::is_healthy(base::MonoTime now, const PoolPlan& plan) const {
    return now - started_at_ >= plan.restart.healthy_after;
}

void Slot::start(base::MonoTime now, const PoolPlan& plan, Actions& out) {
    recent_starts_.push_back(now);
    while (recent_starts_.size() > plan.restart.restarts_max) {
        recent_starts_.pop_front();
    }
    ++starts_;
    started_at_ = now;
    was_asked_ = false;
    has_hung_ = false;
    enter(State::Starting, now);
    out.emplace_back(Start{id_});
}

void Slot::stop(base::MonoTime now, const PoolPlan& plan, Actions& out) {
    was_asked_ = true;
    enter(State::Stopping, now);
    until_ = now + plan.stop_grace;
    out.emplace_back(AskToStop{id_});
}

// Waits until then, or longer when it was started too often of late.
void Slot::rest(base::MonoTime now, base::MonoTime until, const PoolPlan& plan) {
    if (recent_starts_.size() >= plan.restart.restarts_max && !recent_starts_.empty()) {
        until = std::max(until, recent_starts_.front() + plan.restart.restart_window);
    }
    enter(State::Backoff, now);
    until_ = until;
}

void Slot::ready(base::MonoTime now) {
    if (state_ == State::Starting) {
        enter(State::Running, now);
    }
}

void Slot::gone(base::MonoTime now, const End& end, const PoolPlan& plan, Actions& out) {
    if (!is_alive()) {
        return;
    }
    last_end_ = text_of(end);
    const bool wants_successor = end.how == End::How::Exited && end.number == kExitReplace;
    const bool was_told_by_others = end.how == End::How::Exited && end.number == 0;
    if (is_healthy(now, plan)) {
        crashes_in_row_ = 0;
        is_in_crash_loop_ = false;
    }
    if (has_hung_ || (!was_asked_ && !wants_successor && !was_told_by_others)) {
        crashed(now, end, plan, out);
    } else if (was_asked_ || wants_successor) {
        out.emplace_back(Note{Loudness::Info, "ended", id_, last_end_});
        rest(now, now, plan);
    } else {
        // As if it were done: no crash, but no reason to hurry either.
        out.emplace_back(Note{Loudness::Info, "ended_by_itself", id_, last_end_});
        rest(now, now + plan.restart.pause_first, plan);
    }
    if (!is_wanted_) {
        enter(State::Stopped, now);
    }
}

void Slot::crashed(base::MonoTime now, const End& end, const PoolPlan& plan, Actions& out) {
    ++crashes_;
    ++crashes_in_row_;
    const bool is_useless = end.how == End::How::Exited && end.number == kExitUsage;
    if (is_useless) {
        crashes_in_row_ = std::max(crashes_in_row_, plan.restart.crashes_max);
    }
    const bool is_loop = crashes_in_row_ >= plan.restart.crashes_max;
    const base::Duration wait = is_useless ? plan.restart.pause_max : pause(plan.restart);
    out.emplace_back(
        Note{Loudness::Warning, "crashed", id_, last_end_ + "; starts again in " + as_text(wait)});
    if (is_loop && !is_in_crash_loop_) {
        out.emplace_back(Note{Loudness::Error,
                              "crash_loop",
                              id_,
                              is_useless ? "exit code 2: it is started wrongly"
                                         : std::to_string(crashes_in_row_) + " crashes in a row"});
    }
    is_in_crash_loop_ = is_loop;
    rest(now, now + wait, plan);
}

base::Duration Slot::pause(const RestartRules& rules) const {
    const std::uint32_t doublings = std::min(crashes_in_row_ - 1, kDoublingsMax);
    const base::Duration wanted = rules.pause_first * (std::int64_t{1} << doublings);
    return std::min(wanted, rules.pause_max);
}

void Slot::replace(base::MonoTime now, const PoolPlan& plan, std::string_view why, Actions& out) {
    if (state_ == State::Starting || state_ == State::Running) {
        out.emplace_back(Note{Loudness::Info, "replacing", id_, std::string(why)});
        stop(now, plan, out);
    }
}

void Slot::kill(base::MonoTime now, std::string_view why, Actions& out) {
    if (state_ == State::Starting || state_ == State::Running || state_ == State::Stopping) {
        has_hung_ = state_ != State::Stopping;
        out.emplace_back(Note{Loudness::Error, "killing", id_, std::string(why)});
        out.emplace_back(Kill{id_, false});
        enter(State::Killing, now);
        until_ = now + kKillPatience;
    }
}

void Slot::forgive() {
    crashes_in_row_ = 0;
    is_in_crash_loop_ = false;
    recent_starts_.clear();
    if (!is_alive()) {
        until_ = since_;
    }
}

}  // namespace steward::supervisor
