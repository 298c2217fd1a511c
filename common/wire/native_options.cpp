// common/wire: job options and meta in the native protocol.
#include "common/wire/native_options.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/model/limits.hpp"
#include "common/wire/native_job_id.hpp"
#include "common/wire/options.hpp"

namespace steward::wire::native {
namespace {

using base::Duration;
using base::Errc;
using base::Error;
using model::JobOptions;

// ---- writing ----

// Calls `take` with name and value of each option that is set, in their order on the wire.
template <class Take>
void each_set(const JobOptions& options, Take take) {
    const auto maybe = [&](std::string_view name, const auto& value) {
        if (value) {
            take(name, *value);
        }
    };
    const auto label = [&](std::string_view name, const model::Label& value) {
        if (!value.empty()) {
            take(name, value);
        }
    };
    maybe("durable", options.durable);
    maybe("priority", options.priority);
    maybe("delay", options.delay);
    maybe("run_at", options.run_at);
    maybe("expires_in", options.expires_in);
    maybe("time_limit", options.time_limit);
    maybe("memory_limit", options.memory_limit);
    maybe("max_attempts", options.max_attempts);
    maybe("backoff", options.backoff);
    maybe("backoff_max", options.backoff_max);
    maybe("result_ttl", options.result_ttl);
    maybe("wait", options.wait);
    label("channel", options.channel);
    label("context", options.context);
    label("group", options.group);
    maybe("group_limit", options.group_limit);
    maybe("group_rate", options.group_rate);
    maybe("group_weight", options.group_weight);
    label("unique", options.unique);
    if (options.unique_params) {
        take("unique", true);
    }
    maybe("unique_scope", options.unique_scope);
    maybe("on_duplicate", options.on_duplicate);
    if (!options.after.empty()) {
        take("after", options.after);
    }
    label("batch", options.batch);
    if (!options.meta.empty()) {
        take("meta", options.meta);
    }
}

class ValueWriter {
public:
    explicit ValueWriter(MsgpackWriter& out) : out_(out) {}

    void value(bool flag) { out_.boolean(flag); }

    void value(std::int32_t number) { out_.integer(number); }

    void value(std::uint32_t number) { out_.unsigned_integer(number); }

    void value(std::uint64_t number) { out_.unsigned_integer(number); }

    void value(Duration duration) {
        out_.integer(std::clamp(duration, Duration{0}, model::kDurationMax).count());
    }

    void value(base::WallTime at) {
        out_.integer(std::clamp(at, base::WallTime{}, kRunAtMax).time_since_epoch().count());
    }

    void value(model::Rate rate) { value(rate.spacing); }

    void value(model::UniqueScope scope) { value(static_cast<std::uint32_t>(scope)); }

    void value(model::OnDuplicate way) { value(static_cast<std::uint32_t>(way)); }

    void value(const model::Label& label) { out_.text(label.view()); }

    void value(const std::vector<model::JobId>& jobs) {
        out_.array(jobs.size());
        for (const model::JobId& job : jobs) {
            write_job_id(out_, job);
        }
    }

    void value(const base::Blob& meta) { write_meta(out_, meta); }

private:
    MsgpackWriter& out_;
};

// ---- reading ----

std::int64_t read_within(MsgpackReader& in, std::int64_t least, std::int64_t most) {
    const std::int64_t value = in.integer(0, most);
    if (value < least) {
        in.fail(MsgpackFault::OutOfRange);
    }
    return value;
}

std::uint32_t read_count(MsgpackReader& in, std::int64_t most) {
    return static_cast<std::uint32_t>(read_within(in, 1, most));
}

Duration read_duration(MsgpackReader& in, Duration::rep least, Duration most = kDurationMax) {
    return Duration{read_within(in, least, most.count())};
}

// What else may be wrong with a label, options_fault() says.
void read_label(MsgpackReader& in, model::Label& to) {
    const std::string_view text = in.bytes(model::kNameBytesMax);
    if (text.empty()) {
        in.fail(MsgpackFault::OutOfRange);
    }
    to = text;
}

void read_unique(MsgpackReader& in, JobOptions& to) {
    if (in.next_is_bytes()) {
        read_label(in, to.unique);
        return;
    }
    to.unique_params = in.boolean();
    if (!to.unique_params) {
        in.fail(MsgpackFault::OutOfRange);
    }
}

void read_after(MsgpackReader& in, JobOptions& to) {
    const std::size_t jobs = in.array(model::kAfterMax);
    to.after.resize(jobs);
    for (std::size_t i = 0; i < jobs && !in.failed(); ++i) {
        read_job_id(in, to.after[i]);
    }
}

template <class Choice>
Choice read_choice(MsgpackReader& in, Choice last) {
    return static_cast<Choice>(in.unsigned_integer(static_cast<std::uint64_t>(last)));
}

using In = MsgpackReader&;
using To = JobOptions&;

struct Option {
    std::string_view name;
    std::string_view rule;
    void (*read)(In, To);
};

constexpr std::string_view kPauseRule = "a whole number of microseconds from 0 to 3650 days";
constexpr std::string_view kSpanRule = "a whole number of microseconds from 1 to 3650 days";
constexpr std::string_view kLabelRule = "a text of 1 to 255 bytes";

constexpr std::array<Option, 23> kOptions = {{
    {"durable", "true or false", [](In in, To to) { to.durable = in.boolean(); }},
    {"priority",
     "a whole number of 32 bits with sign",
     [](In in, To to) {
         to.priority = static_cast<std::int32_t>(in.integer(INT32_MIN, INT32_MAX));
     }},
    {"delay", kPauseRule, [](In in, To to) { to.delay = read_duration(in, 0); }},
    {"run_at",
     "a whole number of microseconds since 1970, before the year 2100",
     [](In in, To to) {
         to.run_at = base::WallTime(read_duration(in, 0, kRunAtMax.time_since_epoch()));
     }},
    {"expires_in", kSpanRule, [](In in, To to) { to.expires_in = read_duration(in, 1); }},
    {"time_limit", kSpanRule, [](In in, To to) { to.time_limit = read_duration(in, 1); }},
    {"memory_limit",
     "a whole number of bytes from 1024 to 2^50",
     [](In in, To to) {
         to.memory_limit = static_cast<std::uint64_t>(
             read_within(in, std::int64_t{kMemoryLimitMin}, std::int64_t{kMemoryLimitMax}));
     }},
    {"max_attempts",
     "a whole number from 1 to 1000",
     [](In in, To to) { to.max_attempts = read_count(in, kMaxAttemptsMax); }},
    {"backoff", kSpanRule, [](In in, To to) { to.backoff = read_duration(in, 1); }},
    {"backoff_max", kSpanRule, [](In in, To to) { to.backoff_max = read_duration(in, 1); }},
    {"result_ttl", kPauseRule, [](In in, To to) { to.result_ttl = read_duration(in, 0); }},
    {"wait",
     "a whole number of microseconds from 0 to 1 hour",
     [](In in, To to) { to.wait = read_duration(in, 0, kWaitMax); }},
    {"channel", kLabelRule, [](In in, To to) { read_label(in, to.channel); }},
    {"context", kLabelRule, [](In in, To to) { read_label(in, to.context); }},
    {"group", kLabelRule, [](In in, To to) { read_label(in, to.group); }},
    {"group_limit",
     "a whole number from 1 to 1000000",
     [](In in, To to) { to.group_limit = read_count(in, kGroupLimitMax); }},
    {"group_rate",
     "a whole number of microseconds between two starts, from 1 to 3650 days",
     [](In in, To to) { to.group_rate = model::Rate{read_duration(in, 1)}; }},
    {"group_weight",
     "a whole number from 1 to 1000",
     [](In in, To to) { to.group_weight = read_count(in, model::kGroupWeightMax); }},
    {"unique", "true or a text of 1 to 255 bytes", read_unique},
    {"unique_scope",
     "0 (waiting) or 1 (running)",
     [](In in, To to) { to.unique_scope = read_choice(in, model::UniqueScope::Running); }},
    {"on_duplicate",
     "0 (drop), 1 (attach) or 2 (replace)",
     [](In in, To to) { to.on_duplicate = read_choice(in, model::OnDuplicate::Replace); }},
    {"after", "a list of at most 16384 jobs' ids of 16 bytes", read_after},
    {"batch", kLabelRule, [](In in, To to) { read_label(in, to.batch); }},
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
    if (is_about_value(in)) {
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

// The head of a map of fewer than 16 is one byte, filled in when they are known: nearly always one
// pass.
void write_options(MsgpackWriter& out, const JobOptions& options) {
    constexpr std::size_t kOneByteMax = 15;
    const std::size_t head = out.size();
    std::size_t set = 0;
    ValueWriter writer(out);
    out.nil();
    each_set(options, [&](std::string_view name, const auto& value) {
        if (++set <= kOneByteMax) {
            out.str(name);
            writer.value(value);
        }
    });
    if (set > kOneByteMax) {
        out.cut(head);
        out.map(set);
        each_set(options, [&](std::string_view name, const auto& value) {
            out.str(name);
            writer.value(value);
        });
    } else if (set > 0) {
        out.patch(head, static_cast<std::uint8_t>(0x80U | set));
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
    return in.failed() ? std::nullopt : options_fault(options);
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
