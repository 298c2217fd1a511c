#include "supervisor/policy/pool.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "common/base/assert.hpp"

namespace steward::supervisor {
namespace {

bool is_same(const PoolPlan& a, const PoolPlan& b) {
    const auto rules = [](const PoolPlan& p) {
        return std::tie(p.kind,
                        p.count,
                        p.services,
                        p.roles,
                        p.says_ready,
                        p.ready_after,
                        p.ready_max,
                        p.stop_grace,
                        p.max_lifetime,
                        p.launch);
    };
    const auto restart = [](const PoolPlan& p) {
        const RestartRules& r = p.restart;
        return std::tie(r.pause_first,
                        r.pause_max,
                        r.healthy_after,
                        r.crashes_max,
                        r.restarts_max,
                        r.restart_window);
    };
    const auto scale = [](const PoolPlan& p) {
        const ScaleRules& s = p.scale;
        return std::tie(s.min, s.max, s.depth, s.wait, s.up_every, s.down_after);
    };
    const auto refresh = [](const PoolPlan& p) {
        const RefreshRules& r = p.refresh;
        return std::tie(r.watch, r.failures_percent, r.jobs_min);
    };
    return rules(a) == rules(b) && restart(a) == restart(b) && scale(a) == scale(b) &&
           refresh(a) == refresh(b);
}

}  // namespace

Pool::Pool(PoolPlan plan) : plan_(std::move(plan)), count_(plan_.count) {}

bool Pool::configure(PoolPlan plan, Actions& out) {
    if (is_same(plan_, plan)) {
        return false;
    }
    is_outdated_ = is_outdated_ || plan.launch != plan_.launch;
    const bool is_counted_anew =
        plan.count != plan_.count || count_ < plan.scale.min || count_ > plan.scale.max;
    plan_ = std::move(plan);
    if (is_counted_anew) {
        scale(plan_.count, "configured", out);
    }
    return true;
}

void Pool::start() {
    is_started_ = true;
    for (Slot& slot : slots_) {
        slot.forgive();
    }
}

void Pool::stop(std::string_view why) {
    is_started_ = false;
    why_stopped_ = why;
    refresh_.reset();
}

void Pool::restart(base::MonoTime now, Actions& out) {
    is_started_ = true;
    refresh_.reset();
    for (Slot& slot : slots_) {
        slot.forgive();
        slot.replace(now, plan_, "told to restart", out);
    }
}

bool Pool::is_refreshing() const {
    return refresh_ && !refresh_->is_over();
}

bool Pool::refresh(std::uint32_t percent, Actions& out) {
    if (is_refreshing()) {
        return false;
    }
    JobCounts before;
    for (const JobCounts& counts : counts_) {
        before.succeeded += counts.succeeded;
        before.failed += counts.failed;
    }
    refresh_.emplace(slots_, percent, before);
    is_outdated_ = false;
    out.emplace_back(Note{Loudness::Info, "refresh_begins", {plan_.name, 0}, refresh_->text()});
    return true;
}

void Pool::scale(std::uint32_t count, std::string_view why, Actions& out) {
    STEWARD_ASSERT(count <= kProcessesMax);
    if (count == count_) {
        return;
    }
    out.emplace_back(
        Note{Loudness::Info,
             count > count_ ? "scaled_up" : "scaled_down",
             {plan_.name, 0},
             std::to_string(count_) + " to " + std::to_string(count) + ": " + std::string(why)});
    count_ = count;
}

void Pool::set_disabled(bool is_disabled, Actions& out) {
    if (is_disabled == is_disabled_) {
        return;
    }
    is_disabled_ = is_disabled;
    out.emplace_back(
        Note{Loudness::Warning, is_disabled ? "disabled" : "enabled", {plan_.name, 0}, {}});
    if (is_disabled) {
        refresh_.reset();
    }
}

void Pool::load(base::MonoTime now, const Load& load, Actions& out) {
    const bool is_fixed = plan_.scale.min == plan_.scale.max;
    if (is_fixed || !is_started_ || is_disabled_ || is_refreshing()) {
        return;
    }
    scale(scaler_.decide(now, load, count_, plan_.scale),
          std::to_string(load.waiting) + " jobs wait, " + std::to_string(load.running) + " run",
          out);
}

void Pool::figures(const std::vector<JobCounts>& counts, Actions& out) {
    counts_ = counts;
    if (refresh_) {
        refresh_->figures(counts, slots_, plan_, out);
    }
}

void Pool::apply_count() {
    while (slots_.size() < count_) {
        slots_.emplace_back(ProcessId{plan_.name, static_cast<std::uint32_t>(slots_.size()) + 1});
    }
    for (Slot& slot : slots_) {
        const bool is_counted = slot.id().number <= count_;
        slot.set_wanted(is_started_ && !is_disabled_ && is_counted,
                        !is_started_   ? std::string_view(why_stopped_)
                        : is_disabled_ ? "disabled by the kill switch"
                                       : "scaled down");
    }
}

void Pool::step(base::MonoTime now, bool may_start, Actions& out) {
    may_start_ = may_start;
    apply_count();
    if (is_outdated_ && !is_refreshing()) {
        static_cast<void>(refresh(100, out));
    }
    if (refresh_) {
        refresh_->step(now, slots_, plan_, out);
    }
    replace_old(now, out);
    for (Slot& slot : slots_) {
        if (may_start || slot.is_alive() || !slot.is_wanted()) {
            slot.step(now, plan_, out);
        }
    }
    // What has just been replaced may already be there again.
    if (refresh_) {
        refresh_->step(now, slots_, plan_, out);
    }
    is_late_ = std::ranges::any_of(slots_, [&](const Slot& slot) {
        return slot.state() == State::Starting && now - slot.started_at() >= plan_.ready_max;
    });
}

// Each in its turn, while all others run.
void Pool::replace_old(base::MonoTime now, Actions& out) {
    if (plan_.max_lifetime <= 0s || is_refreshing() || !do_all_run()) {
        return;
    }
    for (Slot& slot : slots_) {
        if (slot.state() == State::Running && now - slot.started_at() >= plan_.max_lifetime) {
            slot.replace(now, plan_, "max_lifetime", out);
            return;
        }
    }
}

std::optional<base::MonoTime> Pool::next_deadline() const {
    std::optional<base::MonoTime> next;
    const auto consider = [&](std::optional<base::MonoTime> at) {
        if (at && (!next || *at < *next)) {
            next = at;
        }
    };
    const bool replaces_old = plan_.max_lifetime > 0s && !is_refreshing() && do_all_run();
    for (const Slot& slot : slots_) {
        if (may_start_ || slot.is_alive()) {
            consider(slot.next_deadline(plan_));
        }
        if (slot.state() == State::Starting && !is_late_) {
            consider(slot.started_at() + plan_.ready_max);
        }
        if (replaces_old && slot.state() == State::Running) {
            consider(slot.started_at() + plan_.max_lifetime);
        }
    }
    if (refresh_) {
        consider(refresh_->next_deadline(plan_));
    }
    return next;
}

Slot* Pool::slot(std::uint32_t number) {
    return number >= 1 && number <= slots_.size() ? &slots_[number - 1] : nullptr;
}

bool Pool::has_alive() const {
    return std::ranges::any_of(slots_, [](const Slot& slot) { return slot.is_alive(); });
}

bool Pool::is_settled(base::MonoTime now) const {
    return std::ranges::all_of(slots_, [&](const Slot& slot) {
        const bool is_given_up =
            slot.crashes_in_row() > 0 ||
            (slot.state() == State::Starting && now - slot.started_at() >= plan_.ready_max);
        return !slot.is_wanted() || slot.state() == State::Running || is_given_up;
    });
}

bool Pool::do_all_run() const {
    return std::ranges::all_of(slots_, [](const Slot& slot) {
        return !slot.is_wanted() || slot.state() == State::Running;
    });
}

bool Pool::is_single() const {
    return plan_.scale.max <= 1 && plan_.count <= 1;
}

std::string Pool::refresh_text() const {
    return refresh_ ? refresh_->text() : std::string();
}

}  // namespace steward::supervisor
