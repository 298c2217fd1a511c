// gateway/api: answers made of JSON and of what workers return.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "client/answer.hpp"
#include "gateway/message/message.hpp"

namespace steward::gateway {

/// Bytes that are no UTF-8 become U+FFFD: the text is always JSON.
[[nodiscard]] std::string json_text(const nlohmann::json& value);

[[nodiscard]] Response json_reply(unsigned status, const nlohmann::json& value);

/// A job's result as it is: 200 with its bytes, or 204 for success and nothing else. JSON and
/// msgpack say what they are; PHP's form and frames are told as JSON. Opaque bytes are of the one
/// type that `accept` names, if it names one, else application/octet-stream. No page of ours runs
/// them.
[[nodiscard]] Response result_reply(const client::Answer& answer, std::string_view accept);

/// A payload as a JSON value: text that is no UTF-8 as {"base64": "…"}; null when there is none.
[[nodiscard]] nlohmann::json payload_json(const model::Payload& payload);
/// The same as text; what is JSON already stays as it is, a number with each of its digits.
[[nodiscard]] std::string payload_json_text(const model::Payload& payload);

}  // namespace steward::gateway
