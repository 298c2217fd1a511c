#include "supervisor/policy/fleet.hpp"

#include <algorithm>
#include <utility>

namespace steward::supervisor {

void Fleet::configure(std::vector<PoolPlan> plans, bool starts_new, Actions& out) {
    std::set<std::string, std::less<>> named;
    for (PoolPlan& plan : plans) {
        const std::string name = plan.name;
        named.insert(name);
        const bool was_leaving = leaving_.erase(name) > 0;
        const auto [found, is_new] = pools_.try_emplace(name, plan);
        if (!is_new && found->second.configure(std::move(plan), out)) {
            out.emplace_back(Note{Loudness::Info, "pool_changed", {name, 0}, {}});
        }
        if (starts_new && (is_new || was_leaving)) {
            out.emplace_back(Note{Loudness::Info, "pool_added", {name, 0}, {}});
            found->second.start();
        }
    }
    for (auto& [name, pool] : pools_) {
        if (!named.contains(name) && leaving_.insert(name).second) {
            out.emplace_back(Note{Loudness::Info, "pool_removed", {name, 0}, {}});
            pool.stop("no longer configured");
        }
    }
    apply_kill_switch(out);
}

base::Expected<std::vector<Pool*>> Fleet::named(const Names& names) {
    std::vector<Pool*> found;
    if (names.empty()) {
        for (auto& [name, pool] : pools_) {
            if (!leaving_.contains(name)) {
                found.push_back(&pool);
            }
        }
        return found;
    }
    for (const std::string& name : names) {
        const auto pool = pools_.find(name);
        if (pool == pools_.end() || leaving_.contains(name)) {
            return base::fail(base::Errc::UnknownName,
                              "the configuration has no pool \"" + name + '"');
        }
        found.push_back(&pool->second);
    }
    return found;
}

base::Expected<void> Fleet::start(const Names& pools) {
    auto found = named(pools);
    if (!found) {
        return base::Unexpected(std::move(found.error()));
    }
    for (Pool* pool : *found) {
        pool->start();
    }
    return {};
}

base::Expected<void> Fleet::stop(const Names& pools) {
    auto found = named(pools);
    if (!found) {
        return base::Unexpected(std::move(found.error()));
    }
    for (Pool* pool : *found) {
        pool->stop("told to stop");
    }
    return {};
}

base::Expected<void> Fleet::restart(base::MonoTime now, const Names& pools, Actions& out) {
    auto found = named(pools);
    if (!found) {
        return base::Unexpected(std::move(found.error()));
    }
    for (Pool* pool : *found) {
        // Of all pools those are meant that run.
        if (pool->is_started() || !pools.empty()) {
            pool->restart(now, out);
        }
    }
    return {};
}

base::Expected<void> Fleet::refresh(const Names& pools, std::uint32_t percent, Actions& out) {
    if (percent < 1 || percent > 100) {
        return base::fail(base::Errc::BadOption,
                          "percent is 1 to 100, of the processes that go first; this is " +
                              std::to_string(percent));
    }
    auto found = named(pools);
    if (!found) {
        return base::Unexpected(std::move(found.error()));
    }
    for (Pool* pool : *found) {
        // Of all pools those are meant that run.
        const bool is_meant = pool->is_started() && !pool->is_disabled();
        if (!is_meant && pools.empty()) {
            continue;
        }
        if (!is_meant) {
            return base::fail(base::Errc::WrongState,
                              '"' + pool->plan().name + "\" is not running: start it");
        }
        if (!pool->refresh(percent, out)) {
            return base::fail(
                base::Errc::WrongState,
                "a refresh of \"" + pool->plan().name + "\" goes on: " + pool->refresh_text());
        }
    }
    return {};
}

base::Expected<void> Fleet::scale(std::string_view name, std::uint32_t count, Actions& out) {
    auto found = named({std::string(name)});
    if (!found) {
        return base::Unexpected(std::move(found.error()));
    }
    Pool& pool = *found->front();
    const ScaleRules& rules = pool.plan().scale;
    const bool is_fixed = rules.min == rules.max;
    const std::uint32_t least = is_fixed ? 0 : rules.min;
    const std::uint32_t most = is_fixed ? kProcessesMax : rules.max;
    if (count < least || count > most) {
        return base::fail(base::Errc::BadOption,
                          '"' + std::string(name) + "\" may have " + std::to_string(least) +
                              " to " + std::to_string(most) + " processes, not " +
                              std::to_string(count) +
                              (is_fixed ? "" : "; min and max of its [[pool]] say so"));
    }
    pool.scale(count, "told to", out);
    return {};
}

void Fleet::set_kill_switch(const KillSwitch& kill_switch, Actions& out) {
    kill_switch_ = kill_switch;
    apply_kill_switch(out);
}

// A process of several services is needed as long as one of them is allowed. Servers take the
// orders that end a mistake, so they stay.
bool Fleet::forbids(const PoolPlan& plan) const {
    if (plan.kind == Kind::Server) {
        return false;
    }
    const bool all_off =
        !plan.services.empty() && std::ranges::all_of(plan.services, [this](const auto& service) {
            return kill_switch_.services.contains(service);
        });
    return kill_switch_.is_global || all_off;
}

void Fleet::apply_kill_switch(Actions& out) {
    for (auto& [name, pool] : pools_) {
        pool.set_disabled(forbids(pool.plan()), out);
    }
}

void Fleet::shut_down() {
    is_shutting_down_ = true;
}

void Fleet::ready(base::MonoTime now, const ProcessId& process) {
    if (Slot* found = slot(process)) {
        found->ready(now);
    }
}

void Fleet::gone(base::MonoTime now, const ProcessId& process, const End& end, Actions& out) {
    if (Slot* found = slot(process)) {
        found->gone(now, end, pools_.find(process.pool)->second.plan(), out);
    }
}

void Fleet::unfit(base::MonoTime now,
                  const ProcessId& process,
                  std::string_view why,
                  Actions& out) {
    if (Slot* found = slot(process)) {
        found->replace(now, pools_.find(process.pool)->second.plan(), why, out);
    }
}

void Fleet::hangs(base::MonoTime now,
                  const ProcessId& process,
                  std::string_view why,
                  Actions& out) {
    if (Slot* found = slot(process)) {
        found->kill(now, why, out);
    }
}

void Fleet::load(base::MonoTime now, std::string_view name, const Load& load, Actions& out) {
    if (const auto found = pools_.find(name); found != pools_.end()) {
        found->second.load(now, load, out);
    }
}

void Fleet::figures(std::string_view name, const std::vector<JobCounts>& counts, Actions& out) {
    if (const auto found = pools_.find(name); found != pools_.end()) {
        found->second.figures(counts, out);
    }
}

void Fleet::step(base::MonoTime now, Actions& out) {
    if (is_shutting_down_) {
        for (auto& [name, pool] : pools_) {
            const bool waits_for_workers =
                pool.plan().kind == Kind::Server && has_alive(Kind::Worker);
            if (!waits_for_workers && pool.is_started()) {
                pool.stop("the supervisor ends");
            }
        }
    }
    for (const Kind kind : {Kind::Server, Kind::Worker}) {
        const bool may_start =
            !is_shutting_down_ && (kind == Kind::Server || have_servers_settled(now));
        for (auto& [name, pool] : pools_) {
            if (pool.plan().kind == kind) {
                pool.step(now, may_start, out);
            }
        }
    }
    for (auto name = leaving_.begin(); name != leaving_.end();) {
        const auto pool = pools_.find(*name);
        if (pool->second.has_alive()) {
            ++name;
        } else {
            pools_.erase(pool);
            name = leaving_.erase(name);
        }
    }
}

std::optional<base::MonoTime> Fleet::next_deadline() const {
    std::optional<base::MonoTime> next;
    for (const auto& [name, pool] : pools_) {
        const auto at = pool.next_deadline();
        if (at && (!next || *at < *next)) {
            next = at;
        }
    }
    return next;
}

bool Fleet::is_ended() const {
    return is_shutting_down_ && !has_alive(Kind::Server) && !has_alive(Kind::Worker);
}

const Pool* Fleet::pool(std::string_view name) const {
    const auto found = pools_.find(name);
    return found == pools_.end() ? nullptr : &found->second;
}

Slot* Fleet::slot(const ProcessId& process) {
    const auto found = pools_.find(process.pool);
    return found == pools_.end() ? nullptr : found->second.slot(process.number);
}

bool Fleet::have_servers_settled(base::MonoTime now) const {
    return std::ranges::all_of(pools_, [now](const auto& entry) {
        return entry.second.plan().kind != Kind::Server || entry.second.is_settled(now);
    });
}

bool Fleet::has_alive(Kind kind) const {
    return std::ranges::any_of(pools_, [kind](const auto& entry) {
        return entry.second.plan().kind == kind && entry.second.has_alive();
    });
}

}  // namespace steward::supervisor
