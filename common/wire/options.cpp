// common/wire: job options out of an OPTION frame or a decoded object; the option half of
// params.hpp. What an unset option means is the broker's business.
#include "common/wire/options.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "common/wire/options_values.hpp"
#include "common/wire/params.hpp"

namespace steward::wire {
namespace {

using base::Duration;
using base::Errc;
using model::JobOptions;
using nlohmann::json;

using Value = const json&;
using Options = JobOptions&;

struct Option {
    std::string_view name;
    std::string_view rule;                // "option NAME RULE, not VALUE"
    const json* (*read)(Value, Options);  // gives the value that is against the rule, or null
};

template <class To, class From>
const json* put(Value value, To& to, std::optional<From> read) {
    if (!read) {
        return &value;
    }
    to = std::move(*read);
    return nullptr;
}

const json* put_flag(Value value, bool& to) {
    return put(value, to, value.is_boolean() ? std::optional(value.get<bool>()) : std::nullopt);
}

const json* put_count(Value value, std::int64_t most, std::optional<std::uint32_t>& to) {
    const auto count = integer_of(value, 1, most);
    if (count) {
        to = static_cast<std::uint32_t>(*count);
    }
    return count ? nullptr : &value;
}

const json* put_duration(Value value, std::int64_t least, std::optional<Duration>& to) {
    return put(value, to, duration_of(value, Duration(least), kDurationMax));
}

// What else may be wrong with a label, options_fault() says.
const json* put_label(Value value, model::Label& to) {
    const auto text = text_of(value);
    return text && !text->empty() ? put(value, to, text) : &value;
}

const json* put_unique(Value value, Options to) {
    if (value.is_boolean() && value.get<bool>()) {
        to.unique_params = true;
        return nullptr;
    }
    return put_label(value, to.unique);
}

template <class Choice>
const json* put_choice(Value value,
                       std::optional<Choice> (*named)(std::string_view),
                       std::optional<Choice>& to) {
    const auto name = text_of(value);
    return put(value, to, name ? named(*name) : std::nullopt);
}

const json* put_after(Value value, Options to) {
    if (!value.is_array() || value.size() > model::kAfterMax) {
        return &value;
    }
    to.after.reserve(value.size());
    for (const json& item : value) {
        const auto id = model::JobId::parse(text_of(item).value_or(""));
        if (!id) {
            return &item;
        }
        to.after.push_back(*id);
    }
    return nullptr;
}

constexpr std::string_view kFlagRule = "is true or false";
constexpr std::string_view kPauseRule = "is 0 to 3650d: 250ms, 30s, 5min, 1h, 1d or seconds";
constexpr std::string_view kSpanRule =
    "is more than 0 and at most 3650d: 250ms, 30s, 5min, 1h, 1d or seconds";
constexpr std::string_view kLabelRule = "is a text of 1 to 255 bytes";
static_assert(kDurationMax == std::chrono::hours(24) * 3650 && model::kNameBytesMax == 255);
static_assert(kMaxAttemptsMax == 1000 && kGroupLimitMax == 1'000'000 &&
              kWaitMax == std::chrono::hours(1));
static_assert(model::kGroupWeightMax == 1000 && model::kAfterMax == 16384);
static_assert(model::kMetaEntriesMax == 64 && model::kMetaBytesMax == 8192);

constexpr std::array<Option, 25> kOptions = {{
    {"sync", kFlagRule, [](Value v, Options o) { return put_flag(v, o.sync); }},
    {"durable", kFlagRule, [](Value v, Options o) { return put_flag(v, o.durable.emplace()); }},
    {"priority",
     "is low, normal, high, urgent or an integer of 32 bits",
     [](Value v, Options o) { return put(v, o.priority, priority_of(v)); }},
    {"delay", kPauseRule, [](Value v, Options o) { return put_duration(v, 0, o.delay); }},
    {"run_at",
     "is 2026-11-24T10:00:00Z, with +02:00 for the Z, or seconds since 1970, before 2100",
     [](Value v, Options o) { return put(v, o.run_at, instant_of(v)); }},
    {"expires_in", kSpanRule, [](Value v, Options o) { return put_duration(v, 1, o.expires_in); }},
    {"time_limit", kSpanRule, [](Value v, Options o) { return put_duration(v, 1, o.time_limit); }},
    {"memory_limit",
     "is 1KiB to 1048576GiB: 512MiB, 2GiB or bytes",
     [](Value v, Options o) { return put(v, o.memory_limit, memory_of(v)); }},
    {"max_attempts",
     "is 1 to 1000",
     [](Value v, Options o) { return put_count(v, kMaxAttemptsMax, o.max_attempts); }},
    {"backoff", kSpanRule, [](Value v, Options o) { return put_duration(v, 1, o.backoff); }},
    {"backoff_max",
     kSpanRule,
     [](Value v, Options o) { return put_duration(v, 1, o.backoff_max); }},
    {"result_ttl", kPauseRule, [](Value v, Options o) { return put_duration(v, 0, o.result_ttl); }},
    {"wait",
     "is 0 to 1h: 250ms, 30s, 5min or seconds",
     [](Value v, Options o) { return put(v, o.wait, duration_of(v, Duration(0), kWaitMax)); }},
    {"channel", kLabelRule, [](Value v, Options o) { return put_label(v, o.channel); }},
    {"context", kLabelRule, [](Value v, Options o) { return put_label(v, o.context); }},
    {"group", kLabelRule, [](Value v, Options o) { return put_label(v, o.group); }},
    {"group_limit",
     "is 1 to 1000000",
     [](Value v, Options o) { return put_count(v, kGroupLimitMax, o.group_limit); }},
    {"group_rate",
     "is 1/3650d to 1000000/s: 5/s, 100/min, 1/90s or a number in a second",
     [](Value v, Options o) { return put(v, o.group_rate, rate_of(v)); }},
    {"group_weight",
     "is 1 to 1000",
     [](Value v, Options o) { return put_count(v, model::kGroupWeightMax, o.group_weight); }},
    {"unique", "is true or a text of 1 to 255 bytes", put_unique},
    {"unique_scope",
     "is waiting or running",
     [](Value v, Options o) { return put_choice(v, unique_scope_named, o.unique_scope); }},
    {"on_duplicate",
     "is drop, attach or replace",
     [](Value v, Options o) { return put_choice(v, on_duplicate_named, o.on_duplicate); }},
    {"after", "is a list of at most 16384 job ids", put_after},
    {"batch", kLabelRule, [](Value v, Options o) { return put_label(v, o.batch); }},
    {"meta",
     "is a map of strings to strings, at most 64 and 8192 bytes as msgpack",
     [](Value v, Options o) { return put(v, o.meta, meta_of(v)); }},
}};

base::Unexpected unknown(std::string_view name) {
    std::string message = "no option is called \"" + base::printable(name, 40) + "\"; there are ";
    for (const Option& option : kOptions) {
        message += option.name;
        message += &option == &kOptions.back() ? "" : ", ";
    }
    return base::fail(Errc::UnknownOption, std::move(message));
}

base::Unexpected bad(const Option& option, Value value) {
    const model::Payload shown = encode_params(value, model::Encoding::Json);
    std::string message = "option ";
    message += option.name;
    message += ' ';
    message += option.rule;
    message += ", not " + base::printable(shown.bytes.view(), 60);
    return base::fail(Errc::BadOption, std::move(message));
}

}  // namespace

base::Expected<JobOptions> parse_options(const json& object) {
    if (!object.is_object()) {
        return base::fail(Errc::BadOption, "job options are a map of names to values");
    }
    JobOptions options;
    for (const auto& [name, value] : object.items()) {
        const auto* const option =
            std::ranges::find(kOptions, std::string_view(name), &Option::name);
        if (option == kOptions.end()) {
            return unknown(name);
        }
        if (const json* fault = option->read(value, options)) {
            return bad(*option, *fault);
        }
    }
    if (auto fault = options_fault(options)) {
        return tl::unexpected(std::move(*fault));
    }
    return options;
}

bool is_option_frame(std::string_view frame) {
    return frame.starts_with("OPTION-");
}

base::Expected<JobOptions> parse_option_frame(std::string_view frame) {
    if (frame.size() > model::kOptionFrameBytesMax) {
        return base::fail(Errc::TooLarge,
                          "an OPTION frame has at most " +
                              std::to_string(model::kOptionFrameBytesMax) +
                              " bytes; this one has " + std::to_string(frame.size()));
    }
    const std::size_t split = frame.find(": ");
    const std::string_view kind = frame.substr(0, split);
    if (split == std::string_view::npos || (kind != "OPTION-JSON" && kind != "OPTION-MSGPACK")) {
        return base::fail(Errc::BadOption,
                          "options come as \"OPTION-JSON: …\" or \"OPTION-MSGPACK: …\", not as \"" +
                              base::printable(kind, 40) + "\"");
    }
    const auto encoding = kind == "OPTION-JSON" ? model::Encoding::Json : model::Encoding::Msgpack;
    const auto object = decode_params({encoding, base::Blob::copy(frame.substr(split + 2))});
    if (!object) {
        return base::fail(Errc::BadOption, "the options cannot be read: " + object.error().message);
    }
    return parse_options(*object);
}

}  // namespace steward::wire
