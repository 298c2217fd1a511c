#include "worker/http/http_worker.hpp"

#include <chrono>
#include <stdexcept>

#include "common/posix/clock.hpp"
#include "common/wire/params.hpp"
#include "worker/http/signature.hpp"

namespace steward::worker::http {
namespace {

// Names and labels may hold any bytes; a header may not: other than visible ASCII becomes %XX.
std::string field_text(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string field;
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte > ' ' && byte < 0x7F && byte != '%') {
            field += character;
        } else {
            field += {'%', kHex[byte >> 4U], kHex[byte & 0xFU]};
        }
    }
    return field;
}

Poster open_poster(const PosterOptions& options) {
    auto poster = Poster::open(options);
    if (!poster) {
        throw std::runtime_error(poster.error().message);
    }
    return std::move(*poster);
}

}  // namespace

Request request_of(const Settings& settings, const Job& job, base::WallTime now) {
    const model::Payload& given = job.raw_params();
    const model::Payload body =
        settings.body == Body::Json ? wire::convert_params(given, model::Encoding::Json) : given;
    Request request;
    request.body = body.bytes.view();
    const auto add = [&](const char* name, std::string value) {
        if (!value.empty()) {
            request.headers.emplace_back(name, std::move(value));
        }
    };
    request.headers = settings.headers;
    add("User-Agent", "steward-worker-http");
    if (body.encoding != model::Encoding::Absent) {
        add("Content-Type", std::string(content_type_of(body.encoding)));
    }
    const std::string id = job.id().text();
    add("Steward-Job-Id", id);
    add("Steward-Attempt", std::to_string(job.attempt()));
    add("Steward-Service", field_text(job.service()));
    add("Steward-Channel", field_text(job.channel()));
    add("Steward-Context", field_text(job.context()));
    add("Steward-Group", field_text(job.group()));
    add("Steward-Batch", field_text(job.batch()));
    if (const auto meta = job.meta(); !meta.empty()) {
        add("Steward-Meta",
            nlohmann::json(meta).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
        for (const char* name : {"traceparent", "tracestate"}) {
            const auto found = meta.find(name);
            add(name, found == meta.end() ? std::string() : field_text(found->second));
        }
    }
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    add("webhook-id", id);
    add("webhook-timestamp", std::to_string(seconds));
    if (!settings.secrets.empty()) {
        add("webhook-signature", signature_of(settings.secrets, id, seconds, request.body));
    }
    return request;
}

HttpWorker::HttpWorker(const Settings& settings)
    : settings_(settings), poster_(open_poster(settings.poster)) {}

Answer HttpWorker::work(const Job& job) {
    auto reply =
        poster_.post(request_of(settings_, job, posix::read_clock().wall), job.stop_token());
    if (!reply) {
        return fail(reply.error().message);
    }
    return answer_of(
        *reply, posix::read_clock().wall, settings_.snooze_max, settings_.poster.body_bytes_max);
}

}  // namespace steward::worker::http
