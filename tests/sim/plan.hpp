// tests/sim: what one run is made of: its size, its policy and the faults that exist in it. Each
// seed first decides which faults there are at all (swarm testing), so that rare combinations and
// fault-free runs both get their share.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "broker/core/policy.hpp"
#include "tests/sim/choices.hpp"

namespace steward::sim {

enum class Fault : std::uint8_t {
    Cut,            // connections break, and each end learns of it in its own time
    Delay,          // single messages take seconds
    SlowPeer,       // a peer reads slowly behind a small high-water mark
    WorkerDies,     // with what it runs
    WorkerHangs,    // work() never returns while heartbeats go on
    WorkerFreezes,  // the whole process stands still, then goes on as if nothing had been
    WorkerLeaves,   // politely
    Rogue,          // a worker that finishes twice, finishes what others hold, returns what it runs
    BrokerKilled,   // between any two sends, and started again
    ClientVanishes,  // with open calls
    ForgetfulUser,   // calls are given up by their users
    Garbage,         // bytes that are no message, messages with flipped bytes
    WallJumps,       // the wall clock is set
    LateJournal,     // the disk's engine; durable() lags, what lags may be lost in a crash
    SmallLimits,     // every queue is short
    FixedIds,        // old-dialect workers that come back under the same routing id
    PoisonJobs,      // kill every worker that starts them
    FailingJobs,     // work() fails
    LongJobs,        // run many times longer than heartbeat_interval * heartbeat_tries
    Delayed,         // delay and expires_in are used
    OldDialects,     // clients and workers of ZMWS and Majordomo
    SeveralBrokers,  // and peers that fail over between them
    // What jobs may ask for, and others may do to them.
    Groups,
    NamedLimits,
    Unique,
    Dependencies,
    Batches,
    Channels,
    Snoozes,
    Schedules,
    Operators,
    Questions,  // how jobs stand, what became of them
    // What may happen to the disk of a late journal.
    PowerLost,  // with a broker that is killed
    DiskFills,  // for a while
    SyncFails,  // and from then on every sync, until the next start
    BitsRot,
    LongQueues,  // of few jobs: what can be spilled is
    Keys,        // clients have keys, which see their own jobs alone and have quotas
};
inline constexpr std::size_t kFaults = 38;

[[nodiscard]] std::string_view name_of(Fault fault);
[[nodiscard]] std::optional<Fault> fault_named(std::string_view name);

struct Plan {
    std::bitset<kFaults> faults;
    std::size_t brokers = 1;
    std::size_t native_workers = 2;
    std::size_t native_clients = 2;
    std::size_t old_workers = 0;
    std::size_t old_clients = 0;
    std::size_t rogues = 0;
    std::size_t hwm = 100'000;                                 // messages in flight to one peer
    base::Duration fault_pause_max = std::chrono::seconds(2);  // between two faults
    base::Duration submit_pause_max = std::chrono::milliseconds(200);
    core::Policy policy;

    [[nodiscard]] bool has(Fault fault) const {
        return faults.test(static_cast<std::size_t>(fault));
    }

    [[nodiscard]] bool brokers_die() const {
        return has(Fault::BrokerKilled) || (has(Fault::LateJournal) && has(Fault::SyncFails));
    }

    /// Every open job ends within this time once no fault happens any more.
    [[nodiscard]] base::Duration quiet_time_max() const;

    /// Parts may have to go before their time.
    [[nodiscard]] bool keeps_few_parts() const;
};

/// `without`: faults that must not exist, for narrowing down a failure.
[[nodiscard]] Plan draw_plan(Choices& choices, std::bitset<kFaults> without);

}  // namespace steward::sim
