// common/wire: job options and meta in the native protocol.
#include "common/wire/native_options.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"
#include "common/wire/options.hpp"

namespace steward::wire::native {
namespace {

using base::Duration;
using base::Errc;
using base::Error;
using model::JobOptions;

static_assert(kDurationMax == model::kDurationMax, "options mean the same in every dialect");

Duration read_duration(MsgpackReader& in, Duration::rep least) {
    const Duration::rep micros = in.integer(0, model::kDurationMax.count());
    if (micros < least) {
        in.fail(MsgpackFault::OutOfRange);
    }
    return Duration{micros};
}

struct Option {
    std::string_view name;
    std::string_view rule;
    void (*read)(MsgpackReader&, JobOptions&);
};

constexpr std::string_view kPauseRule = "a whole number of microseconds from 0 to 3650 days";
constexpr std::string_view kSpanRule = "a whole number of microseconds from 1 to 3650 days";

constexpr std::array<Option, 6> kOptions = {{
    {"durable",
     "true or false",
     [](MsgpackReader& in, JobOptions& to) { to.durable = in.boolean(); }},
    {"priority",
     "a whole number of 32 bits with sign",
     [](MsgpackReader& in, JobOptions& to) {
         to.priority = static_cast<std::int32_t>(in.integer(INT32_MIN, INT32_MAX));
     }},
    {"delay",
     kPauseRule,
     [](MsgpackReader& in, JobOptions& to) { to.delay = read_duration(in, 0); }},
    {"expires_in",
     kSpanRule,
     [](MsgpackReader& in, JobOptions& to) { to.expires_in = read_duration(in, 1); }},
    {"time_limit",
     kSpanRule,
     [](MsgpackReader& in, JobOptions& to) { to.time_limit = read_duration(in, 1); }},
    {"max_attempts",
     "a whole number from 1 to 1000",
     [](MsgpackReader& in, JobOptions& to) {
         to.max_attempts = static_cast<std::uint32_t>(in.integer(0, kMaxAttemptsMax));
     }},
}};

Error bad_option(std::string_view name, std::string_view rule) {
    return {Errc::BadOption, "the option \"" + std::string(name) + "\" is " + std::string(rule)};
}

Error unknown_option(std::string_view name) {
    std::string known;
    for (const Option& option : kOptions) {
        known += std::string(option.name) + ", ";
    }
    return {
        Errc::UnknownOption,
        "no job option is named \"" + base::printable(name) + "\"; there are: " + known + "meta"};
}

// Truncated and reserved bytes are no fault of the option: the message itself is broken.
bool is_about_value(const MsgpackReader& in) {
    return in.failed() && in.fault() != MsgpackFault::Truncated &&
           in.fault() != MsgpackFault::Reserved;
}

std::optional<Error> read_option(MsgpackReader& in, std::string_view name, JobOptions& to) {
    if (name == "meta") {
        return read_meta(in, to.meta);
    }
    const auto* option = std::ranges::find(kOptions, name, &Option::name);
    if (option == kOptions.end()) {
        return unknown_option(name);
    }
    option->read(in, to);
    if (is_about_value(in) || (!in.failed() && to.max_attempts == 0U)) {
        return bad_option(option->name, option->rule);
    }
    return std::nullopt;
}

// Walks a map of strings; the reader says whether it is one.
void walk_meta(MsgpackReader& in) {
    const std::size_t entries = in.map(model::kMetaEntriesMax);
    for (std::size_t i = 0; i < 2 * entries && !in.failed(); ++i) {
        (void)in.bytes(model::kMetaBytesMax);
    }
}

bool is_meta(std::string_view bytes) {
    MsgpackReader in(bytes);
    walk_meta(in);
    return !in.failed() && in.rest().empty() && bytes.size() <= model::kMetaBytesMax;
}

}  // namespace

void write_options(MsgpackWriter& out, const JobOptions& options) {
    // NOLINTNEXTLINE(bugprone-misplaced-widening-cast): a sum of seven bits
    const auto set = static_cast<std::size_t>(
        int{options.durable.has_value()} + int{options.priority.has_value()} +
        int{options.delay.has_value()} + int{options.expires_in.has_value()} +
        int{options.time_limit.has_value()} + int{options.max_attempts.has_value()} +
        int{!options.meta.empty()});
    if (set == 0) {
        out.nil();
        return;
    }
    const auto duration = [&](std::string_view name, const std::optional<Duration>& value) {
        if (value) {
            out.str(name);
            out.integer(std::clamp(*value, Duration{0}, model::kDurationMax).count());
        }
    };
    out.map(set);
    if (options.durable) {
        out.str("durable");
        out.boolean(*options.durable);
    }
    if (options.priority) {
        out.str("priority");
        out.integer(*options.priority);
    }
    duration("delay", options.delay);
    duration("expires_in", options.expires_in);
    duration("time_limit", options.time_limit);
    if (options.max_attempts) {
        out.str("max_attempts");
        out.unsigned_integer(*options.max_attempts);
    }
    if (!options.meta.empty()) {
        out.str("meta");
        write_meta(out, options.meta);
    }
}

std::optional<Error> read_options(MsgpackReader& in, JobOptions& options) {
    if (in.nil()) {
        return std::nullopt;
    }
    const std::size_t entries = in.map();
    for (std::size_t i = 0; i < entries && !in.failed(); ++i) {
        const std::string_view name = in.bytes(model::kNameBytesMax);
        if (in.failed()) {
            break;
        }
        if (std::optional<Error> error = read_option(in, name, options)) {
            return error;
        }
    }
    return std::nullopt;
}

void write_meta(MsgpackWriter& out, const base::Blob& meta) {
    if (meta.empty()) {
        out.nil();
    } else if (is_meta(meta.view())) {
        out.raw(meta.view());
    } else {
        out.bin(meta.view());
    }
}

std::optional<Error> read_meta(MsgpackReader& in, base::Blob& meta) {
    if (in.failed() || in.nil()) {
        meta = {};
        return std::nullopt;
    }
    const std::string_view before = in.rest();
    walk_meta(in);
    const std::string_view bytes = before.substr(0, before.size() - in.rest().size());
    if (is_about_value(in) || (!in.failed() && bytes.size() > model::kMetaBytesMax)) {
        return bad_option("meta",
                          "a map of at most " + std::to_string(model::kMetaEntriesMax) +
                              " strings to strings, " + std::to_string(model::kMetaBytesMax) +
                              " bytes in all");
    }
    // One byte is the empty map.
    meta = in.failed() || bytes.size() == 1 ? base::Blob() : base::Blob::copy(bytes);
    return std::nullopt;
}

}  // namespace steward::wire::native
