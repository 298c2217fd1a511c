// Fuzz entry: the journal's facts. Any bytes are a fact or an error, and a fact that was read is
// written as something that reads as the same fact.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "broker/core/record_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace steward::core;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto record = decode_record(bytes);
    if (!record) {
        return 0;
    }
    std::string again;
    encode_record(*record, again);
    const auto back = decode_record(again);
    if (!back || !(*back == *record)) {
        std::abort();
    }
    return 0;
}
