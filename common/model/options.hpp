// common/model: what can be asked of a job beside its service and params.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/blob.hpp"
#include "common/base/time.hpp"
#include "common/model/ids.hpp"
#include "common/model/label.hpp"

namespace steward::model {

/// Named priorities; any signed 32-bit number is allowed, larger runs first (Truman).
inline constexpr std::int32_t kPriorityLow = 1024;
inline constexpr std::int32_t kPriorityNormal = 2048;
inline constexpr std::int32_t kPriorityHigh = 4096;
inline constexpr std::int32_t kPriorityUrgent = INT32_MAX;

/// The channel of jobs and workers that name none (Truman).
inline constexpr const char* kDefaultChannel = "default";

/// How often something may start, as the shortest time between two starts: two starts are never
/// closer, so any span of time t sees at most t / spacing + 1 of them.
struct Rate {
    base::Duration spacing{};  // 1 microsecond to kDurationMax

    auto operator<=>(const Rate&) const = default;
};

/// While which states of a job its unique key is taken.
enum class UniqueScope : std::uint8_t {
    Waiting = 0,  // until it starts; taken again when it has to wait once more
    Running = 1,  // until it ends
};

/// What becomes of a submission whose unique key is taken.
enum class OnDuplicate : std::uint8_t {
    Drop = 0,     // the first job's id is the answer; a sync client is refused with it
    Attach = 1,   // the same, and a sync client gets the first job's result (Gearman)
    Replace = 2,  // the first job takes the new params if it still waits, else refused
};

/// Unset fields take the service's defaults from the configuration, then the broker's.
struct JobOptions {
    bool sync = false;                          // the client waits for the result
    std::optional<bool> durable;                // default: not sync
    std::optional<std::int32_t> priority;       // default: kPriorityNormal
    std::optional<base::Duration> delay;        // not before acceptance + delay
    std::optional<base::WallTime> run_at;       // not before; excludes delay
    std::optional<base::Duration> expires_in;   // not started by then: expired, never run
    std::optional<base::Duration> time_limit;   // of one attempt
    std::optional<std::uint64_t> memory_limit;  // bytes resident in the worker during the job
    std::optional<std::uint32_t> max_attempts;  // then dead (async) or failed (sync); at least 1
    std::optional<base::Duration> backoff;      // before the second attempt; doubles, with jitter
    std::optional<base::Duration> backoff_max;  // the longest such pause
    std::optional<base::Duration> result_ttl;   // how long the result can be fetched; 0: not
    std::optional<base::Duration> wait;         // async: answer with the result if it takes no
                                                // longer, else with the id
    Label channel;                              // empty: kDefaultChannel
    Label context;                              // empty: the job's own id
    Label group;                                // empty: none
    std::optional<std::uint32_t> group_limit;   // jobs of the group at once; at least 1
    std::optional<Rate> group_rate;             // starts of the group
    std::optional<std::uint32_t> group_weight;  // turns of the group, 1 to kGroupWeightMax
    Label unique;                               // the key; excludes unique_params
    bool unique_params = false;                 // the key is the hash of the params
    std::optional<UniqueScope> unique_scope;    // default: Running
    std::optional<OnDuplicate> on_duplicate;    // default: Drop
    std::vector<JobId> after;                   // must succeed first; at most kAfterMax
    Label batch;                                // the open batch it belongs to
    base::Blob meta;                            // msgpack map of strings, handed on untouched

    [[nodiscard]] bool is_unique() const { return unique_params || !unique.empty(); }

    bool operator==(const JobOptions&) const = default;
};

}  // namespace steward::model
