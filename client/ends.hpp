// client: from what the session tells of a job's end to what its user asked for. Inside the
// library; opens nothing.
#pragma once

#include <optional>
#include <utility>

#include "client/answer.hpp"
#include "client/order.hpp"
#include "client/session.hpp"
#include "client/submitted.hpp"

namespace steward::client {

/// Success gives the answer; all else an error with the job's own text: JobFailed, JobDead,
/// JobExpired or JobCancelled.
[[nodiscard]] Ended ended_as(Result&& result);

// An end as the one thing that its giver asked for; an error stays as it is.
/// Of a call or an await. Errors: Timeout when the job still goes on.
[[nodiscard]] base::Expected<Answer> answer_of(End&& end);
/// Of an await: nothing when the job still goes on.
[[nodiscard]] base::Expected<std::optional<Answer>> answer_so_far(End&& end);
/// Of an async submission, whatever became of its job since.
[[nodiscard]] base::Expected<Submitted> submitted_of(End&& end);
[[nodiscard]] base::Expected<model::JobId> id_of(End&& end);
/// Of a query or operation. Pre: it was one.
[[nodiscard]] base::Expected<base::Blob> report_of(End&& end);

/// Of what is open when its client ends, and of what is asked for then: Disconnected.
[[nodiscard]] base::Error client_closed();

}  // namespace steward::client
