// broker/core: jobs of an earlier run that workers have brought back.
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>

#include "broker/core/submissions.hpp"
#include "common/model/ids.hpp"

namespace steward::core {

/// A job that a worker brought from an earlier run, until its client claims it; what has ended
/// stays known for a while, so that it is not brought in again.
struct Adopted {
    model::JobId job;
    bool is_over = false;
    std::optional<KeptResult> result;  // of one that is over; none: its worker was lost
};

struct SubmissionHash {
    std::size_t operator()(const model::SubmissionId& id) const noexcept {
        return std::hash<model::JobId>{}({id.session, id.number});
    }
};

/// Jobs of clients that cannot resend are told apart by their own numbers.
[[nodiscard]] inline model::SubmissionId adoption_key(const model::SubmissionId& submission,
                                                      const model::JobId& job) {
    return submission.session != 0 ? submission : model::SubmissionId{0, job.number};
}

/// Never walked: its order is the hash's.
using AdoptedTable = std::unordered_map<model::SubmissionId, Adopted, SubmissionHash>;

}  // namespace steward::core
