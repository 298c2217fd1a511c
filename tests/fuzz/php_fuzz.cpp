// tests: the reader of PHP's serialize() format on any bytes. Checking alone and building a value
// must agree; what was read and written again is read again.
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/base/assert.hpp"
#include "common/wire/params.hpp"
#include "common/wire/php.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace steward;
    using namespace steward::wire;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto checked = read_php(input, nullptr);
    const auto value = decode_params({model::Encoding::Php, base::Blob::copy(input)});
    STEWARD_ASSERT(checked.has_value() == value.has_value());
    if (!value) {
        STEWARD_ASSERT(checked.error() == value.error());
        return 0;
    }
    const model::Payload once = encode_params(*value, model::Encoding::Php);
    const auto again = decode_params(once);
    STEWARD_ASSERT(again.has_value());
    STEWARD_ASSERT(encode_params(*again, model::Encoding::Php) == once);
    return 0;
}
