// supervisor/policy: all pools together: who is started before whom, what operators say, what the
// kill switch forbids, and what a changed configuration changes. The policy's front door: time and
// everything that happens come in, what is to be done comes out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "supervisor/policy/pool.hpp"

namespace steward::supervisor {

/// What may not be started.
struct KillSwitch {
    bool is_global = false;
    std::set<std::string, std::less<>> services = {};

    bool operator==(const KillSwitch&) const = default;
};

/// Names of pools; empty: all.
using Names = std::vector<std::string>;

/// Deterministic: the same calls give the same actions. After each call that may change something
/// comes one step(), which gives what is due.
///
/// Errors: UnknownName for a pool that there is not, WrongState, BadOption.
/// Thread: one.  Bound: the configuration's pools.
class Fleet {
public:
    /// Takes a whole configuration. Pools that were not there are started when `starts_new`; those
    /// that are there no more are stopped and forgotten; others follow what has changed.
    void configure(std::vector<PoolPlan> plans, bool starts_new, Actions& out);

    // ---- operators ----
    [[nodiscard]] base::Expected<void> start(const Names& pools);
    [[nodiscard]] base::Expected<void> stop(const Names& pools);
    [[nodiscard]] base::Expected<void> restart(base::MonoTime now,
                                               const Names& pools,
                                               Actions& out);
    /// WrongState: an earlier one of the pool goes on, or nothing of it is wanted.
    [[nodiscard]] base::Expected<void> refresh(const Names& pools,
                                               std::uint32_t percent,
                                               Actions& out);
    /// BadOption: beyond what the pool may have.
    [[nodiscard]] base::Expected<void> scale(std::string_view name,
                                             std::uint32_t count,
                                             Actions& out);
    void set_kill_switch(const KillSwitch& kill_switch, Actions& out);
    /// Everything ends: workers first, then servers. See is_ended().
    void shut_down();

    // ---- what happens ----
    void ready(base::MonoTime now, const ProcessId& process);
    void gone(base::MonoTime now, const ProcessId& process, const End& end, Actions& out);
    /// A fresh one would be better: it holds too much memory, or was started for a broker that is
    /// elsewhere now. No crash.
    void unfit(base::MonoTime now, const ProcessId& process, std::string_view why, Actions& out);
    /// It gives no sign of life any more.
    void hangs(base::MonoTime now, const ProcessId& process, std::string_view why, Actions& out);
    void load(base::MonoTime now, std::string_view name, const Load& load, Actions& out);
    void figures(std::string_view name, const std::vector<JobCounts>& counts, Actions& out);

    /// Does what is due.
    void step(base::MonoTime now, Actions& out);
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const;

    /// After shut_down(): nothing is left.
    [[nodiscard]] bool is_ended() const;

    [[nodiscard]] const std::map<std::string, Pool, std::less<>>& pools() const { return pools_; }

    [[nodiscard]] const Pool* pool(std::string_view name) const;

private:
    [[nodiscard]] base::Expected<std::vector<Pool*>> named(const Names& names);
    [[nodiscard]] Slot* slot(const ProcessId& process);
    [[nodiscard]] bool forbids(const PoolPlan& plan) const;
    void apply_kill_switch(Actions& out);
    [[nodiscard]] bool have_servers_settled(base::MonoTime now) const;
    [[nodiscard]] bool has_alive(Kind kind) const;

    std::map<std::string, Pool, std::less<>> pools_;
    std::set<std::string, std::less<>> leaving_;  // no longer configured; gone when they have ended
    KillSwitch kill_switch_;
    bool is_shutting_down_ = false;
};

}  // namespace steward::supervisor
