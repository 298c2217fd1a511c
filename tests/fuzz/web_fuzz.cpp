// tests: what a request brings, before anybody is asked who sent it. The input's first line names
// what the rest is: query, target, multipart, door, job, line, accept, trace.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/base/assert.hpp"
#include "common/wire/params.hpp"
#include "gateway/params/accept.hpp"
#include "gateway/params/job_line.hpp"
#include "gateway/params/job_query.hpp"
#include "gateway/params/json_members.hpp"
#include "gateway/params/jsonp.hpp"
#include "gateway/params/multipart.hpp"
#include "gateway/params/request_params.hpp"
#include "gateway/params/target.hpp"
#include "gateway/params/trace.hpp"

namespace {

using namespace steward;
using namespace steward::gateway;

template <class Result>
bool refused_with_words(const Result& result) {
    if (!result) {
        STEWARD_ASSERT(!result.error().message.empty());
        STEWARD_ASSERT(base::class_of(result.error().code) == base::ErrorClass::Caller);
    }
    return !result;
}

// What is handed on as JSON is JSON.
void check_json(const model::Payload& params) {
    STEWARD_ASSERT(params.encoding == model::Encoding::Json ||
                   params.encoding == model::Encoding::Absent);
    STEWARD_ASSERT(wire::decode_params(params).has_value());
}

void check_query(std::string_view text) {
    (void)refused_with_words(parse_pairs(text, "form"));
    const auto door = door_query_of(text);
    if (refused_with_words(door)) {
        return;
    }
    STEWARD_ASSERT(!door->jsonp || is_jsonp_name(*door->jsonp));
    Request request;
    const auto params = door_params_of(request, door->params);
    STEWARD_ASSERT(params.has_value());
    check_json(*params);
}

void check_target(std::string_view text) {
    (void)refused_with_words(segments_of(text));
}

void check_multipart(std::string_view text) {
    const auto parts = parse_multipart(text, MediaType::parse("multipart/form-data; boundary=b"));
    if (!refused_with_words(parts)) {
        ParamsObject params;
        add_parts(params, *parts);
        check_json({model::Encoding::Json, base::Blob::copy(params.text())});
    }
}

Request request_of(std::string_view text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    Request request;
    request.headers.push_back({"Content-Type", std::string(text.substr(0, end))});
    request.body = text.substr(std::min(end + 1, text.size()));
    return request;
}

void check_door(std::string_view text) {
    for (const Pairs& query : {Pairs{}, Pairs{{"q", "1"}, {"a", "2"}}}) {
        Request request = request_of(text);
        const auto params = door_params_of(request, query);
        if (!refused_with_words(params)) {
            check_json(*params);
        }
    }
}

void check_job(std::string_view text) {
    Request request = request_of(text);
    const auto body = job_body_of(request);
    if (!refused_with_words(body)) {
        STEWARD_ASSERT(body->params.encoding != model::Encoding::Php);
        STEWARD_ASSERT(wire::decode_params(body->params).has_value());
    }
}

void check_line(std::string_view text) {
    while (const auto line = take_line(text)) {
        const auto job = job_line_of(*line);
        if (!refused_with_words(job)) {
            check_json(job->params);
        }
        if (const auto members = json_members(*line)) {
            for (const JsonMember& member : *members) {
                const auto value = nlohmann::json::parse(member.value, nullptr, false);
                STEWARD_ASSERT(!value.is_discarded());
            }
        }
    }
}

void check_accept(std::string_view text) {
    static constexpr std::array<std::string_view, 2> kOffers = {"application/json",
                                                                "text/event-stream"};
    const auto best = best_offer(text, kOffers);
    STEWARD_ASSERT(!best || *best < kOffers.size());
    STEWARD_ASSERT(jsonp_text("f", text).size() >= text.size());
}

void check_trace(std::string_view text) {
    STEWARD_ASSERT(!request_id_of(text, {}).empty());
    const auto meta = with_trace(base::Blob::copy(text), {"r", text, "t"});
    if (!refused_with_words(meta)) {
        const auto read = wire::decode_params({model::Encoding::Msgpack, *meta});
        STEWARD_ASSERT(read.has_value() && read->is_object());
    }
}

struct Kind {
    std::string_view name;
    void (*check)(std::string_view);
};

constexpr std::array<Kind, 8> kKinds = {{{"query", check_query},
                                         {"target", check_target},
                                         {"multipart", check_multipart},
                                         {"door", check_door},
                                         {"job", check_job},
                                         {"line", check_line},
                                         {"accept", check_accept},
                                         {"trace", check_trace}}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view rest = input.substr(std::min(end + 1, input.size()));
    for (const Kind& kind : kKinds) {
        if (input.substr(0, end) == kind.name) {
            kind.check(rest);
        }
    }
    return 0;
}
