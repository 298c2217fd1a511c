#include "common/wire/options_values.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <nlohmann/json.hpp>

#include "common/base/quantity.hpp"
#include "common/wire/json_text.hpp"
#include "common/wire/options.hpp"
#include "common/wire/params.hpp"

namespace steward::wire {
namespace {

using nlohmann::json;

constexpr double kMicros = 1e6;

// Nothing for what is no number, or one that is not from 0 to `most`.
std::optional<double> number_of(const json& value, double most) {
    if (!value.is_number()) {
        return std::nullopt;
    }
    const auto number = value.get<double>();
    const bool is_within = number >= 0 && number <= most;  // not-a-number is not
    return is_within ? std::optional(number) : std::nullopt;
}

std::optional<base::Duration> seconds_of(const json& value, base::Duration most) {
    const auto seconds = number_of(value, std::chrono::duration<double>(most).count());
    return seconds ? std::optional(base::Duration(std::llround(*seconds * kMicros))) : std::nullopt;
}

const std::string& string_of(const json& value) {
    return value.get_ref<const std::string&>();
}

template <class T>
std::optional<T> maybe(const base::Expected<T>& value) {
    return value ? std::optional<T>(*value) : std::nullopt;
}

}  // namespace

std::optional<std::string> text_of(const json& value) {
    if (value.is_string()) {
        return string_of(value);
    }
    if (value.is_object() && value.size() == 1 && value.begin().key() == "base64" &&
        value.front().is_string()) {
        return from_base64(string_of(value.front()));
    }
    return std::nullopt;
}

std::optional<std::int64_t> integer_of(const json& value, std::int64_t least, std::int64_t most) {
    // nlohmann has two kinds of integers.
    if (!value.is_number_integer() ||
        (value.is_number_unsigned() &&
         value.get<std::uint64_t>() > static_cast<std::uint64_t>(most))) {
        return std::nullopt;
    }
    const auto number = value.get<std::int64_t>();
    return number >= least && number <= most ? std::optional(number) : std::nullopt;
}

std::optional<std::int32_t> priority_of(const json& value) {
    struct Named {
        std::string_view name;
        std::int32_t priority;
    };

    static constexpr std::array<Named, 4> kNamed = {{{"low", model::kPriorityLow},
                                                     {"normal", model::kPriorityNormal},
                                                     {"high", model::kPriorityHigh},
                                                     {"urgent", model::kPriorityUrgent}}};
    if (value.is_string()) {
        const auto* const found =
            std::ranges::find(kNamed, std::string_view(string_of(value)), &Named::name);
        return found != kNamed.end() ? std::optional(found->priority) : std::nullopt;
    }
    const auto number = integer_of(value, INT32_MIN, INT32_MAX);
    return number ? std::optional(static_cast<std::int32_t>(*number)) : std::nullopt;
}

std::optional<base::Duration> duration_of(const json& value,
                                          base::Duration least,
                                          base::Duration most) {
    const auto duration =
        value.is_string() ? maybe(parse_duration(string_of(value))) : seconds_of(value, most);
    return duration && *duration >= least && *duration <= most ? duration : std::nullopt;
}

std::optional<base::WallTime> instant_of(const json& value) {
    if (value.is_string()) {
        return maybe(parse_instant(string_of(value)));
    }
    const auto since_1970 = seconds_of(value, kRunAtMax.time_since_epoch());
    return since_1970 ? std::optional(base::WallTime(*since_1970)) : std::nullopt;
}

std::optional<std::uint64_t> memory_of(const json& value) {
    static constexpr std::array kBare = {base::Unit{"", 1}};
    std::optional<std::uint64_t> bytes;
    if (value.is_string()) {
        bytes = base::parse_size(string_of(value));
        bytes = bytes ? bytes : base::parse_quantity(string_of(value), kBare);
    } else if (const auto number = integer_of(value, 0, INT64_MAX)) {
        bytes = static_cast<std::uint64_t>(*number);
    }
    return bytes && *bytes >= kMemoryLimitMin && *bytes <= kMemoryLimitMax ? bytes : std::nullopt;
}

std::optional<model::Rate> rate_of(const json& value) {
    if (value.is_string()) {
        return maybe(parse_rate(string_of(value)));
    }
    const auto in_a_second = number_of(value, kMicros);
    const double spacing = in_a_second ? std::ceil(kMicros / *in_a_second) : 0;
    const bool is_rate = spacing >= 1 && spacing <= static_cast<double>(kDurationMax.count());
    return is_rate ? std::optional(model::Rate{base::Duration(std::llround(spacing))})
                   : std::nullopt;
}

std::optional<base::Blob> meta_of(const json& value) {
    if (!value.is_object() || value.size() > model::kMetaEntriesMax) {
        return std::nullopt;
    }
    json texts = json::object();
    for (const auto& [name, item] : value.items()) {
        std::optional<std::string> text = text_of(item);
        if (!text) {
            return std::nullopt;
        }
        texts[name] = std::move(*text);
    }
    base::Blob bytes =
        texts.empty() ? base::Blob() : encode_params(texts, model::Encoding::Msgpack).bytes;
    return bytes.size() <= model::kMetaBytesMax ? std::optional(std::move(bytes)) : std::nullopt;
}

}  // namespace steward::wire
