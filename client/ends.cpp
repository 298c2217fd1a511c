#include "client/ends.hpp"

#include <string>
#include <variant>

#include "common/model/limits.hpp"
#include "common/wire/params.hpp"

namespace steward::client {

namespace {

base::Errc code_of(model::JobState state) {
    switch (state) {
        case model::JobState::Dead: return base::Errc::JobDead;
        case model::JobState::Expired: return base::Errc::JobExpired;
        case model::JobState::Cancelled: return base::Errc::JobCancelled;
        case model::JobState::Failed: return base::Errc::JobFailed;
        case model::JobState::Scheduled:
        case model::JobState::Ready:
        case model::JobState::Active:
        case model::JobState::Blocked:
        case model::JobState::Succeeded: return base::Errc::Internal;
    }
    return base::Errc::Internal;
}

// A worker may fail with data instead of a text.
std::string reason_of(const Result& result) {
    if (!result.text.empty()) {
        return result.text;
    }
    const model::Payload data = wire::convert_params(result.result, model::Encoding::Json);
    const std::string_view text = data.bytes.view().substr(0, model::kTextBytesMax);
    return std::string(text.empty() ? base::meaning_of(code_of(result.state)) : text);
}

base::Unexpected error_of(End& end) {
    return base::Unexpected(std::move(end.error()));
}

base::Unexpected not_that() {
    return base::fail(base::Errc::Internal,
                      "the broker's answer is of another kind than asked for");
}

}  // namespace

Ended ended_as(Result&& result) {
    if (result.state == model::JobState::Succeeded) {
        return {result.job, Answer(result.job, std::move(result.result))};
    }
    return {result.job, base::fail(code_of(result.state), reason_of(result))};
}

base::Expected<Answer> answer_of(End&& end) {
    if (!end) {
        return error_of(end);
    }
    if (auto* ended = std::get_if<Ended>(&*end)) {
        return std::move(ended->answer);
    }
    if (const auto* taken = std::get_if<Taken>(&*end)) {
        return base::fail(base::Errc::Timeout, "the job " + taken->job.text() + " still goes on");
    }
    return not_that();
}

base::Expected<std::optional<Answer>> answer_so_far(End&& end) {
    if (end && std::holds_alternative<Taken>(*end)) {
        return std::optional<Answer>();
    }
    return answer_of(std::move(end)).map([](Answer&& answer) {
        return std::optional<Answer>(std::move(answer));
    });
}

base::Expected<Submitted> submitted_of(End&& end) {
    if (!end) {
        return error_of(end);
    }
    if (const auto* taken = std::get_if<Taken>(&*end)) {
        return Submitted{taken->job, taken->is_duplicate};
    }
    if (auto* ended = std::get_if<Ended>(&*end)) {
        return Submitted{ended->job, false, std::move(ended->answer)};
    }
    return not_that();
}

base::Expected<model::JobId> id_of(End&& end) {
    return submitted_of(std::move(end)).map([](const Submitted& submitted) {
        return submitted.job;
    });
}

base::Expected<base::Blob> report_of(End&& end) {
    if (!end) {
        return error_of(end);
    }
    if (auto* report = std::get_if<base::Blob>(&*end)) {
        return std::move(*report);
    }
    return not_that();
}

base::Error client_closed() {
    return {base::Errc::Disconnected, "the client was closed", std::nullopt};
}

}  // namespace steward::client
