// client: what can be asked of jobs and services that exist, as values, and how it is told to the
// broker. Asks nobody: Client does.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/time.hpp"
#include "common/model/job.hpp"

namespace steward::client {

/// Which jobs. What is empty does not count; all else must hold.
struct Filter {
    std::vector<model::JobId> jobs = {};
    std::vector<model::JobState> states = {};
    std::string service = {};
    std::string context = {};
    std::string group = {};
    std::string batch = {};

    [[nodiscard]] bool is_empty() const {
        return jobs.empty() && states.empty() && service.empty() && context.empty() &&
               group.empty() && batch.empty();
    }
};

/// What a service does.
enum class Mode : std::uint8_t {
    Running,
    Paused,    // takes jobs, starts none
    Draining,  // starts what it has, takes none
    Disabled,  // the kill switch: takes none, starts none
};

[[nodiscard]] std::string_view name_of(Mode mode);

struct ModeChange {
    std::string service = {};  // empty: all services, beside what each has of its own
    Mode mode = Mode::Running;
};

/// A change of a waiting job; what is unset stays.
struct Edit {
    std::optional<std::int32_t> priority = std::nullopt;
    std::optional<base::Duration> delay = std::nullopt;  // from now; 0: at once
};

/// A named limit: what its services may do together.
struct LimitSettings {
    std::string name = {};
    std::optional<std::uint32_t> at_once = std::nullopt;  // jobs that run
    std::string rate = {};                                // starts: "5/s", "100/min"; empty: any
    std::vector<std::string> services = {};
};

/// What is unset stays as it is.
struct GroupSettings {
    std::string name = {};
    std::optional<std::uint32_t> weight = std::nullopt;  // turns: 1 to 1000
    std::optional<std::uint32_t> limit = std::nullopt;   // jobs that run; 0: any number
    std::string rate = {};                               // starts: "5/s"; "0": any
};

/// A job that is kept as a text until it is submitted: params are JSON (null: none), options go by
/// their documented names.
struct JobText {
    std::string service = {};
    nlohmann::json params = nullptr;
    nlohmann::json options = nlohmann::json::object();
};

struct ScheduleSettings {
    std::string name = {};
    std::string expression = {};  // five fields as of cron, or @daily and its kin
    std::string zone = {};        // "Europe/Berlin"; empty: UTC
    std::string missed = {};      // skip, once or all; empty: skip
    JobText job = {};
};

/// What is asked of a listing. `what`: list, groups, schedules, batches, …; the filter's first job
/// is the one that status and why are about.
struct Query {
    std::string what = {};
    Filter which = {};
    std::uint64_t after = 0;     // `next` of the page before
    std::uint32_t rows_max = 0;  // of a page; 0: as many as the broker likes
};

// The arguments of each operation, as docs/protocol.md has them.
[[nodiscard]] nlohmann::json arguments_of(const Filter& filter);
[[nodiscard]] nlohmann::json arguments_of(const model::JobId& job, const Edit& edit);
[[nodiscard]] nlohmann::json arguments_of(std::span<const ModeChange> changes);
[[nodiscard]] nlohmann::json arguments_of(const LimitSettings& limit);
[[nodiscard]] nlohmann::json arguments_of(const GroupSettings& group);
[[nodiscard]] nlohmann::json arguments_of(const ScheduleSettings& schedule);
[[nodiscard]] nlohmann::json arguments_of(const JobText& job);

/// Bit n is JobState n.
[[nodiscard]] std::uint64_t bits_of(std::span<const model::JobState> states);

}  // namespace steward::client
