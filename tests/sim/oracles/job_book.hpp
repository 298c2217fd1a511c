// tests/sim: what jobs were when they came in, as the broker's own news tell it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/model/job.hpp"
#include "tests/sim/leases.hpp"
#include "tests/sim/schedule.hpp"

namespace steward::sim {

/// Stands in the params of a job that follows a batch, before the batch's name and a semicolon.
inline constexpr std::string_view kFollowsBatch = "after batch ";

struct KnownJob {
    std::string service;
    std::string channel;
    std::string group;
    std::string batch;
    std::string follows;  // the batch that it comes after
    std::string unique;   // empty: it has no key
    bool is_unique_waiting = false;
    std::uint32_t group_limit = 0;
    std::uint32_t group_weight = 1;
    Duration group_spacing{};
    std::int32_t priority = model::kPriorityNormal;
    bool is_sync = false;
    std::optional<std::uint32_t> max_attempts;
    std::optional<Duration> delay;
    std::optional<Duration> backoff;
    std::optional<Duration> backoff_max;
    Uid uid = kNobodysCall;  // of the call that it was made for
    std::vector<model::JobId> after;
    bool is_a_clients = false;  // no schedule's and no batch's
    bool was_edited = false;    // its priority or instant is not what it was
    bool was_revived = false;   // from the dead letters
    std::string owner = {};     // the name of a key; empty: nobody

    /// Owners take turns at a queue, and each one's groups do.
    [[nodiscard]] std::string lane() const { return owner + "/" + group; }
};

/// One message of the news, read. `job` is null for events of services and batches.
struct Heard {
    BrokerRun run;
    MonoTime now;
    std::string event;
    std::string service;
    model::JobId id;
    const KnownJob* job = nullptr;
    const nlohmann::json& body;

    /// The job has no worker any more, or never again.
    [[nodiscard]] bool ends_attempt() const;
    [[nodiscard]] bool ends_job() const;
};

class JobBook {
public:
    /// Reads an event and remembers what it tells of its job.
    Heard read(BrokerRun run, MonoTime now, const nlohmann::json& body);

    /// Null: nothing was heard of it.
    [[nodiscard]] const KnownJob* find(const model::JobId& id) const {
        const auto found = jobs_.find(id);
        return found == jobs_.end() ? nullptr : &found->second;
    }

private:
    std::map<model::JobId, KnownJob> jobs_;
};

}  // namespace steward::sim
