// supervisor/policy: a rolling refresh: fresh processes in the place of all that run, one after the
// other; the first few are watched before the rest follow, and a bad sign halts it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "supervisor/policy/plan.hpp"
#include "supervisor/policy/slot.hpp"

namespace steward::supervisor {

/// Jobs that one process has ended, since it was started.
struct JobCounts {
    std::uint64_t succeeded = 0;
    std::uint64_t failed = 0;
};

/// Thread: one.  Bound: the pool's processes.
class Refresh {
public:
    enum class Phase : std::uint8_t { Rolling, Watching, Done, Halted };

    /// `before`: what the pool's processes have ended so far, all together. `percent`: of the
    /// processes that go first; 100: no pause to watch.
    Refresh(const std::vector<Slot>& slots, std::uint32_t percent, JobCounts before);

    /// Replaces the next one when that is due. Pre: `slots` may have grown, never shrunk.
    void step(base::MonoTime now, std::vector<Slot>& slots, const PoolPlan& plan, Actions& out);
    /// What the processes have ended; index n is slot n.
    void figures(const std::vector<JobCounts>& counts,
                 const std::vector<Slot>& slots,
                 const PoolPlan& plan,
                 Actions& out);
    [[nodiscard]] std::optional<base::MonoTime> next_deadline(const PoolPlan& plan) const;

    [[nodiscard]] bool is_over() const { return phase_ == Phase::Done || phase_ == Phase::Halted; }

    [[nodiscard]] Phase phase() const { return phase_; }

    [[nodiscard]] std::size_t done() const { return done_; }

    [[nodiscard]] std::size_t total() const { return turns_.size(); }

    /// "2 of 4", "halted at 1 of 4: why".
    [[nodiscard]] std::string text() const;

private:
    struct Turn {
        std::size_t slot = 0;
        std::uint64_t starts = 0;  // when the refresh began: more is a fresh one
        std::uint64_t crashes = 0;
    };

    void begin_next(base::MonoTime now,
                    std::vector<Slot>& slots,
                    const PoolPlan& plan,
                    Actions& out);
    void look_at_current(base::MonoTime now,
                         const std::vector<Slot>& slots,
                         const PoolPlan& plan,
                         Actions& out);
    [[nodiscard]] bool has_crashed(const std::vector<Slot>& slots) const;
    void halt(const std::string& pool, std::string why, Actions& out);
    void finish(const std::string& pool, Actions& out);

    std::vector<Turn> turns_;
    std::size_t first_ones_;  // those that are watched
    JobCounts before_;
    Phase phase_ = Phase::Rolling;
    std::size_t done_ = 0;
    bool is_under_way_ = false;                  // turns_[done_] has been told to give way
    std::optional<base::MonoTime> fresh_since_;  // when its successor was started
    base::MonoTime watch_until_{};
    std::string why_halted_;
};

}  // namespace steward::supervisor
