// common/wire: job options out of an OPTION frame or a decoded object; the option half of
// params.hpp. What an unset option means is the broker's business.
#include "common/wire/options.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"
#include "common/wire/params.hpp"

namespace steward::wire {
namespace {

using base::Errc;
using model::JobOptions;
using nlohmann::json;
using Read = base::Expected<void>;

Read bad(std::string_view name, const json& value, std::string_view rule) {
    const model::Payload shown = encode_params(value, model::Encoding::Json);
    std::string message = "option ";
    message += name;
    message += ' ';
    message += rule;
    message += ", not " + base::printable(shown.bytes.view(), 60);
    return base::fail(Errc::BadOption, std::move(message));
}

Read read_flag(std::string_view name, const json& value, bool& flag) {
    if (!value.is_boolean()) {
        return bad(name, value, "is true or false");
    }
    flag = value.get<bool>();
    return {};
}

// The integer within the bounds, in whichever of nlohmann's two integer kinds it came.
std::optional<std::int64_t> integer_within(const json& value,
                                           std::int64_t least,
                                           std::int64_t most) {
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() &&
         value.get<std::uint64_t>() > static_cast<std::uint64_t>(most))) {
        return std::nullopt;
    }
    const auto number = value.get<std::int64_t>();
    return number >= least && number <= most ? std::optional(number) : std::nullopt;
}

Read read_priority(const json& value, JobOptions& options) {
    struct Named {
        std::string_view name;
        std::int32_t priority;
    };

    static constexpr std::array<Named, 4> kNamed = {{{"low", model::kPriorityLow},
                                                     {"normal", model::kPriorityNormal},
                                                     {"high", model::kPriorityHigh},
                                                     {"urgent", model::kPriorityUrgent}}};
    if (value.is_string()) {
        const auto* const found = std::ranges::find(
            kNamed, std::string_view(value.get_ref<const std::string&>()), &Named::name);
        if (found != kNamed.end()) {
            options.priority = found->priority;
            return {};
        }
    }
    const auto number = integer_within(value, INT32_MIN, INT32_MAX);
    if (!number) {
        return bad("priority", value, "is low, normal, high, urgent or an integer of 32 bits");
    }
    options.priority = static_cast<std::int32_t>(*number);
    return {};
}

Read read_attempts(const json& value, JobOptions& options) {
    const auto number = integer_within(value, 1, kMaxAttemptsMax);
    if (!number) {
        return bad("max_attempts", value, "is 1 to " + std::to_string(kMaxAttemptsMax));
    }
    options.max_attempts = static_cast<std::uint32_t>(*number);
    return {};
}

std::optional<base::Duration> duration_of(const json& value) {
    if (value.is_string()) {
        const auto parsed = parse_duration(value.get_ref<const std::string&>());
        return parsed ? std::optional(*parsed) : std::nullopt;
    }
    if (!value.is_number()) {
        return std::nullopt;
    }
    const auto seconds = value.get<double>();
    const double most = std::chrono::duration<double>(kDurationMax).count();
    if (!(seconds >= 0 && seconds <= most)) {  // so that not-a-number fails too
        return std::nullopt;
    }
    return base::Duration(std::llround(seconds * 1e6));
}

Read read_duration(std::string_view name,
                   const json& value,
                   base::Duration least,
                   std::optional<base::Duration>& duration) {
    const auto read = duration_of(value);
    if (!read || *read < least) {
        return bad(name,
                   value,
                   least.count() == 0 ? "is 0 to 3650d: 250ms, 30s, 5min, 1h, 1d or seconds"
                                      : "is more than 0 and at most 3650d: 250ms, 30s, 5min, 1h, "
                                        "1d or seconds");
    }
    duration = read;
    return {};
}

Read read_meta(const json& value, JobOptions& options) {
    const auto is_string = [](const json& item) { return item.is_string(); };
    if (!value.is_object() || !std::ranges::all_of(value, is_string)) {
        return bad("meta", value, "is a map of strings");
    }
    if (value.size() > model::kMetaEntriesMax) {
        return base::fail(Errc::BadOption,
                          "option meta has at most " + std::to_string(model::kMetaEntriesMax) +
                              " entries, not " + std::to_string(value.size()));
    }
    options.meta =
        value.empty() ? base::Blob() : encode_params(value, model::Encoding::Msgpack).bytes;
    if (options.meta.size() > model::kMetaBytesMax) {
        return base::fail(Errc::BadOption,
                          "option meta takes at most " + std::to_string(model::kMetaBytesMax) +
                              " bytes, not " + std::to_string(options.meta.size()));
    }
    return {};
}

constexpr base::Duration kAnything{0};
constexpr base::Duration kSomething{1};

struct Option {
    std::string_view name;
    Read (*read)(const json&, JobOptions&);
};

constexpr std::array<Option, 8> kOptions = {{
    {"delay",
     [](const json& v, JobOptions& o) { return read_duration("delay", v, kAnything, o.delay); }},
    {"durable",
     [](const json& v, JobOptions& o) { return read_flag("durable", v, o.durable.emplace()); }},
    {"expires_in",
     [](const json& v, JobOptions& o) {
         return read_duration("expires_in", v, kSomething, o.expires_in);
     }},
    {"max_attempts", read_attempts},
    {"meta", read_meta},
    {"priority", read_priority},
    {"sync", [](const json& v, JobOptions& o) { return read_flag("sync", v, o.sync); }},
    {"time_limit",
     [](const json& v, JobOptions& o) {
         return read_duration("time_limit", v, kSomething, o.time_limit);
     }},
}};

base::Unexpected unknown(std::string_view name) {
    std::string message = "no option is called \"" + base::printable(name, 40) + "\"; there are ";
    for (const Option& option : kOptions) {
        message += option.name;
        message += &option == &kOptions.back() ? "" : ", ";
    }
    return base::fail(Errc::UnknownOption, std::move(message));
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
        if (auto read = option->read(value, options); !read) {
            return tl::unexpected(std::move(read.error()));
        }
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
