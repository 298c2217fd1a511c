#include "gateway/api/problem.hpp"

#include <algorithm>
#include <chrono>

#include "gateway/api/reply.hpp"

namespace steward::gateway {

using base::Errc;

namespace {

constexpr std::string_view kProblemType = "application/problem+json";
constexpr std::int64_t kRetrySeconds = 1;  // where the broker names no time

std::string retry_after(const base::Error& error) {
    const auto wait = error.retry_after.value_or(std::chrono::seconds(kRetrySeconds));
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    return std::to_string(std::max<std::int64_t>(seconds, 1));
}

}  // namespace

unsigned status_of(Errc code) {
    switch (code) {
        case Errc::Malformed:
        case Errc::UnsupportedVersion:
        case Errc::UnknownCommand:
        case Errc::BadName:
        case Errc::BadParams:
        case Errc::UnknownOption:
        case Errc::BadOption:
        case Errc::ReservedName: return 400;
        case Errc::TooLarge: return 413;
        case Errc::UnknownService:
        case Errc::UnknownJob:
        case Errc::UnknownName: return 404;
        case Errc::Duplicate:
        case Errc::WrongState: return 409;
        case Errc::UnknownDependency: return 422;
        case Errc::QueueFull:
        case Errc::TooManyInFlight:
        case Errc::TooManyNames:
        case Errc::TooManyWaiters:
        case Errc::OverQuota: return 429;
        case Errc::TooManyJobs:
        case Errc::TooManyServices:
        case Errc::TooManyWorkers:
        case Errc::Draining:
        case Errc::ServiceStopped:
        case Errc::DiskFull:
        case Errc::Disconnected: return 503;
        case Errc::Timeout: return 504;
        case Errc::JobFailed:
        case Errc::JobDead:
        case Errc::JobExpired:
        case Errc::JobCancelled:
        case Errc::JobTimeLimit:
        case Errc::WorkerLost:
        case Errc::JobMemoryLimit: return 502;
        case Errc::Forbidden: return 403;
        case Errc::BadConfig:
        case Errc::KeyRefused:
        case Errc::Io:
        case Errc::JournalFailed:
        case Errc::Internal: return 500;
    }
    return 500;
}

nlohmann::json problem_json(const base::Error& error) {
    return {{"title", base::meaning_of(error.code)},
            {"status", status_of(error.code)},
            {"detail", error.message},
            {"code", static_cast<std::uint16_t>(error.code)},
            {"name", base::name_of(error.code)}};
}

Response problem(const base::Error& error) {
    Response response = json_reply(status_of(error.code), problem_json(error));
    response.content_type = kProblemType;
    if (response.status == 429 || response.status == 503) {
        response.headers.push_back({"Retry-After", retry_after(error)});
    }
    return response;
}

Response problem(unsigned status, std::string_view detail) {
    Response response =
        json_reply(status, {{"title", reason_of(status)}, {"status", status}, {"detail", detail}});
    response.content_type = kProblemType;
    return response;
}

}  // namespace steward::gateway
