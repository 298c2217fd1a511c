// common/wire: see params.hpp. Each encoding's reader and writer live in files of their own; here
// is only which one is meant, and what one encoding becomes in another.
#include "common/wire/params.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "common/wire/params_json.hpp"
#include "common/wire/params_msgpack.hpp"
#include "common/wire/params_value.hpp"
#include "common/wire/php.hpp"

namespace steward::wire {
namespace {

using model::Encoding;
using model::Payload;
using nlohmann::json;
using Reader = base::Expected<void> (*)(std::string_view, ValueSink*);

base::Expected<json> decode_with(Reader read, std::string_view bytes) {
    ValueBuilder builder;
    if (auto done = read(bytes, &builder); !done) {
        return tl::unexpected(std::move(done.error()));
    }
    return builder.take();
}

json as_strings(const std::vector<base::Blob>& frames) {
    json strings = json::array();
    for (const base::Blob& frame : frames) {
        strings.push_back(std::string(frame.view()));
    }
    return strings;
}

Payload made(Encoding encoding, std::string_view bytes) {
    return {encoding, base::Blob::copy(bytes)};
}

Payload encode_json(const json& value) {
    std::string text;
    JsonWriter writer(text);
    walk(value, writer);
    return made(Encoding::Json, text);
}

Payload encode_msgpack(const json& value) {
    MsgpackWriter bytes;
    MsgpackEvents writer(bytes);
    walk(value, writer);
    return made(Encoding::Msgpack, bytes.view());
}

Payload encode_php(const json& value) {
    std::string text;
    PhpWriter writer(text);
    walk(value, writer);
    return made(Encoding::Php, text);
}

Payload encode_opaque(const json& value) {
    if (value.is_null()) {
        return {};
    }
    return value.is_string() ? made(Encoding::Opaque, value.get_ref<const std::string&>())
                             : encode_json(value);
}

Payload encode_frames(const json& value) {
    const auto is_string = [](const json& item) { return item.is_string(); };
    if (!value.is_array() || !std::ranges::all_of(value, is_string)) {
        return encode_opaque(value);
    }
    std::vector<base::Blob> frames;
    for (const json& item : value) {
        frames.push_back(base::Blob::copy(item.get_ref<const std::string&>()));
    }
    return pack_frames(frames);
}

bool is_structured(Encoding encoding) {
    return encoding == Encoding::Json || encoding == Encoding::Msgpack || encoding == Encoding::Php;
}

}  // namespace

base::Expected<json> decode_params(const Payload& payload) {
    const std::string_view bytes = payload.bytes.view();
    switch (payload.encoding) {
        case Encoding::Absent: return json(nullptr);
        case Encoding::Opaque: return json(std::string(bytes));
        case Encoding::Frames: return as_strings(unpack_frames(payload));
        case Encoding::Json: return decode_with(read_json, bytes);
        case Encoding::Msgpack: return decode_with(read_msgpack, bytes);
        case Encoding::Php: return decode_with(read_php, bytes);
    }
    return base::fail(base::Errc::BadParams,
                      "the params are in an unknown encoding, number " +
                          std::to_string(static_cast<unsigned>(payload.encoding)));
}

Payload encode_params(const json& value, Encoding encoding) {
    switch (encoding) {
        case Encoding::Absent:
        case Encoding::Opaque: return encode_opaque(value);
        case Encoding::Frames: return encode_frames(value);
        case Encoding::Json: return encode_json(value);
        case Encoding::Msgpack: return encode_msgpack(value);
        case Encoding::Php: return encode_php(value);
    }
    return encode_opaque(value);
}

Payload convert_params(const Payload& payload, Encoding wanted) {
    if (payload.encoding == wanted || payload.encoding == Encoding::Absent ||
        !is_structured(wanted)) {
        return payload;
    }
    if (payload.encoding == Encoding::Opaque && wanted == Encoding::Json &&
        read_json(payload.bytes.view(), nullptr)) {
        return {Encoding::Json, payload.bytes};
    }
    auto value = decode_params(payload);
    // What cannot be read is handed on as the bytes it is: a result is never lost over its form.
    return encode_params(value ? *value : json(std::string(payload.bytes.view())), wanted);
}

}  // namespace steward::wire
