// gateway/api: jobs that come in: one, many in lines, or one that is waited for.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/posix/clock.hpp"
#include "gateway/access/admission.hpp"
#include "gateway/api/desk.hpp"
#include "gateway/api/event_text.hpp"
#include "gateway/api/jobs.hpp"
#include "gateway/api/live.hpp"
#include "gateway/params/accept.hpp"
#include "gateway/params/job_line.hpp"
#include "gateway/params/job_query.hpp"
#include "gateway/params/media_type.hpp"
#include "gateway/params/request_params.hpp"
#include "gateway/params/trace.hpp"

namespace steward::gateway {

using base::Errc;
using nlohmann::json;

namespace {

/// A job as a request of /v1 brings it.
struct Submission {
    model::Payload params;
    model::JobOptions options;
    base::Duration wait{};  // or the time-out of a call; 0: none was given
};

base::Expected<Submission> submission_of(Call& call,
                                         std::string_view time,
                                         const std::vector<std::string_view>& known) {
    Submission made;
    if (auto checked = only_known(call.query, known); !checked) {
        return base::Unexpected(std::move(checked.error()));
    }
    auto options = options_of(call.query);
    if (!options) {
        return base::Unexpected(std::move(options.error()));
    }
    made.options = std::move(*options);
    if (auto admitted = admit(call.roles, call.grants, call.who, call.name(0), made.options);
        !admitted) {
        return base::Unexpected(std::move(admitted.error()));
    }
    if (const auto text = value_of(call.query, time)) {
        const auto wait = wait_of(time, *text);
        if (!wait) {
            return base::Unexpected(wait.error());
        }
        made.wait = *wait;
    }
    auto body = job_body_of(call.request());
    if (!body) {
        return base::Unexpected(std::move(body.error()));
    }
    auto meta =
        with_trace(made.options.meta, {call.request().id, call.traceparent, body->content_type});
    if (!meta) {
        return base::Unexpected(std::move(meta.error()));
    }
    made.options.meta = std::move(*meta);
    made.params = std::move(body->params);
    return made;
}

std::string location_of(const model::JobId& job) {
    return "/v1/jobs/" + job.text();
}

Response accepted(const model::JobId& job, bool is_duplicate) {
    Response response = json_reply(202, {{"job", job.text()}, {"duplicate", is_duplicate}});
    response.headers.push_back({"Location", location_of(job)});
    response.headers.push_back({"Steward-Job", job.text()});
    return response;
}

// A job whose end came in time, however it ended.
Response ended(const model::JobId& job,
               const base::Expected<client::Answer>& answer,
               std::string_view accept) {
    Response response = answer ? result_reply(*answer, accept) : problem(answer.error());
    response.headers.push_back({"Location", location_of(job)});
    response.headers.push_back({"Steward-Job", job.text()});
    return response;
}

void answer_submitted(Call& call, const client::Submitted& submitted) {
    call.answer(submitted.answer
                    ? ended(submitted.job, *submitted.answer, call.request().header("Accept"))
                    : accepted(submitted.job, submitted.is_duplicate));
}

// The same request again: its job is there, perhaps with an end by now.
void answer_again(Desk& desk,
                  const std::shared_ptr<Call>& call,
                  const model::JobId& job,
                  base::Duration wait) {
    call->headers.push_back({"Idempotent-Replayed", "true"});
    if (wait <= base::Duration::zero()) {
        call->answer(accepted(job, true));
        return;
    }
    desk.broker.wait(job, wait, [call, job](base::Expected<std::optional<client::Answer>> answer) {
        if (answer && !*answer) {
            call->answer(accepted(job, true));
            return;
        }
        const auto end = std::move(answer).map(
            [](std::optional<client::Answer>&& found) { return std::move(*found); });
        call->answer(ended(job, end, call->request().header("Accept")));
    });
}

std::uint64_t content_of(const Call& call, const Submission& job) {
    const std::hash<std::string_view> hash;
    const std::string_view body = job.params.bytes.view();
    return hash(call.request().path) * 31 + hash(call.request().query) * 17 + hash(body);
}

// True when the request was seen before and has been answered.
bool answered_before(Desk& desk,
                     const std::shared_ptr<Call>& call,
                     const std::string& key,
                     Submission& job) {
    const auto seen = desk.repeated.look_at(key, content_of(*call, job), posix::read_mono());
    if (!seen) {
        const bool is_no_key = seen.error().code == Errc::BadOption;
        is_no_key ? call->fail(seen.error()) : call->fail(422, seen.error().message);
        return true;
    }
    if (seen->is_new) {
        if (!job.options.is_unique()) {
            job.options.unique = model::Label("idempotency:" + key);
        }
        return false;
    }
    if (seen->job) {
        answer_again(desk, call, *seen->job, job.wait);
    } else {
        call->headers.push_back({"Retry-After", "1"});
        call->fail(409, "the first request with this Idempotency-Key is still on its way");
    }
    return true;
}

void submit_one(Desk& desk, const std::shared_ptr<Call>& call) {
    auto job = submission_of(*call, "wait", {"wait", "follow", "option."});
    if (!job) {
        call->fail(job.error());
        return;
    }
    const bool is_kept = value_of(call->query, "follow") == "true";
    std::string key(call->request().header("Idempotency-Key"));
    if (!key.empty()) {
        key.insert(0, call->who + "/");
        if (answered_before(desk, call, key, *job)) {
            return;
        }
    }
    const auto submit = [&desk, call, key, is_kept, job = std::move(*job)] {
        desk.broker.submit(
            job.wait,
            call->name(0),
            job.params,
            job.options,
            [&desk, call, key, is_kept](base::Expected<client::Submitted> submitted) {
                if (!submitted) {
                    desk.repeated.failed(key);
                    call->fail(submitted.error());
                    return;
                }
                desk.repeated.made(key, submitted->job);
                if (is_kept) {
                    desk.live.keep(submitted->job);
                }
                answer_submitted(*call, *submitted);
            });
    };
    is_kept ? desk.live.listen(call->name(0), submit) : submit();
}

// ---- many jobs in one request ----

/// What has become of the lines so far; answers when the last one has.
class Lines {
public:
    Lines(std::shared_ptr<Call> call, std::size_t count) : call_(std::move(call)), rows_(count) {}

    void set(std::size_t line, const json& row) {
        rows_[line] = json_text(row) + "\n";
        if (++ended_ == rows_.size()) {
            answer();
        }
    }

private:
    void answer() {
        std::string text;
        for (const std::string& row : rows_) {
            text += row;
        }
        Response response;
        response.content_type = "application/x-ndjson";
        response.body = base::Blob::copy(text);
        call_->answer(std::move(response));
    }

    std::shared_ptr<Call> call_;
    std::vector<std::string> rows_;
    std::size_t ended_ = 0;
};

void submit_line(Desk& desk,
                 const std::shared_ptr<Lines>& lines,
                 std::size_t line,
                 const Call& call,
                 std::string_view text) {
    const std::string& service = call.name(0);
    const Trace trace{call.request().id, call.traceparent, {}};
    auto job = job_line_of(text);
    if (!job) {
        lines->set(line, {{"error", problem_json(job.error())}});
        return;
    }
    if (auto admitted = admit(call.roles, call.grants, call.who, service, job->options);
        !admitted) {
        lines->set(line, {{"error", problem_json(admitted.error())}});
        return;
    }
    auto meta = with_trace(job->options.meta, trace);
    if (!meta) {
        lines->set(line, {{"error", problem_json(meta.error())}});
        return;
    }
    job->options.meta = std::move(*meta);
    desk.broker.submit({},
                       service,
                       std::move(job->params),
                       job->options,
                       [lines, line](const base::Expected<client::Submitted>& submitted) {
                           lines->set(line,
                                      submitted ? json{{"job", submitted->job.text()},
                                                       {"duplicate", submitted->is_duplicate}}
                                                : json{{"error", problem_json(submitted.error())}});
                       });
}

void submit_lines(Desk& desk, const std::shared_ptr<Call>& call) {
    const std::string body = std::move(call->request().body);
    std::vector<std::string_view> texts;
    std::string_view rest = body;
    while (const auto line = take_line(rest)) {
        texts.push_back(*line);
    }
    if (texts.empty()) {
        call->fail({Errc::BadParams, "there is no line in it that asks for a job", {}});
        return;
    }
    if (texts.size() > desk.options.lines_max) {
        call->fail({Errc::TooLarge,
                    "a request holds at most " + std::to_string(desk.options.lines_max) +
                        " jobs (gateway.lines_max), this one " + std::to_string(texts.size())});
        return;
    }
    const auto lines = std::make_shared<Lines>(call, texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
        submit_line(desk, lines, i, *call, texts[i]);
    }
}

// ---- calls ----

// Parts and progress as they come, then the end: for who asks for an event stream.
void stream_call(Desk& desk, const std::shared_ptr<Call>& call, Submission&& job) {
    Response head;
    head.content_type = "text/event-stream";
    head.headers.push_back({"Cache-Control", "no-store"});
    const std::string service = call->name(0);
    const base::Duration timeout =
        job.wait > base::Duration::zero() ? job.wait : desk.options.call_timeout;
    call->exchange->stream(
        call->dressed(std::move(head)),
        [&desk, service, timeout, job = std::move(job)](
            std::shared_ptr<Outlet> outlet) -> std::shared_ptr<Listener> {
            BrokerLink::Parts parts;
            parts.on_partial = [outlet](const client::Answer& part) {
                outlet->send(event_text("partial", partial_json(part)));
            };
            parts.on_progress = [outlet](const client::Progress& step) {
                outlet->send(event_text("progress", progress_json(step)));
            };
            desk.broker.call(
                service,
                job.params,
                job.options,
                timeout,
                parts,
                [outlet](const base::Expected<client::Answer>& answer) {
                    outlet->send(answer ? event_text("result", partial_json(*answer))
                                        : event_text("failure", problem_json(answer.error())));
                    outlet->finish({});
                });
            return nullptr;
        });
}

}  // namespace

void submit_jobs(Desk& desk, std::shared_ptr<Call> call) {
    if (is_json_lines(MediaType::parse(call->request().header("Content-Type")))) {
        submit_lines(desk, call);
    } else {
        submit_one(desk, call);
    }
}

void call_service(Desk& desk, std::shared_ptr<Call> call) {
    auto job = submission_of(*call, "timeout", {"timeout", "option."});
    if (!job) {
        call->fail(job.error());
        return;
    }
    static constexpr std::string_view kOffers[] = {"application/json", "text/event-stream"};
    if (best_offer(call->request().header("Accept"), kOffers) == 1) {
        stream_call(desk, call, std::move(*job));
        return;
    }
    const base::Duration timeout =
        job->wait > base::Duration::zero() ? job->wait : desk.options.call_timeout;
    desk.broker.call(call->name(0),
                     std::move(job->params),
                     std::move(job->options),
                     timeout,
                     {},
                     [call](const base::Expected<client::Answer>& answer) {
                         if (!answer) {
                             call->fail(answer.error());
                             return;
                         }
                         Response response =
                             result_reply(*answer, call->request().header("Accept"));
                         response.headers.push_back({"Steward-Job", answer->job().text()});
                         call->answer(std::move(response));
                     });
}

}  // namespace steward::gateway
