// tests: the commands behind the hex examples of docs/protocol.md, by the examples' names.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/wire/check.hpp"
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

inline Submit example_submit_for_later() {
    Submit submit;
    submit.number = 11;
    submit.spec.service = *model::ServiceName::parse("mail");
    model::JobOptions& options = submit.spec.options;
    options.run_at = base::WallTime(std::chrono::seconds{1'795'514'400});
    options.memory_limit = 512UL << 20U;
    options.backoff = std::chrono::seconds{2};
    options.backoff_max = std::chrono::minutes{1};
    options.result_ttl = std::chrono::hours{1};
    options.wait = std::chrono::milliseconds{200};
    options.channel = "gpu";
    options.context = "order-7";
    options.group = "acme";
    options.group_limit = 5;
    options.group_rate = model::Rate{std::chrono::milliseconds{200}};
    options.group_weight = 3;
    options.unique = "mail-7";
    options.unique_scope = model::UniqueScope::Waiting;
    options.on_duplicate = model::OnDuplicate::Replace;
    options.after = {kExampleJob};
    options.batch = "night";
    return submit;
}

inline Query example_query(std::uint64_t number, std::string what, std::string service) {
    Query query;
    query.number = number;
    query.what = std::move(what);
    query.service = std::move(service);
    return query;
}

inline Query example_query_status() {
    Query query = example_query(10, "status", "");
    query.job = kExampleJob;
    return query;
}

inline Query example_query_list() {
    Query query = example_query(12, "list", "mail");
    query.states = 1U << static_cast<unsigned>(model::JobState::Dead);
    query.group = "acme";
    query.after = 77;
    query.rows_max = 100;
    return query;
}

inline std::map<std::string, std::vector<Command>> client_examples() {
    using std::chrono::seconds;
    const base::Error full{base::Errc::QueueFull, "the queue is full", seconds{1}};
    return {
        {"client-hello", {ClientHello{1, "my-client", seconds{5}}}},
        {"submit", {Session{kExampleSubmission.session, 5}, example_submit()}},
        {"submit-with-options",
         {Session{kExampleSubmission.session, 5}, example_submit_with_options()}},
        {"submit-for-later", {Session{kExampleSubmission.session, 5}, example_submit_for_later()}},
        {"query", {example_query(9, "active", "resize")}},
        {"query-status", {example_query_status()}},
        {"query-list", {example_query_list()}},
        {"await", {Await{13, kExampleJob, seconds{30}}}},
        {"await-following", {Await{15, kExampleJob, seconds{30}, true}}},
        {"job-progress-of-await", {JobProgress{15, kExampleJob, 3, 10, "page 3"}}},
        {"job-partial-of-await",
         {JobPartial{15, kExampleJob, example_json("[1]"), {kExampleJob.epoch, 207}}}},
        {"check", {Operate{15, "check", to_blob({"a secret of 16 b. at least", {}})}}},
        {"check-of-a-worker", {Operate{16, "check", to_blob({{}, "006b8b4567"})}}},
        {"operate", {Operate{14, "cancel", base::Blob::copy(R"({"context":"order-7"})")}}},
        {"welcome", {Welcome{1, "7-1763784000000000", seconds{5}, 67'108'864, 65'536, seconds{5}}}},
        {"accepted", {Accepted{7, kExampleJob, false}}},
        {"accepted-duplicate", {Accepted{11, kExampleJob, true}}},
        {"refused", {Refused{7, full}}},
        {"refused-for-good",
         {Refused{8, {base::Errc::UnknownService, "nobody does this", std::nullopt}}}},
        {"job-partial", {JobPartial{8, kExampleJob, example_json("[1]")}}},
        {"job-progress", {JobProgress{8, kExampleJob, 3, 10, "page 3"}}},
        {"result", {Result{8, kExampleJob, model::JobState::Succeeded, "", example_json("true")}}},
        {"result-failed", {Result{8, kExampleJob, model::JobState::Failed, "no such file", {}}}},
        {"report", {Report{9, base::Blob::copy("[]")}}},
        {"report-of-operate", {Report{14, base::Blob::copy(R"({"changed":3})")}}},
        {"disconnect", {Disconnect{"bye"}}},
    };
}

inline std::map<std::string, std::vector<Command>> worker_examples() {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    const WorkerReady ready{1, "my-worker", seconds{5}, 2, 100, {"resize", "mail"}, {}, {"gpu"}};
    WorkerReady again = ready;
    again.services = {"resize"};
    again.channels = {};
    again.running = {{kExampleAttempt, kExampleSubmission, "resize"}};
    const model::Payload params = example_json(R"({"id":5})");
    const base::Blob meta = base::Blob::copy(
        "\x81\xA5trace\xA3"
        "abc");
    model::JobOptions seen;
    seen.priority = model::kPriorityHigh;
    seen.context = "order-7";
    return {
        {"worker-ready", {ready}},
        {"worker-ready-again", {again}},
        {"assign",
         {Assign{kExampleAttempt, "resize", params, seconds{1800}, kExampleSubmission, {}, {}}}},
        {"assign-with-meta", {Assign{kExampleAttempt, "mail", {}, seconds{60}, {}, meta, seen}}},
        {"finish",
         {Finish{kExampleAttempt,
                 {model::Verdict::Succeeded, "", example_json("true"), {}},
                 milliseconds{12}}}},
        {"finish-failed",
         {Finish{
             kExampleAttempt, {model::Verdict::Failed, "no such file", {}, {}}, milliseconds{12}}}},
        {"finish-snoozed",
         {Finish{
             kExampleAttempt, {model::Verdict::Snoozed, "", {}, seconds{30}}, milliseconds{12}}}},
        {"partial", {Partial{kExampleAttempt, example_json("[1]")}}},
        {"progress", {Progress{kExampleAttempt, 3, 10, "page 3"}}},
        {"recall", {Recall{{kExampleAttempt}}}},
        {"return", {Return{{kExampleAttempt}}}},
        {"stop-attempt", {StopAttempt{kExampleAttempt, "time limit"}}},
        {"register-again", {RegisterAgain{}}},
        {"ask", {Ask{3, "check", false}}},
        {"told",
         {Told{3, base::Blob::copy(R"({"text":"idle","privileged":false,"counters":[]})")}}},
        {"goodbye", {Goodbye{true}}},
        {"heartbeat", {Heartbeat{}}},
    };
}

}  // namespace steward::wire::native
