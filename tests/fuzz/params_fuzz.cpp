// tests: params in every encoding. The input's first byte names the encoding, the rest is the
// payload. What can be read must, once written, stay the same for ever.
#include <array>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/base/assert.hpp"
#include "common/wire/json_glance.hpp"
#include "common/wire/params.hpp"

namespace {

using namespace steward;
using namespace steward::wire;
using model::Encoding;

constexpr std::array<Encoding, 6> kAll = {Encoding::Absent,
                                          Encoding::Opaque,
                                          Encoding::Frames,
                                          Encoding::Json,
                                          Encoding::Msgpack,
                                          Encoding::Php};

void settle(const nlohmann::json& value, Encoding encoding) {
    const model::Payload once = encode_params(value, encoding);
    const auto read = decode_params(once);
    STEWARD_ASSERT(read.has_value());
    STEWARD_ASSERT(encode_params(*read, encoding) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (input.empty()) {
        return 0;
    }
    const Encoding encoding = kAll[data[0] % kAll.size()];
    const model::Payload payload{encoding, base::Blob::copy(input.substr(1))};
    const auto value = decode_params(payload);
    STEWARD_ASSERT(value || value.error().code == base::Errc::BadParams);
    if (value) {
        settle(*value, encoding);
    }
    if (is_surely_json(payload.bytes.view())) {
        STEWARD_ASSERT(decode_params({Encoding::Json, payload.bytes}).has_value());
    }
    for (const Encoding wanted : kAll) {
        const model::Payload turned = convert_params(payload, wanted);
        const model::Payload framed = parse_param_frame(make_param_frame(turned));
        (void)decode_params(turned);
        (void)decode_params(framed);
    }
    const auto frames = unpack_frames(payload);
    STEWARD_ASSERT(!frames.empty());
    STEWARD_ASSERT(unpack_frames(pack_frames(frames)) == frames);
    return 0;
}
