// common/wire: the frame half of params.hpp: multi-frame bodies and the PARAM frames of ZMWS.
#include <algorithm>
#include <array>
#include <optional>

#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"
#include "common/wire/params.hpp"

namespace steward::wire {
namespace {

using model::Encoding;
using model::Payload;

struct Prefix {
    std::string_view text;
    Encoding encoding = Encoding::Opaque;
};

// The first of an encoding is the one that is written.
constexpr std::array<Prefix, 5> kPrefixes = {{
    {"PARAM-JSON: ", Encoding::Json},
    {"JSON-PARAM: ", Encoding::Json},
    {"PARAM-MSGPACK: ", Encoding::Msgpack},
    {"PARAM-PHP: ", Encoding::Php},
    {"PARAM: ", Encoding::Php},
}};

const Prefix* prefix_of(std::string_view frame) {
    for (const Prefix& prefix : kPrefixes) {
        if (frame.starts_with(prefix.text)) {
            return &prefix;
        }
    }
    return nullptr;
}

base::Blob prefixed(std::string_view prefix, const base::Blob& bytes) {
    std::string frame;
    frame.reserve(prefix.size() + bytes.size());
    frame += prefix;
    frame += bytes.view();
    return base::Blob::copy(frame);
}

// The frames of a well-formed Encoding::Frames, at most kFramesPerMessageMax.
std::optional<std::vector<base::Blob>> split(const base::Blob& packed) {
    std::vector<base::Blob> frames;
    std::string_view rest = packed.view();
    while (!rest.empty()) {
        std::uint32_t length = 0;
        if (!base::get_le(rest, length) || length > rest.size() ||
            frames.size() == model::kFramesPerMessageMax) {
            return std::nullopt;
        }
        frames.push_back(packed.slice(rest.substr(0, length)));
        rest.remove_prefix(length);
    }
    return frames;
}

}  // namespace

Payload pack_frames(std::span<const base::Blob> frames) {
    if (frames.empty()) {
        return {};
    }
    if (frames.size() == 1) {
        return {Encoding::Opaque, frames.front()};
    }
    std::size_t size = 0;
    for (const base::Blob& frame : frames) {
        size += sizeof(std::uint32_t) + frame.size();
    }
    std::string packed;
    packed.reserve(size);
    for (const base::Blob& frame : frames) {
        base::put_le(packed, static_cast<std::uint32_t>(frame.size()));
        packed += frame.view();
    }
    return {Encoding::Frames, base::Blob::copy(packed)};
}

std::vector<base::Blob> unpack_frames(const Payload& payload) {
    if (payload.encoding == Encoding::Frames) {
        if (auto frames = split(payload.bytes); frames && !frames->empty()) {
            return std::move(*frames);
        }
    }
    return {payload.bytes};
}

bool is_param_frame(std::string_view frame) {
    return prefix_of(frame) != nullptr;
}

Payload parse_param_frame(const base::Blob& frame) {
    const Prefix* prefix = prefix_of(frame.view());
    if (prefix == nullptr) {
        return {Encoding::Opaque, frame};
    }
    return {prefix->encoding, frame.slice(frame.view().substr(prefix->text.size()))};
}

base::Blob make_param_frame(const Payload& payload) {
    // Several frames cannot be one: they become a list.
    const Payload single =
        payload.encoding == Encoding::Frames ? convert_params(payload, Encoding::Json) : payload;
    const auto* const prefix = std::ranges::find(kPrefixes, single.encoding, &Prefix::encoding);
    if (prefix != kPrefixes.end()) {
        return prefixed(prefix->text, single.bytes);
    }
    return single.encoding == Encoding::Absent ? base::Blob() : single.bytes;
}

}  // namespace steward::wire
