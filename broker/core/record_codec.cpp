#include "broker/core/record_codec.hpp"

#include <optional>
#include <type_traits>
#include <utility>

#include "common/base/assert.hpp"
#include "common/base/bytes.hpp"

namespace steward::core {
namespace {

constexpr std::uint8_t kVersion = 1;

// Never reused; a new fact takes the next number.
enum class Kind : std::uint8_t {
    Accepted = 1,
    Started = 2,
    AttemptFailed = 3,
    Ended = 4,
    AttemptReturned = 5,
};

constexpr Kind kind_of(const JobAccepted&) {
    return Kind::Accepted;
}

constexpr Kind kind_of(const AttemptStarted&) {
    return Kind::Started;
}

constexpr Kind kind_of(const AttemptFailed&) {
    return Kind::AttemptFailed;
}

constexpr Kind kind_of(const AttemptReturned&) {
    return Kind::AttemptReturned;
}

constexpr Kind kind_of(const JobEnded&) {
    return Kind::Ended;
}

// Bits of a job's options. `durable` has a second bit for its value.
constexpr std::uint16_t kSync = 1U << 0U;
constexpr std::uint16_t kDurableSet = 1U << 1U;
constexpr std::uint16_t kDurable = 1U << 2U;
constexpr std::uint16_t kPriority = 1U << 3U;
constexpr std::uint16_t kDelay = 1U << 4U;
constexpr std::uint16_t kExpiresIn = 1U << 5U;
constexpr std::uint16_t kTimeLimit = 1U << 6U;
constexpr std::uint16_t kMaxAttempts = 1U << 7U;
constexpr std::uint16_t kKnownBits = (1U << 8U) - 1U;

class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    template <class Integer>
    void integer(Integer value) {
        base::put_le(out_, value);
    }

    void bytes(std::string_view value) {
        STEWARD_ASSERT(value.size() <= UINT32_MAX);
        base::put_le(out_, static_cast<std::uint32_t>(value.size()));
        out_.append(value);
    }

    void instant(base::WallTime at) { integer(at.time_since_epoch().count()); }

    void job(const model::JobId& id) {
        integer(id.epoch);
        integer(id.number);
    }

    void attempt(const model::Attempt& attempt) {
        job(attempt.job);
        integer(attempt.number);
    }

    void options(const model::JobOptions& options);

private:
    std::string& out_;
};

void Writer::options(const model::JobOptions& options) {
    unsigned set = 0;
    const auto mark = [&](bool is_set, unsigned bit) { set |= is_set ? bit : 0U; };
    mark(options.sync, kSync);
    mark(options.durable.has_value(), kDurableSet);
    mark(options.durable.value_or(false), kDurable);
    mark(options.priority.has_value(), kPriority);
    mark(options.delay.has_value(), kDelay);
    mark(options.expires_in.has_value(), kExpiresIn);
    mark(options.time_limit.has_value(), kTimeLimit);
    mark(options.max_attempts.has_value(), kMaxAttempts);
    integer(static_cast<std::uint16_t>(set));
    const auto duration = [&](const std::optional<base::Duration>& value) {
        if (value) {
            integer(value->count());
        }
    };
    if (options.priority) {
        integer(*options.priority);
    }
    duration(options.delay);
    duration(options.expires_in);
    duration(options.time_limit);
    if (options.max_attempts) {
        integer(*options.max_attempts);
    }
    bytes(options.meta.view());
}

// Reads on after an error as if zeros stood there; ok() is asked once, at the end.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool ok() const { return ok_; }

    [[nodiscard]] bool at_end() const { return rest_.empty(); }

    void refuse() { ok_ = false; }

    template <class Integer>
    Integer integer() {
        Integer value{};
        ok_ = base::get_le(rest_, value) && ok_;
        return value;
    }

    std::string_view bytes() {
        const auto length = integer<std::uint32_t>();
        if (length > rest_.size()) {
            refuse();
            return {};
        }
        const std::string_view value = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return value;
    }

    base::Duration duration() { return base::Duration(integer<std::int64_t>()); }

    base::WallTime instant() { return base::WallTime(duration()); }

    model::JobId job() {
        const auto epoch = integer<std::uint64_t>();
        return {epoch, integer<std::uint64_t>()};
    }

    model::Attempt attempt() {
        const model::JobId id = job();
        return {id, integer<std::uint32_t>()};
    }

    model::Payload payload();
    model::JobOptions options();

private:
    std::string_view rest_;
    bool ok_ = true;
};

model::Payload Reader::payload() {
    const auto encoding = integer<std::uint8_t>();
    if (encoding > static_cast<std::uint8_t>(model::Encoding::Php)) {
        refuse();
        return {};
    }
    return {static_cast<model::Encoding>(encoding), base::Blob::copy(bytes())};
}

model::JobOptions Reader::options() {
    model::JobOptions options;
    const auto set = integer<std::uint16_t>();
    const auto has = [&](unsigned bit) { return (set & bit) != 0; };
    if (set > kKnownBits || (has(kDurable) && !has(kDurableSet))) {
        refuse();
        return options;
    }
    options.sync = has(kSync);
    if (has(kDurableSet)) {
        options.durable = has(kDurable);
    }
    if (has(kPriority)) {
        options.priority = integer<std::int32_t>();
    }
    if (has(kDelay)) {
        options.delay = duration();
    }
    if (has(kExpiresIn)) {
        options.expires_in = duration();
    }
    if (has(kTimeLimit)) {
        options.time_limit = duration();
    }
    if (has(kMaxAttempts)) {
        options.max_attempts = integer<std::uint32_t>();
    }
    options.meta = base::Blob::copy(bytes());
    return options;
}

void write_fields(const JobAccepted& fact, Writer& out) {
    out.job(fact.id);
    out.integer(fact.submission.session);
    out.integer(fact.submission.number);
    out.instant(fact.at);
    out.bytes(fact.spec.service.view());
    out.integer(static_cast<std::uint8_t>(fact.spec.params.encoding));
    out.bytes(fact.spec.params.bytes.view());
    out.options(fact.spec.options);
}

void write_fields(const AttemptStarted& fact, Writer& out) {
    out.attempt(fact.attempt);
    out.instant(fact.at);
}

void write_fields(const AttemptFailed& fact, Writer& out) {
    out.attempt(fact.attempt);
    out.instant(fact.at);
    out.instant(fact.due);
    out.bytes(fact.text);
}

void write_fields(const AttemptReturned& fact, Writer& out) {
    out.attempt(fact.attempt);
}

void write_fields(const JobEnded& fact, Writer& out) {
    out.job(fact.id);
    out.integer(static_cast<std::uint8_t>(fact.state));
    out.instant(fact.at);
    out.bytes(fact.text);
}

base::Expected<Record> read_accepted(Reader& in) {
    JobAccepted fact;
    fact.id = in.job();
    fact.submission.session = in.integer<std::uint64_t>();
    fact.submission.number = in.integer<std::uint64_t>();
    fact.at = in.instant();
    const std::string_view service = in.bytes();
    fact.spec.params = in.payload();
    fact.spec.options = in.options();
    if (in.ok()) {
        auto name = model::ServiceName::parse(service);
        if (!name) {
            return base::Unexpected(std::move(name.error()));
        }
        fact.spec.service = *std::move(name);
    }
    return fact;
}

base::Expected<Record> read_started(Reader& in) {
    AttemptStarted fact;
    fact.attempt = in.attempt();
    fact.at = in.instant();
    return fact;
}

base::Expected<Record> read_attempt_failed(Reader& in) {
    AttemptFailed fact;
    fact.attempt = in.attempt();
    fact.at = in.instant();
    fact.due = in.instant();
    fact.text = in.bytes();
    return fact;
}

base::Expected<Record> read_attempt_returned(Reader& in) {
    return AttemptReturned{in.attempt()};
}

base::Expected<Record> read_ended(Reader& in) {
    JobEnded fact;
    fact.id = in.job();
    const auto state = model::state_from_number(in.integer<std::uint8_t>());
    if (state && model::is_final(*state)) {
        fact.state = *state;
    } else {
        in.refuse();
    }
    fact.at = in.instant();
    fact.text = in.bytes();
    return fact;
}

base::Expected<Record> read_fields(std::uint8_t kind, Reader& in) {
    switch (kind) {
        case static_cast<std::uint8_t>(Kind::Accepted): return read_accepted(in);
        case static_cast<std::uint8_t>(Kind::Started): return read_started(in);
        case static_cast<std::uint8_t>(Kind::AttemptFailed): return read_attempt_failed(in);
        case static_cast<std::uint8_t>(Kind::Ended): return read_ended(in);
        case static_cast<std::uint8_t>(Kind::AttemptReturned): return read_attempt_returned(in);
        default:
            return base::fail(
                base::Errc::Malformed,
                "a journal record has a kind from 1 to 5; this one has " + std::to_string(kind));
    }
}

}  // namespace

void encode_record(const Record& record, std::string& out) {
    Writer writer(out);
    std::visit(
        [&](const auto& fact) {
            writer.integer(kVersion);
            writer.integer(static_cast<std::uint8_t>(kind_of(fact)));
            write_fields(fact, writer);
        },
        record);
}

base::Expected<Record> decode_record(std::string_view bytes) {
    Reader in(bytes);
    const auto version = in.integer<std::uint8_t>();
    if (in.ok() && version != kVersion) {
        return base::fail(base::Errc::UnsupportedVersion,
                          "this release reads journal records of version 1; this one has version " +
                              std::to_string(version));
    }
    const auto kind = in.integer<std::uint8_t>();
    auto record = read_fields(kind, in);
    if (!in.ok() || (record && !in.at_end())) {
        return base::fail(base::Errc::Malformed,
                          "a journal record of " + std::to_string(bytes.size()) +
                              " bytes and kind " + std::to_string(kind) +
                              " does not hold its fields");
    }
    return record;
}

}  // namespace steward::core
