// supervisor/policy: the life of one process: started, ready, ended, started again after a pause,
// stopped, killed.
//
//            start            ready
//   Stopped ───────► Starting ──────► Running
//      ▲  ▲             │ ends           │ ends by itself
//      │  │             ▼                ▼
//      │  └───────── Backoff ◄───────────┘      (a pause; none after "start me again")
//      │   unwanted
//      │                asked to stop        grace is over
//      └──────────── Stopping ─────────────► Killing
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/time.hpp"
#include "supervisor/policy/action.hpp"
#include "supervisor/policy/plan.hpp"

namespace steward::supervisor {

enum class State : std::uint8_t { Stopped, Starting, Running, Backoff, Stopping, Killing };

[[nodiscard]] std::string_view name_of(State state);

/// How a process ended, once everything it had started is gone as well.
struct End {
    enum class How : std::uint8_t { Exited, Signalled, NotStarted };
    How how = How::Exited;
    int number = 0;         // exit code or signal
    std::string text = {};  // why it could not be started
};

/// A process that ends with it wants a fresh one in its place (EX_TEMPFAIL).
inline constexpr int kExitReplace = 75;
/// One that ends with it has been started wrongly: starting it again is useless.
inline constexpr int kExitUsage = 2;

[[nodiscard]] std::string text_of(const End& end);

/// Time only moves forward.
class Slot {
public:
    explicit Slot(ProcessId id) : id_(std::move(id)) {}

    /// What should be. Acts at the next step().
    void set_wanted(bool is_wanted, std::string_view why);
    /// Does what is due. Call it after anything else.
    void step(base::MonoTime now, const PoolPlan& plan, Actions& out);
    /// Nothing: step() has nothing to do before something happens.
    [[nodiscard]] std::optional<base::MonoTime> next_deadline(const PoolPlan& plan) const;

    /// It said that it is ready. Late and doubled ones change nothing.
    void ready(base::MonoTime now);
    /// It has ended and nothing of it is left.
    void gone(base::MonoTime now, const End& end, const PoolPlan& plan, Actions& out);
    /// A fresh one is to take its place; it may finish what it does.
    void replace(base::MonoTime now, const PoolPlan& plan, std::string_view why, Actions& out);
    /// It does not answer any more: end it without a word. That is a crash.
    void kill(base::MonoTime now, std::string_view why, Actions& out);
    /// Forgets crashes and pauses: the operator says that it is better now.
    void forgive();

    [[nodiscard]] const ProcessId& id() const { return id_; }

    [[nodiscard]] State state() const { return state_; }

    [[nodiscard]] bool is_wanted() const { return is_wanted_; }

    /// There is a process, or the remains of one.
    [[nodiscard]] bool is_alive() const {
        return state_ != State::Stopped && state_ != State::Backoff;
    }

    [[nodiscard]] bool is_in_crash_loop() const { return is_in_crash_loop_; }

    /// Since when it is in its state.
    [[nodiscard]] base::MonoTime since() const { return since_; }

    [[nodiscard]] base::MonoTime started_at() const { return started_at_; }

    /// How often it was started after the first time.
    [[nodiscard]] std::uint64_t restarts() const { return starts_ > 0 ? starts_ - 1 : 0; }

    /// Starts so far: another number is another process.
    [[nodiscard]] std::uint64_t starts() const { return starts_; }

    [[nodiscard]] std::uint64_t crashes() const { return crashes_; }

    [[nodiscard]] std::uint32_t crashes_in_row() const { return crashes_in_row_; }

    [[nodiscard]] const std::string& last_end() const { return last_end_; }

    /// Until when it waits in Backoff.
    [[nodiscard]] base::MonoTime until() const { return until_; }

private:
    void enter(State state, base::MonoTime now);
    void start(base::MonoTime now, const PoolPlan& plan, Actions& out);
    void stop(base::MonoTime now, const PoolPlan& plan, Actions& out);
    void rest(base::MonoTime now, base::MonoTime until, const PoolPlan& plan);
    void crashed(base::MonoTime now, const End& end, const PoolPlan& plan, Actions& out);
    [[nodiscard]] std::optional<base::MonoTime> next_of_running(const PoolPlan& plan) const;
    [[nodiscard]] bool is_healthy(base::MonoTime now, const PoolPlan& plan) const;
    [[nodiscard]] base::Duration pause(const RestartRules& rules) const;

    ProcessId id_;
    State state_ = State::Stopped;
    bool is_wanted_ = false;
    std::string why_unwanted_;
    bool was_asked_ = false;  // its end is no crash
    bool has_hung_ = false;   // its end is one, whatever it ends with
    bool is_in_crash_loop_ = false;
    base::MonoTime since_{};
    base::MonoTime started_at_{};
    base::MonoTime until_{};  // of Backoff, Stopping and Killing
    std::uint64_t starts_ = 0;
    std::uint64_t crashes_ = 0;
    std::uint32_t crashes_in_row_ = 0;
    std::string last_end_;
    std::deque<base::MonoTime> recent_starts_;  // the last restarts_max
};

}  // namespace steward::supervisor
