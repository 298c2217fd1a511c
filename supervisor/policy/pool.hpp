// supervisor/policy: several processes of one kind: how many, which of them are wanted, and what
// is done to all of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"
#include "supervisor/policy/action.hpp"
#include "supervisor/policy/plan.hpp"
#include "supervisor/policy/refresh.hpp"
#include "supervisor/policy/scaler.hpp"
#include "supervisor/policy/slot.hpp"

namespace steward::supervisor {

/// Thread: one.  Bound: kProcessesMax slots; those that are not wanted any more stay, empty.
class Pool {
public:
    explicit Pool(PoolPlan plan);

    /// A changed configuration. What runs is replaced, one after the other, only when `launch`
    /// differs. Returns whether anything differed.
    bool configure(PoolPlan plan, Actions& out);

    void start();
    /// Nothing of it is wanted until start().
    void stop(std::string_view why);
    /// All at once.
    void restart(base::MonoTime now, Actions& out);
    /// One after the other; false while an earlier one goes on.
    [[nodiscard]] bool refresh(std::uint32_t percent, Actions& out);
    /// Pre: 0 to kProcessesMax.
    void scale(std::uint32_t count, std::string_view why, Actions& out);
    void set_disabled(bool is_disabled, Actions& out);

    void load(base::MonoTime now, const Load& load, Actions& out);
    /// Jobs ended by each process that runs; index n is process n + 1.
    void figures(const std::vector<JobCounts>& counts, Actions& out);

    /// `may_start`: its turn has come.
    void step(base::MonoTime now, bool may_start, Actions& out);
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;

    /// The n-th, from 1 on; null: there never was one.
    [[nodiscard]] Slot* slot(std::uint32_t number);

    [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }

    [[nodiscard]] const PoolPlan& plan() const { return plan_; }

    [[nodiscard]] std::uint32_t count() const { return count_; }

    [[nodiscard]] bool is_disabled() const { return is_disabled_; }

    [[nodiscard]] bool is_started() const { return is_started_; }

    /// What a stop is waiting for is none of it.
    [[nodiscard]] bool has_alive() const;
    /// Everything wanted runs, or is known not to: the next ones need not wait any longer.
    [[nodiscard]] bool is_settled(base::MonoTime now) const;
    /// No more than one is configured, so the first goes by the pool's name.
    [[nodiscard]] bool is_single() const;

    /// Empty: there was none.
    [[nodiscard]] std::string refresh_text() const;

private:
    void apply_count();
    void replace_old(base::MonoTime now, Actions& out);
    [[nodiscard]] bool is_refreshing() const;
    [[nodiscard]] bool do_all_run() const;

    PoolPlan plan_;
    std::vector<Slot> slots_;
    std::uint32_t count_;
    bool is_started_ = false;
    bool is_disabled_ = false;
    bool may_start_ = false;    // as step() was told last
    bool is_late_ = false;      // something was not ready in time
    bool is_outdated_ = false;  // configured anew; a refresh is to follow
    std::string why_stopped_ = "told to stop";
    Scaler scaler_;
    std::optional<Refresh> refresh_;
    std::vector<JobCounts> counts_;
};

}  // namespace steward::supervisor
