// tests: any bytes as a FastCGI answer, whole and in pieces whose size is the input's first byte:
// the same comes out, within its bound.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/assert.hpp"
#include "worker/fastcgi/record.hpp"

namespace {

using steward::worker::fastcgi::ResponseReader;

constexpr std::size_t kOutputMax = 512;

struct Heard {
    bool is_over = false;
    bool is_faulty = false;
    std::string output;
    std::string errors;
    std::uint32_t status = 0;

    bool operator==(const Heard&) const = default;
};

Heard hear(std::string_view input, std::size_t piece) {
    ResponseReader reader(kOutputMax);
    Heard heard;
    for (std::size_t at = 0; at < input.size() && !heard.is_faulty; at += piece) {
        heard.is_faulty = !reader.feed(input.substr(at, piece)).has_value();
        heard.errors += reader.take_errors();
    }
    heard.is_over = reader.is_over();
    heard.output = reader.output();
    heard.status = reader.is_over() ? reader.status() : 0;
    STEWARD_ASSERT(heard.output.size() <= kOutputMax);
    STEWARD_ASSERT(!heard.is_over || !heard.is_faulty);
    STEWARD_ASSERT(heard.output.size() + heard.errors.size() <= input.size());
    return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (!input.empty()) {
        const auto piece = std::max<std::size_t>(1, static_cast<unsigned char>(input.front()));
        STEWARD_ASSERT(hear(input.substr(1), piece) == hear(input.substr(1), input.size()));
    }
    return 0;
}
