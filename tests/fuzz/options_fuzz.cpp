// tests: OPTION frames and durations on any bytes. What is accepted lies within its range.
#include <cstdint>
#include <string_view>

#include "common/base/assert.hpp"
#include "common/model/limits.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"

namespace {

using namespace steward;
using namespace steward::wire;

bool within(const std::optional<base::Duration>& value, base::Duration least) {
    return !value || (*value >= least && *value <= kDurationMax);
}

void check(const model::JobOptions& options) {
    STEWARD_ASSERT(within(options.delay, base::Duration(0)));
    STEWARD_ASSERT(within(options.expires_in, base::Duration(1)));
    STEWARD_ASSERT(within(options.time_limit, base::Duration(1)));
    STEWARD_ASSERT(!options.max_attempts ||
                   (*options.max_attempts >= 1 && *options.max_attempts <= kMaxAttemptsMax));
    STEWARD_ASSERT(options.meta.size() <= model::kMetaBytesMax);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (const auto options = parse_option_frame(input)) {
        check(*options);
    } else {
        STEWARD_ASSERT(!options.error().message.empty());
    }
    if (const auto duration = parse_duration(input)) {
        STEWARD_ASSERT(within(*duration, base::Duration(0)));
    }
    return 0;
}
