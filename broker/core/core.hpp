// broker/core: the broker's whole policy as a deterministic state machine. It reads no clock, opens
// nothing, sends nothing, logs nothing and never throws: inputs go in with the instant at which
// they happened, effects come out. Start reading here; core.cpp has one handler per input.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "broker/core/effect.hpp"
#include "broker/core/input.hpp"
#include "broker/core/policy.hpp"
#include "broker/core/spill_store.hpp"

namespace steward::core {

class State;

/// Thread: one. Not copyable; ten may live in one process.
class Core {
public:
    /// `start` dates this run of the broker (it is part of every job id); `seed` feeds the jitter.
    /// `spills` outlives the core and is nobody else's; null: all jobs stay in memory.
    Core(const Policy& policy,
         const base::Now& start,
         std::uint64_t seed,
         SpillStore* spills = nullptr);
    ~Core();
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    /// Applies one input and appends what should be done to `out`. Equal state, instant and input
    /// give equal effects.
    /// Pre: now.mono is not before that of any earlier call.
    void apply(const base::Now& now, Input&& input, Effects& out) noexcept;

    /// Earliest instant at which Tick would do something; nothing when nothing is waiting. At most
    /// a second away while something waits for an instant of the wall clock, which may jump.
    [[nodiscard]] std::optional<base::MonoTime> next_deadline() const noexcept;

    /// Takes in one fact of an earlier run, oldest first. Only before the first apply().
    /// Errors: Malformed when the fact contradicts what was restored before it.
    [[nodiscard]] base::Expected<void> restore(const Record& record);

    /// Gives the facts that the durable state amounts to: restore() makes the same of them as of
    /// all facts since the beginning. Ends with the first error of `put`, and returns it.
    [[nodiscard]] base::Expected<void> write_facts(
        const std::function<base::Expected<void>(const Record&)>& put) const;

    /// What can be changed while running: everything but broker_id.
    void set_policy(const Policy& policy);

    /// Kinds of events that somebody listens to: for others no Announce is made. All at first.
    void set_announcing(const model::EventSet& announcing);

    /// What stands for this name in inputs; the same for the same name while the core lives.
    /// Nothing: OwnerTable::kOwnersMax names are known.
    [[nodiscard]] std::optional<OwnerId> owner_of(std::string_view name);

    /// From now on; what the owner has already stays his. Pre: `owner` came from owner_of() and is
    /// not nobody.
    void set_quota(OwnerId owner, const model::Quota& quota);

    /// Aborts naming the broken rule. For tests and the simulator; costs O(everything).
    void check_invariants() const;

    [[nodiscard]] const model::Counters& counters() const;

    /// It was taken in or acknowledged before: to submit it again makes no second job.
    [[nodiscard]] bool has_seen(const model::SubmissionId& submission) const;

    /// Jobs that wait and run.
    [[nodiscard]] std::size_t unfinished() const;
    /// Queues, of services and their channels, in which some wait.
    [[nodiscard]] std::size_t busy_queues() const;

    /// What a query for all services tells.
    [[nodiscard]] model::ServiceReport services() const;

    /// What the ids of this run's jobs begin with. Changes only while facts are restored.
    [[nodiscard]] std::uint64_t epoch() const;

private:
    std::unique_ptr<State> state_;
};

}  // namespace steward::core
