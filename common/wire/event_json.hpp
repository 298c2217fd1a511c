// common/wire: a job's events as JSON lines, for the news socket and the lifecycle log.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/model/event.hpp"
#include "common/model/job.hpp"

namespace steward::wire {

struct EventForPeople {
    model::EventKind kind = model::EventKind::Received;
    model::JobId job;  // none of a service or batch
    std::string_view service;
    std::uint32_t attempt = 0;
    std::string_view worker;  // hex of its routing id; empty: none
    base::WallTime at{};
    std::string_view detail;
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::optional<base::WallTime> due;  // when it will go on
    std::string_view context;           // empty: the job's own id
    std::string_view group;
    std::string_view batch;
    model::SubmissionId submission;              // Received only; session 0: none
    const model::Payload* params = nullptr;      // Received only
    const model::JobOptions* options = nullptr;  // Received only
};

/// Appends one JSON object without a line end. Hand-made for speed: strings are escaped, bytes that
/// are no UTF-8 are shown as {"base64": …}. Keys: at, event, job, service, attempt, worker, detail,
/// done, total, due, context, group, batch, session, number, encoding, params, options; those
/// without a value are left out.
void append_event_json(std::string& out, const EventForPeople& event);
/// Appends the options that are set as one JSON object, which parse_options() reads back.
void append_options_json(std::string& out, const model::JobOptions& options);
/// "SERVICE.EVENT"
void append_event_topic(std::string& out, const EventForPeople& event);

}  // namespace steward::wire
