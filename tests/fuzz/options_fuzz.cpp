// tests: OPTION frames, durations, instants and rates on any bytes. What is accepted lies within
// its range, and every codec carries it.
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "common/base/assert.hpp"
#include "common/wire/event_json.hpp"
#include "common/wire/native_options.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"

namespace {

using namespace steward;
using namespace steward::wire;

template <class Value>
bool within(const std::optional<Value>& value, Value least, Value most) {
    return !value || (*value >= least && *value <= most);
}

bool lasts(const std::optional<base::Duration>& value, base::Duration::rep least) {
    return within(value, base::Duration(least), kDurationMax);
}

bool counts(const std::optional<std::uint32_t>& value, std::int64_t most) {
    return within(value, std::uint32_t{1}, static_cast<std::uint32_t>(most));
}

void check_ranges(const model::JobOptions& options) {
    STEWARD_ASSERT(lasts(options.delay, 0));
    STEWARD_ASSERT(within(options.run_at, base::WallTime(), kRunAtMax));
    STEWARD_ASSERT(lasts(options.expires_in, 1));
    STEWARD_ASSERT(lasts(options.time_limit, 1));
    STEWARD_ASSERT(within(options.memory_limit, kMemoryLimitMin, kMemoryLimitMax));
    STEWARD_ASSERT(counts(options.max_attempts, kMaxAttemptsMax));
    STEWARD_ASSERT(lasts(options.backoff, 1));
    STEWARD_ASSERT(lasts(options.backoff_max, 1));
    STEWARD_ASSERT(lasts(options.result_ttl, 0));
    STEWARD_ASSERT(within(options.wait, base::Duration(0), kWaitMax));
    STEWARD_ASSERT(counts(options.group_limit, kGroupLimitMax));
    STEWARD_ASSERT(within(
        options.group_rate, model::Rate{base::Duration(1)}, model::Rate{model::kDurationMax}));
    STEWARD_ASSERT(counts(options.group_weight, model::kGroupWeightMax));
    STEWARD_ASSERT(options.meta.size() <= model::kMetaBytesMax);
    STEWARD_ASSERT(!options_fault(options));
}

void check_native(const model::JobOptions& options) {
    MsgpackWriter out;
    native::write_options(out, options);
    MsgpackReader in(out.view());
    model::JobOptions back;
    back.sync = options.sync;
    STEWARD_ASSERT(!native::read_options(in, back));
    STEWARD_ASSERT(!in.failed() && in.rest().empty());
    STEWARD_ASSERT(back == options);
}

// Names in meta that are no UTF-8 are the one thing that JSON does not bring back.
void check_event(model::JobOptions options) {
    options.meta = {};
    EventForPeople event;
    event.options = std::make_shared<const model::JobOptions>(options);
    std::string line;
    append_event_json(line, event);
    const auto object = nlohmann::json::parse(line, nullptr, false);
    STEWARD_ASSERT(object.is_object());
    const auto back = parse_options(object["options"]);
    STEWARD_ASSERT(back && *back == options);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    if (const auto options = parse_option_frame(input)) {
        check_ranges(*options);
        check_native(*options);
        check_event(*options);
    } else {
        STEWARD_ASSERT(!options.error().message.empty());
    }
    if (const auto duration = parse_duration(input)) {
        STEWARD_ASSERT(lasts(*duration, 0));
        STEWARD_ASSERT(parse_duration(duration_text(*duration)) == *duration);
    }
    if (const auto instant = parse_instant(input)) {
        STEWARD_ASSERT(within(std::optional(*instant), base::WallTime(), kRunAtMax));
        STEWARD_ASSERT(parse_instant(instant_text(*instant)) == *instant);
    }
    if (const auto rate = parse_rate(input)) {
        STEWARD_ASSERT(lasts(rate->spacing, 1));
        STEWARD_ASSERT(parse_rate(rate_text(*rate)) == *rate);
    }
    return 0;
}
