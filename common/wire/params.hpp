// common/wire: params and results in their encodings: reading them as one dynamic value, writing
// them back, and turning one encoding into another. The door to nlohmann-json and msgpack.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/base/expected.hpp"
#include "common/model/job.hpp"

namespace steward::wire {

/// Decodes structured params (Json, Msgpack, Php) into a dynamic value; Absent gives null; Opaque
/// and Frames give a string or an array of strings, bytes as they are. Depth is held to
/// kParamsDepthMax. PHP objects, references and custom serializers are refused, never instantiated.
/// msgpack binary becomes a string; PHP arrays with keys 0..n-1 in order become arrays, others
/// objects. Errors: BadParams, saying at which byte.
[[nodiscard]] base::Expected<nlohmann::json> decode_params(const model::Payload& payload);

/// Encodes a dynamic value. Absent and Opaque: a string gives its bytes (Opaque), null gives
/// Absent, anything else its JSON text. Strings that are no UTF-8 cannot be JSON and become
/// {"base64": "…"}.
[[nodiscard]] model::Payload encode_params(const nlohmann::json& value, model::Encoding encoding);

/// `payload` in the encoding that the requester used. The same encoding, and opaque wishes, cost
/// nothing. Opaque to Json: valid JSON text stays as it is, other UTF-8 becomes a JSON string,
/// other bytes {"base64": "…"}. `wanted` Absent (the requester sent no params) means: as it is.
[[nodiscard]] model::Payload convert_params(const model::Payload& payload, model::Encoding wanted);

/// Packs and unpacks Encoding::Frames. One frame is Opaque, none is Absent.
[[nodiscard]] model::Payload pack_frames(std::span<const base::Blob> frames);
/// The opaque frames of a payload; Absent gives one empty frame, structured encodings their bytes.
[[nodiscard]] std::vector<base::Blob> unpack_frames(const model::Payload& payload);

/// `PARAM-JSON: …` and its aliases to a payload and back (protocol.md, "PARAM frames"); split at
/// the first ": " only. A frame without a known prefix is Opaque.
[[nodiscard]] bool is_param_frame(std::string_view frame);
[[nodiscard]] model::Payload parse_param_frame(const base::Blob& frame);
/// An Absent payload gives an empty frame; Opaque gives the bytes alone.
[[nodiscard]] base::Blob make_param_frame(const model::Payload& payload);

/// `OPTION-JSON: {…}` or `OPTION-MSGPACK: …`. Names and forms as in docs/protocol.md: durations are
/// texts with a unit ("250ms", "30s", "5min", "1h", "1d") or numbers of seconds, instants and rates
/// as in options.hpp. Errors: UnknownOption naming it and those there are, BadOption naming the
/// rule and the value, also of a rule between options (options_fault()), TooLarge.
[[nodiscard]] bool is_option_frame(std::string_view frame);
[[nodiscard]] base::Expected<model::JobOptions> parse_option_frame(std::string_view frame);
/// The same from an already decoded object: what the command line and the native codec use.
[[nodiscard]] base::Expected<model::JobOptions> parse_options(const nlohmann::json& object);
/// "250ms", "30s", "5min", "1h", "1d", "0.8s", or a plain number of seconds.
[[nodiscard]] base::Expected<base::Duration> parse_duration(std::string_view text);

}  // namespace steward::wire
