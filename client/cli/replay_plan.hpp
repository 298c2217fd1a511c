// client/cli: which jobs of a lifecycle log have no end in it, and how each is submitted again.
// Lines in, values out: no file, no clock, no broker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/expected.hpp"
#include "common/base/time.hpp"
#include "common/model/ids.hpp"
#include "common/model/job.hpp"

namespace steward::cli {

/// A job without an end. Times in its options count from when it was received.
struct UnfinishedJob {
    model::JobId id;
    base::WallTime received_at{};
    model::SubmissionId submission;  // its own; one made from the id where it had none
    model::JobSpec spec;
    bool was_call = false;  // somebody waited for it then
};

/// Reads the events of docs/events.md, oldest first.
///
/// Bound: in memory are the jobs that have not ended, dead ones among them, and an id of each job
/// that has.
class ReplayLog {
public:
    /// A line that is no event, such as the half of one, is counted and left out.
    void read(std::string_view line);

    struct Choice {
        std::string service;                  // empty: all
        std::optional<base::WallTime> since;  // received then or later
    };

    /// In the order in which they were received. A job that was replayed before is told as the one
    /// that it has become.
    [[nodiscard]] std::vector<UnfinishedJob> unfinished(const Choice& choice) const;
    /// The job ended well in this log.
    [[nodiscard]] bool has_succeeded(const model::JobId& job) const;

    [[nodiscard]] std::uint64_t events() const { return events_; }

    [[nodiscard]] std::uint64_t unreadable() const { return unreadable_; }

private:
    struct Received {
        UnfinishedJob job;
        std::uint64_t order = 0;
        bool is_dead = false;
    };

    struct SubmissionHash {
        std::size_t operator()(const model::SubmissionId& id) const noexcept {
            return std::hash<model::JobId>()({id.session, id.number});
        }
    };

    void on_received(const model::JobId& job, const nlohmann::json& event);
    void add(UnfinishedJob&& job);
    void remove(const model::JobId& job);
    [[nodiscard]] model::JobId latest(model::JobId job) const;

    std::unordered_map<model::JobId, Received> open_;
    std::unordered_map<model::SubmissionId, model::JobId, SubmissionHash> by_submission_;  // open_
    std::unordered_map<model::JobId, model::JobId> replayed_as_;
    std::unordered_set<model::JobId> succeeded_;
    std::unordered_set<model::JobId> ended_;  // in another way
    std::uint64_t events_ = 0;
    std::uint64_t unreadable_ = 0;
};

/// The job as it is to be submitted at `now`: with an instant instead of a delay, and what is left
/// of its expiry; nothing when it would have expired. Async, whatever it was.
[[nodiscard]] std::optional<model::JobSpec> spec_now(const UnfinishedJob& job, base::WallTime now);

/// What a job that came without a submission id is replayed under: always the same for the same
/// job.
[[nodiscard]] model::SubmissionId submission_for(const model::JobId& job);

}  // namespace steward::cli
