// tests: the commands behind the hex examples of docs/protocol.md, by the examples' names.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/wire/native.hpp"

namespace steward::wire::native {

inline const model::JobId kExampleJob{0x0007'0193'4A7B'2C00, 42};
inline const model::Attempt kExampleAttempt{kExampleJob, 1};
inline const model::SubmissionId kExampleSubmission{0x5EED'0000'0000'0001, 7};

inline model::Payload example_json(std::string_view text) {
    return {model::Encoding::Json, base::Blob::copy(text)};
}

inline Submit example_submit() {
    Submit submit;
    submit.number = 7;
    submit.spec.service = *model::ServiceName::parse("resize");
    submit.spec.params = example_json(R"({"id":5})");
    return submit;
}

inline Submit example_submit_with_options() {
    Submit submit;
    submit.number = 8;
    submit.again = true;
    submit.spec.service = *model::ServiceName::parse("mail");
    model::JobOptions& options = submit.spec.options;
    options.sync = true;
    options.durable = true;
    options.priority = model::kPriorityHigh;
    options.delay = std::chrono::milliseconds{250};
    options.expires_in = std::chrono::hours{1};
    options.time_limit = std::chrono::minutes{1};
    options.max_attempts = 3;
    options.meta = base::Blob::copy(
        "\x81\xA5trace\xA3"
        "abc");
    return submit;
}

inline std::map<std::string, std::vector<Command>> client_examples() {
    using std::chrono::seconds;
    const base::Error full{base::Errc::QueueFull, "the queue is full", seconds{1}};
    return {
        {"client-hello", {ClientHello{1, "my-client", seconds{5}}}},
        {"submit", {Session{kExampleSubmission.session, 5}, example_submit()}},
        {"submit-with-options",
         {Session{kExampleSubmission.session, 5}, example_submit_with_options()}},
        {"query", {Query{9, "active", "resize", std::nullopt}}},
        {"query-status", {Query{10, "status", "", kExampleJob}}},
        {"welcome", {Welcome{1, "7-1763784000000000", seconds{5}, 67'108'864, 65'536}}},
        {"accepted", {Accepted{7, kExampleJob}}},
        {"refused", {Refused{7, full}}},
        {"refused-for-good",
         {Refused{8, {base::Errc::UnknownService, "nobody does this", std::nullopt}}}},
        {"job-partial", {JobPartial{8, kExampleJob, example_json("[1]")}}},
        {"job-progress", {JobProgress{8, kExampleJob, 3, 10, "page 3"}}},
        {"result", {Result{8, kExampleJob, model::JobState::Succeeded, "", example_json("true")}}},
        {"result-failed", {Result{8, kExampleJob, model::JobState::Failed, "no such file", {}}}},
        {"report", {Report{9, base::Blob::copy("[]")}}},
        {"disconnect", {Disconnect{"bye"}}},
    };
}

inline std::map<std::string, std::vector<Command>> worker_examples() {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    WorkerReady ready{1, "my-worker", seconds{5}, 2, 100, {"resize", "mail"}, {}};
    WorkerReady again = ready;
    again.services = {"resize"};
    again.running = {{kExampleAttempt, kExampleSubmission, "resize"}};
    const model::Payload params = example_json(R"({"id":5})");
    const base::Blob meta = base::Blob::copy(
        "\x81\xA5trace\xA3"
        "abc");
    return {
        {"worker-ready", {ready}},
        {"worker-ready-again", {again}},
        {"assign",
         {Assign{kExampleAttempt, "resize", params, seconds{1800}, kExampleSubmission, {}}}},
        {"assign-with-meta", {Assign{kExampleAttempt, "mail", {}, seconds{60}, {}, meta}}},
        {"finish",
         {Finish{kExampleAttempt,
                 {model::Verdict::Succeeded, "", example_json("true")},
                 milliseconds{12}}}},
        {"finish-failed",
         {Finish{kExampleAttempt, {model::Verdict::Failed, "no such file", {}}, milliseconds{12}}}},
        {"partial", {Partial{kExampleAttempt, example_json("[1]")}}},
        {"progress", {Progress{kExampleAttempt, 3, 10, "page 3"}}},
        {"recall", {Recall{{kExampleAttempt}}}},
        {"return", {Return{{kExampleAttempt}}}},
        {"stop-attempt", {StopAttempt{kExampleAttempt, "time limit"}}},
        {"register-again", {RegisterAgain{}}},
        {"goodbye", {Goodbye{true}}},
        {"heartbeat", {Heartbeat{}}},
    };
}

}  // namespace steward::wire::native
