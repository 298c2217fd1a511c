// broker/core: the journal's facts survive the way to bytes and back, and no bytes can hurt the
// reader.
#include "broker/core/record_codec.hpp"

#include <doctest/doctest.h>

#include "common/model/limits.hpp"
#include "tests/unit/core/any_facts.hpp"

namespace steward::core {
namespace {

using namespace std::chrono_literals;

base::WallTime instant(std::int64_t microseconds) {
    return base::WallTime(base::Duration(microseconds));
}

JobAccepted accepted(bool with_options) {
    JobAccepted fact;
    fact.id = {0x1122334455667788U, 7};
    fact.submission = {UINT64_MAX, 42};
    fact.at = instant(1'700'000'000'000'001);
    fact.spec.service = *model::ServiceName::parse("mail");
    fact.spec.params = {model::Encoding::Json, base::Blob::copy(R"({"to":"you"})")};
    if (with_options) {
        fact.spec.options.durable = true;
        fact.spec.options.priority = INT32_MIN;
        fact.spec.options.delay = 1us;
        fact.spec.options.expires_in = 1h;
        fact.spec.options.time_limit = 30min;
        fact.spec.options.max_attempts = UINT32_MAX;
        fact.spec.options.meta = base::Blob::copy("\x81\xA1k\xA1v");
    }
    return fact;
}

using test::AnyFacts;

// Some of every kind of fact, with any values in their fields.
std::vector<Record> some_of_each(std::uint64_t seed, int each = 3) {
    AnyFacts any(AnyFacts::World::Boundless, seed);
    std::vector<Record> facts = {accepted(false), accepted(true)};
    for (std::size_t kind = 0; kind < std::variant_size_v<Record>; ++kind) {
        for (int i = 0; i < each; ++i) {
            facts.push_back(any.fact_of_kind(kind));
        }
    }
    return facts;
}

std::string encoded(const Record& record) {
    std::string bytes;
    encode_record(record, bytes);
    return bytes;
}

}  // namespace

TEST_CASE("every fact comes back as it was, whatever stands in its fields") {
    for (const Record& record : some_of_each(1, 200)) {
        const auto back = decode_record(encoded(record));
        REQUIRE(back);
        CHECK(*back == record);
    }
}

TEST_CASE("each option of a job is kept on its own, also those that are false or zero") {
    using Set = void (*)(model::JobOptions&);
    const Set sets[] = {
        [](auto& o) { o.sync = true; },
        [](auto& o) { o.durable = false; },
        [](auto& o) { o.priority = 0; },
        [](auto& o) { o.delay = 0us; },
        [](auto& o) { o.run_at = instant(0); },
        [](auto& o) { o.expires_in = -1us; },
        [](auto& o) { o.time_limit = base::Duration::max(); },
        [](auto& o) { o.memory_limit = 0; },
        [](auto& o) { o.max_attempts = 0; },
        [](auto& o) { o.backoff = 0us; },
        [](auto& o) { o.backoff_max = 0us; },
        [](auto& o) { o.result_ttl = 0us; },
        [](auto& o) { o.wait = 0us; },
        [](auto& o) { o.channel = "c"; },
        [](auto& o) { o.context = "c"; },
        [](auto& o) { o.group = "g"; },
        [](auto& o) { o.group_limit = 0; },
        [](auto& o) { o.group_rate = model::Rate{}; },
        [](auto& o) { o.group_weight = 0; },
        [](auto& o) { o.unique = "u"; },
        [](auto& o) { o.unique_params = true; },
        [](auto& o) { o.unique_scope = model::UniqueScope::Waiting; },
        [](auto& o) { o.on_duplicate = model::OnDuplicate::Drop; },
        [](auto& o) { o.after = {{}}; },
        [](auto& o) { o.batch = "b"; },
        [](auto& o) { o.meta = base::Blob::copy(std::string(8192, 'm')); },
    };
    for (const Set set : sets) {
        JobAccepted fact = accepted(false);
        set(fact.spec.options);
        const auto back = decode_record(encoded(fact));
        REQUIRE(back);
        CHECK(std::get<JobAccepted>(*back) == fact);
        CHECK_FALSE(std::get<JobAccepted>(*back) == accepted(false));
    }
}

TEST_CASE("the bytes are the same on every machine and in every release") {
    const AttemptStarted fact{{{1, 2}, 3}, instant(4)};
    const std::string_view expected(
        "\x02\x02"
        "\x01\0\0\0\0\0\0\0"
        "\x02\0\0\0\0\0\0\0"
        "\x03\0\0\0"
        "\x04\0\0\0\0\0\0\0",
        30);
    CHECK(encoded(fact) == expected);
}

namespace {

// The bytes of the field that may be missing: earlier releases wrote none.
std::size_t tail_of(const Record& record) {
    return std::visit(
        [](const auto& fact) -> std::size_t {
            using Fact = std::decay_t<decltype(fact)>;
            if constexpr (std::is_same_v<Fact, JobsAccepted>) {
                return 0;  // it had the field from the beginning
            } else if constexpr (requires { fact.owner; }) {
                return 4 + fact.owner.view().size();
            } else if constexpr (std::is_same_v<Fact, JobRetried>) {
                return 4 + 16 * fact.after.size();
            } else {
                return 0;
            }
        },
        record);
}

}  // namespace

TEST_CASE("a record is appended behind what the buffer holds") {
    std::string bytes = "before";
    encode_record(AttemptReturned{{{1, 2}, 3}}, bytes);
    CHECK(bytes.starts_with("before"));
    CHECK(decode_record(std::string_view(bytes).substr(6)));
}

TEST_CASE(
    "a record that is cut anywhere but before what may be missing, or too long, is malformed") {
    for (const Record& record : some_of_each(2)) {
        const std::string bytes = encoded(record);
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            const auto back = decode_record(std::string_view(bytes).substr(0, length));
            if (back) {
                CHECK(encoded(*back) == bytes.substr(0, length));
                CHECK(length + tail_of(record) == bytes.size());
                continue;
            }
            CHECK(back.error().code == base::Errc::Malformed);
        }
        CHECK(!decode_record(bytes + '\0'));
    }
}

TEST_CASE("another version and an unknown kind are refused by name") {
    for (const char version : {'\x01', '\x03'}) {
        std::string other = encoded(accepted(false));
        other[0] = version;
        CHECK(decode_record(other).error().code == base::Errc::UnsupportedVersion);
    }
    for (const char kind : {'\0', '\x1C', '\xFF'}) {
        std::string unknown = encoded(AttemptReturned{});
        unknown[1] = kind;
        CHECK(decode_record(unknown).error().code == base::Errc::Malformed);
    }
}

TEST_CASE("the numbers of the kinds of facts never change") {
    const std::pair<Record, int> kinds[] = {
        {JobAccepted{}, 1},   {AttemptStarted{}, 2},   {AttemptFailed{}, 3},
        {JobEnded{}, 4},      {AttemptReturned{}, 5},  {AttemptSnoozed{}, 6},
        {JobCancelled{}, 7},  {JobEdited{}, 8},        {DependencyMet{}, 9},
        {JobRetried{}, 10},   {JobDiscarded{}, 11},    {ModesChanged{}, 12},
        {LimitSet{}, 13},     {LimitRemoved{}, 14},    {GroupSet{}, 15},
        {ScheduleSet{}, 16},  {ScheduleRemoved{}, 17}, {ScheduleMoved{}, 18},
        {BatchOpened{}, 19},  {BatchClosed{}, 20},     {BatchEnded{}, 21},
        {JobStands{}, 22},    {ResultKept{}, 23},      {SubmissionsSeen{}, 24},
        {BatchStands{}, 25},  {ScheduleRan{}, 26},     {JobsSpilled{}, 27},
        {JobsAccepted{}, 28}, {AttemptsStarted{}, 29}, {JobsSucceeded{}, 30}};
    static_assert(std::size(kinds) == std::variant_size_v<Record>);
    for (const auto& [record, number] : kinds) {
        CHECK(encoded(record)[1] == number);
    }
}

TEST_CASE("an encoding, option, state, mode or yes-or-no that does not exist is malformed") {
    const auto refuses = [](const Record& record, std::size_t place, char value) {
        std::string bytes = encoded(record);
        bytes[place] = value;
        const auto back = decode_record(bytes);
        return !back && back.error().code == base::Errc::Malformed;
    };
    constexpr std::size_t kEncodingAt = 2 + 16 + 16 + 8 + 4 + 4;  // behind the name "mail"
    CHECK(refuses(accepted(false), kEncodingAt, 6));
    constexpr std::size_t kOptionsAt = kEncodingAt + 1 + 4 + 12;
    CHECK(refuses(accepted(false), kOptionsAt + 3, 4));  // a bit of a later release
    CHECK(refuses(accepted(false), kOptionsAt, 2));      // a bit without its value

    JobAccepted durable = accepted(false);
    durable.spec.options.durable = true;
    CHECK(refuses(durable, kOptionsAt + 4, 2));
    JobAccepted unique = accepted(false);
    unique.spec.options.unique_scope = model::UniqueScope::Running;
    CHECK(refuses(unique, kOptionsAt + 4, 2));
    JobAccepted replacing = accepted(false);
    replacing.spec.options.on_duplicate = model::OnDuplicate::Replace;
    CHECK(refuses(replacing, kOptionsAt + 4, 3));

    constexpr std::size_t kStateAt = 2 + 16;
    for (const char state : {'\x00', '\x02', '\x08', '\x09'}) {  // not final; no state
        CHECK(refuses(JobEnded{}, kStateAt, state));
    }
    CHECK(refuses(ModesChanged{{{"X", Mode::Running}}}, 2 + 4 + 4 + 1, 4));
    const std::string lost = encoded(AttemptFailed{});
    CHECK(refuses(AttemptFailed{}, lost.size() - 1, 2));
}

TEST_CASE("a list that claims more than there is allocates nothing and is malformed") {
    std::string modes = encoded(ModesChanged{});
    modes.replace(2, 4, "\xFF\xFF\xFF\xFF");
    CHECK(decode_record(modes).error().code == base::Errc::Malformed);

    JobAccepted fan_in = accepted(false);
    fan_in.spec.options.after.resize(model::kAfterMax);
    CHECK(decode_record(encoded(fan_in)));
    fan_in.spec.options.after.resize(model::kAfterMax + 1);
    CHECK_FALSE(decode_record(encoded(fan_in)));
}

TEST_CASE("a service name that no rule allows is refused although the journal holds it") {
    std::string bytes = encoded(accepted(false));
    bytes[2 + 16 + 16 + 8 + 4] = ' ';
    CHECK(decode_record(bytes).error().code == base::Errc::Malformed);
}

TEST_CASE("no bytes hurt the reader") {
    base::Prng prng(11);
    const auto records = some_of_each(3);
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = encoded(records[prng.below(records.size())]);
        for (std::uint64_t changes = 1 + prng.below(4); changes > 0; --changes) {
            bytes[prng.below(bytes.size())] = static_cast<char>(prng.below(256));
        }
        bytes.resize(prng.below(bytes.size() + 1));
        const auto back = decode_record(bytes);
        if (back) {
            CHECK(encoded(*back) == bytes);
        }
    }
}

}  // namespace steward::core
