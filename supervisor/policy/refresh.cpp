#include "supervisor/policy/refresh.hpp"

#include <algorithm>

namespace steward::supervisor {
namespace {

// Rounded up: of a small pool at least one goes first.
std::size_t share(std::size_t total, std::uint32_t percent) {
    return std::min(total, (total * percent + 99) / 100);
}

// Of a hundred jobs.
std::uint64_t failure_percent(const JobCounts& counts) {
    const std::uint64_t ended = counts.succeeded + counts.failed;
    return ended == 0 ? 0 : counts.failed * 100 / ended;
}

}  // namespace

Refresh::Refresh(const std::vector<Slot>& slots, std::uint32_t percent, JobCounts before)
    : before_(before) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (slots[i].is_wanted()) {
            turns_.push_back({i, slots[i].starts(), slots[i].crashes()});
        }
    }
    first_ones_ = share(turns_.size(), percent);
}

void Refresh::step(base::MonoTime now,
                   std::vector<Slot>& slots,
                   const PoolPlan& plan,
                   Actions& out) {
    if (is_over()) {
        return;
    }
    if (has_crashed(slots)) {
        halt(plan.name, "a fresh process crashed", out);
        return;
    }
    if (phase_ == Phase::Watching && now >= watch_until_) {
        out.emplace_back(Note{Loudness::Info, "refresh_goes_on", {plan.name, 0}, text()});
        phase_ = Phase::Rolling;
    }
    if (phase_ == Phase::Rolling && is_under_way_) {
        look_at_current(now, slots, plan, out);
    }
    if (phase_ == Phase::Rolling && !is_under_way_) {
        begin_next(now, slots, plan, out);
    }
}

bool Refresh::has_crashed(const std::vector<Slot>& slots) const {
    const std::size_t fresh = done_ + (is_under_way_ ? 1 : 0);
    return std::any_of(turns_.begin(),
                       turns_.begin() + static_cast<std::ptrdiff_t>(fresh),
                       [&](const Turn& turn) { return slots[turn.slot].crashes() > turn.crashes; });
}

// One at a time, and only while all others run: never more than one process is missing. One that
// does not run itself cannot be missed.
void Refresh::begin_next(base::MonoTime now,
                         std::vector<Slot>& slots,
                         const PoolPlan& plan,
                         Actions& out) {
    // A process that was scaled away meanwhile is as good as refreshed.
    while (done_ < turns_.size() && !slots[turns_[done_].slot].is_wanted()) {
        ++done_;
    }
    if (done_ == turns_.size()) {
        finish(plan.name, out);
        return;
    }
    Turn& turn = turns_[done_];
    const bool others_run = std::all_of(slots.begin(), slots.end(), [&](const Slot& slot) {
        return !slot.is_wanted() || slot.state() == State::Running ||
               slot.id() == slots[turn.slot].id();
    });
    Slot& slot = slots[turn.slot];
    if (!others_run && slot.state() == State::Running) {
        return;
    }
    turn.starts = slot.starts();
    turn.crashes = slot.crashes();
    is_under_way_ = true;
    fresh_since_.reset();
    slot.forgive();  // what runs now may be what was broken
    slot.replace(now, plan, "refresh", out);
}

void Refresh::look_at_current(base::MonoTime now,
                              const std::vector<Slot>& slots,
                              const PoolPlan& plan,
                              Actions& out) {
    const Turn& turn = turns_[done_];
    const Slot& slot = slots[turn.slot];
    const bool is_fresh = slot.starts() > turn.starts;
    if (!slot.is_wanted() || (is_fresh && slot.state() == State::Running)) {
        is_under_way_ = false;
        ++done_;
        if (done_ == first_ones_ && done_ < turns_.size()) {
            phase_ = Phase::Watching;
            watch_until_ = now + plan.refresh.watch;
            out.emplace_back(Note{Loudness::Info, "refresh_watches", {plan.name, 0}, text()});
        }
        return;
    }
    if (is_fresh && !fresh_since_) {
        fresh_since_ = slot.started_at();
    }
    if (fresh_since_ && now - *fresh_since_ >= plan.ready_max) {
        halt(plan.name, "a fresh process was not ready in time", out);
    }
}

void Refresh::figures(const std::vector<JobCounts>& counts,
                      const std::vector<Slot>& slots,
                      const PoolPlan& plan,
                      Actions& out) {
    if (is_over()) {
        return;
    }
    JobCounts fresh;
    for (std::size_t i = 0; i < done_; ++i) {
        const std::size_t slot = turns_[i].slot;
        if (slot < counts.size() && slots[slot].starts() > turns_[i].starts) {
            fresh.succeeded += counts[slot].succeeded;
            fresh.failed += counts[slot].failed;
        }
    }
    const std::uint64_t seen = fresh.succeeded + fresh.failed;
    const std::uint64_t was = failure_percent(before_);
    const std::uint64_t is = failure_percent(fresh);
    if (seen >= plan.refresh.jobs_min && is > was + plan.refresh.failures_percent) {
        halt(plan.name,
             "of " + std::to_string(seen) + " jobs of fresh processes " + std::to_string(is) +
                 " % failed, before it were " + std::to_string(was) +
                 " %; refresh_failures_percent allows " +
                 std::to_string(plan.refresh.failures_percent) + " more",
             out);
    }
}

std::optional<base::MonoTime> Refresh::next_deadline(const PoolPlan& plan) const {
    if (phase_ == Phase::Watching) {
        return watch_until_;
    }
    if (phase_ == Phase::Rolling && is_under_way_ && fresh_since_) {
        return *fresh_since_ + plan.ready_max;
    }
    return std::nullopt;
}

void Refresh::halt(const std::string& pool, std::string why, Actions& out) {
    phase_ = Phase::Halted;
    why_halted_ = std::move(why);
    out.emplace_back(Note{Loudness::Error, "refresh_halted", {pool, 0}, text()});
}

void Refresh::finish(const std::string& pool, Actions& out) {
    phase_ = Phase::Done;
    out.emplace_back(Note{Loudness::Info, "refresh_done", {pool, 0}, text()});
}

std::string Refresh::text() const {
    std::string progress = std::to_string(done_) + " of " + std::to_string(turns_.size());
    switch (phase_) {
        case Phase::Rolling: return progress;
        case Phase::Watching: return "watching " + progress;
        case Phase::Done: return "done, " + progress;
        case Phase::Halted: return "halted at " + progress + ": " + why_halted_;
    }
    return progress;
}

}  // namespace steward::supervisor
