#include "gateway/api/reply.hpp"

#include <algorithm>

#include "common/wire/params.hpp"
#include "common/wire/params_json.hpp"
#include "gateway/params/json_members.hpp"
#include "gateway/params/media_type.hpp"

namespace steward::gateway {

namespace {

constexpr std::size_t kTypeBytesMax = 255;

// Whether it may stand in a header as the type of bytes that we know nothing of.
bool is_one_type(std::string_view accept) {
    const bool has_form =
        accept.find('/') != std::string_view::npos && accept.size() <= kTypeBytesMax;
    return has_form && std::all_of(accept.begin(), accept.end(), [](char letter) {
               return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                      (letter >= '0' && letter <= '9') ||
                      std::string_view("/+-._").find(letter) != std::string_view::npos;
           });
}

}  // namespace

std::string json_text(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Response json_reply(unsigned status, const nlohmann::json& value) {
    Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = base::Blob::copy(json_text(value) + "\n");
    return response;
}

Response result_reply(const client::Answer& answer, std::string_view accept) {
    Response response;
    response.headers.push_back({"Content-Security-Policy", "default-src 'none'; sandbox"});
    const model::Payload& payload = answer.payload();
    switch (payload.encoding) {
        case model::Encoding::Absent: response.status = 204; return response;
        case model::Encoding::Json:
            response.content_type = "application/json";
            response.body = payload.bytes;
            return response;
        case model::Encoding::Msgpack:
            response.content_type = "application/vnd.msgpack";
            response.body = payload.bytes;
            return response;
        case model::Encoding::Opaque: {
            const std::string_view wanted = trimmed(accept);
            response.content_type =
                is_one_type(wanted) ? std::string(wanted) : "application/octet-stream";
            response.body = payload.bytes;
            return response;
        }
        case model::Encoding::Frames:
        case model::Encoding::Php:
            response.content_type = "application/json";
            response.body = wire::convert_params(payload, model::Encoding::Json).bytes;
            return response;
    }
    return response;
}

std::string payload_json_text(const model::Payload& payload) {
    if (payload.encoding == model::Encoding::Absent) {
        return "null";
    }
    const model::Payload json = wire::convert_params(payload, model::Encoding::Json);
    const std::string_view text = without_mark(json.bytes.view());
    return wire::read_json(text, nullptr) ? std::string(text) : "null";
}

nlohmann::json payload_json(const model::Payload& payload) {
    if (payload.encoding == model::Encoding::Absent) {
        return nullptr;
    }
    const model::Payload json = wire::convert_params(payload, model::Encoding::Json);
    auto value = wire::decode_params(json);
    return value ? std::move(*value) : nlohmann::json(nullptr);
}

}  // namespace steward::gateway
